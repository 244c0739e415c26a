import { compareText } from '../base/order.ts';
import { firstOf } from './parse-file.ts';
import type { Claim, ParsedFile } from './parse-file.ts';
import { byPlace } from './problem.ts';
import type { Problem } from './problem.ts';

/** What a folder says. A service stands in one declaration or is set aside; in no order. */
export type Declared = Omit<ParsedFile, 'file'>;

const MOST_PLACES_NAMED = 5;

/** Puts the files of a folder together. Two declarations of one service, or of one name, are both set aside. */
export function collect(files: readonly ParsedFile[]): Declared {
  const declarations = files.flatMap((file) => file.declarations);
  const skipped = files.flatMap((file) => file.skipped);
  const doubled = new Map<Claim, Problem>();
  for (const field of ['service_id', 'name'] as const) {
    for (const claims of groupBy([...declarations, ...skipped], field)) {
      const sorted = claims.toSorted(
        (a, b) => compareText(a.file, b.file) || a.places[field].line - b.places[field].line,
      );
      for (const claim of sorted) {
        if (doubled.has(claim)) continue;
        // A few of them: a thousand copies would otherwise be told a thousand times a thousand times.
        const others = sorted.slice(0, MOST_PLACES_NAMED + 1).filter((other) => other !== claim);
        const named = others.slice(0, MOST_PLACES_NAMED).map(({ file, places }) => `${file}:${places[field].line}`);
        const more = sorted.length - 1 - named.length;
        const also = `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
        const message = `${JSON.stringify(claim[field])} is declared more than once, also at ${also}; keep one`;
        doubled.set(claim, { file: claim.file, ...claim.places[field], path: field, message });
      }
    }
  }
  return {
    declarations: declarations.filter((declaration) => !doubled.has(declaration)),
    skipped: [
      ...skipped,
      ...declarations.flatMap((declaration) => {
        const problem = doubled.get(declaration);
        if (problem === undefined) return [];
        const { value: _, ...claim } = declaration;
        return [{ ...claim, reason: firstOf([problem]) }];
      }),
    ],
    problems: [...files.flatMap((file) => file.problems), ...doubled.values()].sort(byPlace),
  };
}

/** Groups of two and more that claim the same id or name. */
function groupBy(claims: readonly Claim[], field: 'service_id' | 'name'): (readonly Claim[])[] {
  const groups = Map.groupBy(claims, (claim) => claim[field]);
  return [...groups].flatMap(([key, group]) => (key === null || group.length < 2 ? [] : [group]));
}
