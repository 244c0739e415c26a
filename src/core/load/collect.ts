import { compareText } from '../base/order.ts';
import type { DeclarationIdentity, ParsedFile } from './declaration.ts';
import { byLocation, skipReason } from './problem.ts';
import type { Problem } from './problem.ts';

/** The content of a whole folder. Each service has at most one valid declaration. The order of the declarations is undefined. */
export type Declared = Omit<ParsedFile, 'file'>;

const UNIQUE_FIELDS = ['service_id', 'name'] as const;
type UniqueField = (typeof UNIQUE_FIELDS)[number];

/** Combines the files of a folder. If a service or a name is declared more than once, all its declarations are skipped. */
export function collect(files: readonly ParsedFile[]): Declared {
  const declarations = files.flatMap((file) => file.declarations);
  const skipped = files.flatMap((file) => file.skipped);
  const duplicates = findDuplicates([...declarations, ...skipped]);
  return {
    declarations: declarations.filter((declaration) => !duplicates.has(declaration)),
    skipped: [
      ...skipped,
      ...declarations.flatMap((declaration) => {
        const problem = duplicates.get(declaration);
        if (problem === undefined) return [];
        const { value: _, ...identity } = declaration;
        return [{ ...identity, reason: skipReason([problem]) }];
      }),
    ],
    problems: [...files.flatMap((file) => file.problems), ...duplicates.values()].sort(byLocation),
  };
}

/** Returns one problem for each declaration whose id or name is used by another declaration. */
function findDuplicates(identities: readonly DeclarationIdentity[]): ReadonlyMap<DeclarationIdentity, Problem> {
  const problems = new Map<DeclarationIdentity, Problem>();
  for (const field of UNIQUE_FIELDS) {
    for (const group of groupsWithSame(field, identities)) {
      for (const identity of group) {
        if (problems.has(identity)) continue;
        const message = `${JSON.stringify(identity[field])} is declared more than once, also at ${listOthers(identity, group, field)}; keep one`;
        problems.set(identity, { file: identity.file, ...identity.positions[field], path: field, message });
      }
    }
  }
  return problems;
}

/** Returns the groups of two or more declarations that have the same id or name, each group in the order of the files. */
function groupsWithSame(
  field: UniqueField,
  identities: readonly DeclarationIdentity[],
): (readonly DeclarationIdentity[])[] {
  return [...Map.groupBy(identities, (identity) => identity[field])].flatMap(([key, group]) =>
    key === null || group.length < 2
      ? []
      : [group.toSorted((a, b) => compareText(a.file, b.file) || a.positions[field].line - b.positions[field].line)],
  );
}

/** At most this many other places are listed, so that a thousand copies do not list each other a million times. */
const MAX_LISTED = 5;

/** Lists where the other declarations of a group are: `a.yaml:4, b.yaml:6 and 3 more`. */
function listOthers(identity: DeclarationIdentity, group: readonly DeclarationIdentity[], field: UniqueField): string {
  const others = group.slice(0, MAX_LISTED + 1).filter((other) => other !== identity);
  const listed = others.slice(0, MAX_LISTED).map(({ file, positions }) => `${file}:${positions[field].line}`);
  const more = group.length - 1 - listed.length;
  return `${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
