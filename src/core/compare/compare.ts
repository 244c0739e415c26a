import { cachedByIdentity } from '../base/identity-cache.ts';
import { sameJson } from '../base/json.ts';
import type { Json } from '../base/json.ts';
import { compareText } from '../base/order.ts';
import type { Declared } from '../load/collect.ts';
import type { Declaration, SkippedDeclaration } from '../load/parse-file.ts';
import type { LiveService } from '../service/directory.ts';
import { FIELD_PATHS, normalize } from '../service/normalize.ts';
import type { Fields } from '../service/normalize.ts';

/** A field that differs. Null is "unset". */
export type Change = { readonly path: string; readonly live: Json; readonly declared: Json };

/**
 * What is so about one service. No policy here: what shall be done is `plan`'s.
 *
 *                    live            not live
 *   declared         in_sync/drifted missing
 *   set aside        invalid         invalid
 *   not declared     unmanaged       -
 */
export type Finding =
  | InSync
  | Drifted
  | { readonly kind: 'missing'; readonly declaration: Declaration; readonly hint: string | null }
  | { readonly kind: 'unmanaged'; readonly live: LiveService }
  | { readonly kind: 'invalid'; readonly skipped: SkippedDeclaration; readonly live: LiveService | null };

export type InSync = {
  readonly kind: 'in_sync';
  readonly declaration: Declaration;
  readonly live: LiveService;
  /** What both sides say. */
  readonly fields: Fields;
};

export type Drifted = {
  readonly kind: 'drifted';
  readonly declaration: Declaration;
  readonly live: LiveService;
  /** What differs, in the order of the fields; never empty. */
  readonly changes: readonly Change[];
  readonly declared: Fields;
  readonly liveFields: Fields;
  /** What the live object holds and this version does not know. */
  readonly unknown: Fields;
};

/** Compares all that is declared with a complete list of what is live. One finding a service, sorted by service_id. */
export function compare(declared: Declared, live: readonly LiveService[]): readonly Finding[] {
  const liveById = new Map(live.map((service) => [service.service_id, service]));
  const claimed = new Set([...declared.declarations, ...declared.skipped].map(({ service_id }) => service_id));
  const unmanaged = live.filter(({ service_id }) => !claimed.has(service_id));
  const idByName = new Map(unmanaged.map(({ service_id, name }) => [name, service_id]));
  const { declarations } = declared;
  const nothingFound = declarations.length > 1 && !declarations.some(({ service_id }) => liveById.has(service_id));

  const findings: Finding[] = [
    ...declarations.map((declaration): Finding => {
      const service = liveById.get(declaration.service_id);
      if (service !== undefined) return compareOne(declaration)(service);
      return { kind: 'missing', declaration, hint: hintOfMissing(idByName.get(declaration.name), nothingFound) };
    }),
    ...declared.skipped.toSorted(byLine).map((skipped): Finding => ({
      kind: 'invalid',
      skipped,
      live: liveById.get(skipped.service_id ?? '') ?? null,
    })),
    ...unmanaged.map((service): Finding => ({ kind: 'unmanaged', live: service })),
  ];
  return findings.sort((a, b) => compareText(findingId(a) ?? '', findingId(b) ?? ''));
}

/** The differing fields of two normalized services, in the order of the fields. */
export function changesBetween(live: Fields, declared: Fields): readonly Change[] {
  const changes: Change[] = [];
  for (const path of FIELD_PATHS) {
    const change: Change = { path, live: live.get(path) ?? null, declared: declared.get(path) ?? null };
    if (!sameJson(change.live, change.declared)) changes.push(change);
  }
  return changes;
}

/** Null only for a declaration whose service_id cannot be read. */
export function findingId(finding: Finding): string | null {
  switch (finding.kind) {
    case 'in_sync':
    case 'drifted':
    case 'missing':
      return finding.declaration.service_id;
    case 'unmanaged':
      return finding.live.service_id;
    case 'invalid':
      return finding.skipped.service_id;
  }
}

/** Returns the same finding for the same pair of objects: most pairs stay the same from pass to pass. */
const compareOne = cachedByIdentity((declaration: Declaration) =>
  cachedByIdentity((live: LiveService) => compareFresh(declaration, live)),
);

function compareFresh(declaration: Declaration, live: LiveService): InSync | Drifted {
  const { known: declared } = normalize(declaration.value);
  const { known: liveFields, unknown } = normalize(live.value);
  const changes = changesBetween(liveFields, declared);
  return changes.length === 0
    ? { kind: 'in_sync', declaration, live, fields: declared }
    : { kind: 'drifted', declaration, live, changes, declared, liveFields, unknown };
}

function hintOfMissing(sameName: string | undefined, nothingFound: boolean): string | null {
  if (sameName !== undefined) return `recreated as ${sameName}? An unmanaged service bears this name`;
  return nothingFound ? 'none of the declared services is live: another account?' : null;
}

/** The order among those that claim one id, or none. */
function byLine(a: SkippedDeclaration, b: SkippedDeclaration): number {
  return compareText(a.file, b.file) || a.line - b.line;
}
