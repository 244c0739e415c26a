import { compareText } from '../base/order.ts';
import { positionOf } from './declaration.ts';
import type { DeclarationIdentity, ParsedFile } from './declaration.ts';
import { byLocation, skipReason } from './problem.ts';
import type { Problem } from './problem.ts';

/** The content of a whole folder. Each service has at most one valid declaration. The order of the declarations is undefined. */
export type Declared = Omit<ParsedFile, 'file'>;

/** Combines the files of a folder. If a service or a name is declared more than once, all its declarations are skipped. */
export function collect(files: readonly ParsedFile[]): Declared {
  const declared = {
    declarations: files.flatMap((file) => file.declarations),
    tombstones: files.flatMap((file) => file.tombstones),
    skipped: files.flatMap((file) => file.skipped),
    problems: files.flatMap((file) => file.problems),
  };
  return setAside(declared, findDuplicates(declared));
}

/** Skips the declarations that have one of these problems. */
export function setAside(declared: Declared, problems: ReadonlyMap<DeclarationIdentity, Problem>): Declared {
  if (problems.size === 0) return { ...declared, problems: declared.problems.toSorted(byLocation) };
  const { declarations, tombstones } = declared;
  const isKept = (identity: DeclarationIdentity) => !problems.has(identity);
  return {
    declarations: declarations.filter(isKept),
    tombstones: tombstones.filter(isKept),
    skipped: [
      ...declared.skipped,
      ...[...declarations, ...tombstones].flatMap((identity) => {
        const problem = problems.get(identity);
        if (problem === undefined) return [];
        const { file, line, service_id, name, positions } = identity;
        return [{ file, line, service_id, name, positions, reason: skipReason([problem]) }];
      }),
    ],
    problems: [...declared.problems, ...problems.values()].sort(byLocation),
  };
}

type UniqueField = 'service_id' | 'name';

/** The claim of a declaration: a key of its own, or the previous name of its service. */
type Claim = {
  readonly identity: DeclarationIdentity;
  readonly field: UniqueField | 'renamed_from';
  readonly key: string;
};

/** Returns one problem for each declaration whose id, name or previous name is used by another declaration. */
function findDuplicates({ declarations, tombstones, skipped }: Declared): ReadonlyMap<DeclarationIdentity, Problem> {
  // The name in a tombstone with a service_id only describes the service, and another service may take it over.
  const named = [...declarations, ...tombstones.filter(({ service_id }) => service_id === null), ...skipped];
  const names = named.flatMap((identity) => claimOf(identity, 'name'));
  const previousNames = declarations.flatMap((identity): Claim[] => {
    const key = identity.instructions.renamedFrom;
    return key === null ? [] : [{ identity, field: 'renamed_from', key }];
  });
  const ids = [...declarations, ...tombstones, ...skipped].flatMap((identity) => claimOf(identity, 'service_id'));
  const problems = new Map<DeclarationIdentity, Problem>();
  const previousByName = new Map(
    declarations.flatMap(({ name, instructions: { renamedFrom } }) =>
      renamedFrom === null ? [] : [[name, renamedFrom] as const],
    ),
  );
  const groups = [ids, names, previousNames.length === 0 ? [] : [...names, ...previousNames]].flatMap(groupsOfEqual);
  for (const group of groups) {
    for (const each of group) {
      if (!problems.has(each.identity)) problems.set(each.identity, duplicateProblem(each, group, previousByName));
    }
  }
  return problems;
}

function claimOf(identity: DeclarationIdentity, field: UniqueField): readonly Claim[] {
  const key = identity[field];
  return key === null ? [] : [{ identity, field, key }];
}

/** Returns the groups of two or more claims of one key, each in the order of the files. */
function groupsOfEqual(claims: readonly Claim[]): (readonly Claim[])[] {
  return [...Map.groupBy(claims, ({ key }) => key).values()]
    .filter((group) => group.length > 1)
    .map((group) => group.toSorted((a, b) => compareText(a.identity.file, b.identity.file) || lineOf(a) - lineOf(b)));
}

function duplicateProblem(claim: Claim, group: readonly Claim[], previousByName: PreviousByName): Problem {
  const { identity, field, key } = claim;
  const isRename = group.some((each) => each.field === 'renamed_from');
  const others = listOthers(claim, group);
  const message = isRename
    ? `${JSON.stringify(key)} is both declared and the previous name of a service, also at ${others}; ${adviceForRename(key, previousByName)}`
    : `${JSON.stringify(key)} is declared more than once, also at ${others}; keep one`;
  const path = field === 'renamed_from' ? 'reconcile.renamed_from' : field;
  return { file: identity.file, ...positionOf(identity, field), path, message };
}

/** The previous names of services, by their new names. */
type PreviousByName = ReadonlyMap<string, string>;

/** A name that another service gives up is free only in the next pass, and never if the services wait for each other. */
function adviceForRename(key: string, previousByName: PreviousByName): string {
  const names = [key];
  for (let name = previousByName.get(key); name !== undefined && names.length < MAX_CHAIN;) {
    names.push(name);
    if (name === key) {
      const cycle = names.toReversed().map((each) => JSON.stringify(each));
      return `the names form a cycle, ${cycle.join(' → ')}; rename one of these services to an unused name in a separate commit`;
    }
    name = previousByName.get(name);
  }
  return names.length === 1
    ? 'remove renamed_from, or the other declaration'
    : 'rename one service after the other, in separate commits, or declare their service_id';
}

/** Longer chains are not followed. */
const MAX_CHAIN = 8;

function lineOf({ identity, field }: Claim): number {
  return positionOf(identity, field).line;
}

/** At most this many other places are listed, so that a thousand copies do not list each other a million times. */
const MAX_LISTED = 5;

/** Lists where the other claims of a group are: `a.yaml:4, b.yaml:6 and 3 more`. */
function listOthers(claim: Claim, group: readonly Claim[]): string {
  const others = group.slice(0, MAX_LISTED + 1).filter((other) => other !== claim);
  const listed = others.slice(0, MAX_LISTED).map((other) => `${other.identity.file}:${lineOf(other)}`);
  const more = group.length - 1 - listed.length;
  return `${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
