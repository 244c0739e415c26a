import { cachedByIdentity } from '../base/identity-cache.ts';
import { sameJson } from '../base/json.ts';
import type { Json } from '../base/json.ts';
import { compareText } from '../base/order.ts';
import type { Declared } from '../load/collect.ts';
import type { Declaration, SkippedDeclaration } from '../load/declaration.ts';
import { isUsable } from '../service/directory.ts';
import type { ListedItem, LiveService, UnusableItem } from '../service/directory.ts';
import { FIELD_PATHS, normalize } from '../service/normalize.ts';
import type { Fields } from '../service/normalize.ts';

/** A field that differs. Null means unset. */
export type Change = { readonly path: string; readonly live: Json; readonly declared: Json };

export const FINDING_KINDS = ['in_sync', 'drifted', 'missing', 'unmanaged', 'invalid'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/**
 * The state of one service. A finding is a fact; `plan` decides what to do about it.
 *
 *   declaration   live                  not live
 *   valid         in_sync or drifted    missing
 *   skipped       invalid               invalid
 *   none          unmanaged             -
 *
 * An item of the list that cannot be used is `invalid`, too, whether it is declared or not.
 */
export type Finding =
  | InSync
  | Drifted
  | { readonly kind: 'missing'; readonly declaration: Declaration; readonly hint: string }
  | { readonly kind: 'unmanaged'; readonly live: LiveService }
  | { readonly kind: 'invalid'; readonly skipped: Skipped; readonly live: LiveService | null };

/** A declaration with problems, or an item of the list that cannot be used. `file` is null if no declaration is concerned. */
export type Skipped = Pick<SkippedDeclaration, 'service_id' | 'name' | 'reason'> & {
  readonly file: string | null;
  readonly line: number | null;
  /** Which of the two is the reason. */
  readonly by: 'declaration' | 'list';
};

export type InSync = {
  readonly kind: 'in_sync';
  readonly declaration: Declaration;
  readonly live: LiveService;
  /** The same on both sides. */
  readonly fields: Fields;
};

export type Drifted = {
  readonly kind: 'drifted';
  readonly declaration: Declaration;
  readonly live: LiveService;
  /** The fields that differ, in the order of `FIELD_PATHS`; never empty. */
  readonly changes: readonly Change[];
  readonly declared: Fields;
  readonly liveFields: Fields;
  /** The fields of the live service that this version does not know. */
  readonly unknown: Fields;
};

/**
 * Compares all declarations with the complete list of an account. Returns one finding for each service, sorted by service_id. A
 * service that is declared more than once has one `invalid` finding for each declaration.
 */
export function compare(declared: Declared, items: readonly ListedItem[]): readonly Finding[] {
  const live = items.filter(isUsable);
  const unusable = items.filter((item) => !isUsable(item));
  const unusableById = new Map(unusable.map((item) => [item.service_id, item]));
  const liveById = new Map(live.map((service) => [service.service_id, service]));
  const claimed = new Set([...declared.declarations, ...declared.skipped].map(({ service_id }) => service_id));
  const unmanaged = live.filter(({ service_id }) => !claimed.has(service_id));
  const idByName = new Map(unmanaged.map(({ service_id, name }) => [name, service_id]));
  const { declarations } = declared;
  const noneLive = declarations.length > 1 && !declarations.some(({ service_id }) => liveById.has(service_id));

  const findings: Finding[] = [
    ...declarations.map((declaration): Finding => {
      const service = liveById.get(declaration.service_id);
      if (service !== undefined) return compareOne(declaration)(service);
      const item = unusableById.get(declaration.service_id);
      if (item !== undefined) return skipItem(item, declaration);
      const sameName = unusable.find(({ name, service_id }) => name === declaration.name && service_id === null);
      const hint = sameName?.reason ?? missingHint(idByName.get(declaration.name), noneLive);
      return { kind: 'missing', declaration, hint };
    }),
    ...unusable.filter(({ service_id: id }) => id === null || !claimed.has(id)).map((item) => skipItem(item, null)),
    ...declared.skipped.toSorted(byLine).map((skipped): Finding => ({
      kind: 'invalid',
      skipped: { ...skipped, by: 'declaration' },
      live: liveById.get(skipped.service_id ?? '') ?? null,
    })),
    ...unmanaged.map((service): Finding => ({ kind: 'unmanaged', live: service })),
  ];
  return findings.sort((a, b) => compareText(findingId(a) ?? '', findingId(b) ?? ''));
}

/** Returns the fields that differ between two normalized services, in the order of `FIELD_PATHS`. */
export function changesBetween(live: Fields, declared: Fields): readonly Change[] {
  const changes: Change[] = [];
  for (const path of FIELD_PATHS) {
    const change: Change = { path, live: live.get(path) ?? null, declared: declared.get(path) ?? null };
    if (!sameJson(change.live, change.declared)) changes.push(change);
  }
  return changes;
}

/** Returns the service_id of a finding. It is null only for a declaration whose service_id cannot be read. */
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

/** Whether the finding is about a declaration, valid or not. */
export function isDeclared(finding: Finding): boolean {
  return finding.kind === 'invalid' ? finding.skipped.file !== null : finding.kind !== 'unmanaged';
}

/** Returns the same finding for the same pair of objects: most pairs stay the same from pass to pass. */
const compareOne = cachedByIdentity((declaration: Declaration) =>
  cachedByIdentity((live: LiveService) => compareFields(declaration, live)),
);

function compareFields(declaration: Declaration, live: LiveService): InSync | Drifted {
  const { known: declared } = normalize(declaration.value);
  const { known: liveFields, unknown } = normalize(live.value);
  const changes = changesBetween(liveFields, declared);
  return changes.length === 0
    ? { kind: 'in_sync', declaration, live, fields: declared }
    : { kind: 'drifted', declaration, live, changes, declared, liveFields, unknown };
}

function skipItem({ service_id, name, reason }: UnusableItem, declaration: Declaration | null): Finding {
  const { file = null, line = null } = declaration ?? {};
  const skipped = { service_id, name: declaration?.name ?? name, file, line, reason, by: 'list' } as const;
  return { kind: 'invalid', skipped, live: null };
}

function missingHint(idOfSameName: string | undefined, noneLive: boolean): string {
  if (idOfSameName !== undefined) {
    return `an unmanaged service has the same name: ${idOfSameName}; if it replaces this service, declare its id`;
  }
  return noneLive
    ? 'none of the declared services is live; is this the right account?'
    : 'create the service and declare its id, or remove the declaration';
}

/** Orders declarations that have the same id, or none. */
function byLine(a: SkippedDeclaration, b: SkippedDeclaration): number {
  return compareText(a.file, b.file) || a.line - b.line;
}
