import { cachedByIdentity } from '../base/identity-cache.ts';
import { sameJson } from '../base/json.ts';
import type { Json } from '../base/json.ts';
import { compareText } from '../base/order.ts';
import type { Declared } from '../load/collect.ts';
import type { Declaration, DeclarationIdentity, SkippedDeclaration, Tombstone } from '../load/declaration.ts';
import type { ListedItem, LiveService, UnusableItem } from '../service/directory.ts';
import { isActive } from '../service/instructions.ts';
import type { Ignored } from '../service/instructions.ts';
import { FIELD_PATHS, normalize } from '../service/normalize.ts';
import type { Fields } from '../service/normalize.ts';
import { openAccount } from './account.ts';
import type { Account } from './account.ts';

/** A field that differs. Null means unset. */
export type Change = { readonly path: string; readonly live: Json; readonly declared: Json };

export const FINDING_KINDS = ['in_sync', 'drifted', 'missing', 'unwanted', 'unmanaged', 'invalid'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/**
 * The state of one service. A finding is a fact; `plan` decides what to do about it.
 *
 *   declaration   live                  not live
 *   valid         in_sync or drifted    missing
 *   absent        unwanted              gone
 *   skipped       invalid               invalid
 *   none          unmanaged             -
 *
 * An item of the list that cannot be used is `invalid`, too, whether it is declared or not. Reports show `gone` as `in_sync`.
 */
export type Finding =
  | InSync
  | Drifted
  | Missing
  | Unwanted
  | { readonly kind: 'gone'; readonly tombstone: Tombstone }
  | { readonly kind: 'unmanaged'; readonly live: LiveService }
  | { readonly kind: 'invalid'; readonly skipped: Skipped; readonly live: LiveService | null };

/** A declaration with problems, or an item of the list that cannot be used. `file` is null if no declaration is concerned. */
export type Skipped = Pick<SkippedDeclaration, 'service_id' | 'name' | 'reason'> & {
  readonly file: string | null;
  readonly line: number | null;
  /** The reason: the declaration, an item of the list, or several live services with the declared name. */
  readonly by: 'declaration' | 'list' | 'names';
};

export type InSync = {
  readonly kind: 'in_sync';
  readonly declaration: Declaration;
  readonly live: LiveService;
  /** The same on both sides. */
  readonly fields: Fields;
  /** The differences that the declaration ignores. */
  readonly ignored: readonly Change[];
};

export type Drifted = {
  readonly kind: 'drifted';
  readonly declaration: Declaration;
  readonly live: LiveService;
  /** The fields that differ, in the order of `FIELD_PATHS`; never empty. */
  readonly changes: readonly Change[];
  /** The differences that the declaration ignores. */
  readonly ignored: readonly Change[];
  /** The declared fields, with the live values of the ignored ones. */
  readonly declared: Fields;
  readonly liveFields: Fields;
  /** The fields of the live service that this version does not know. */
  readonly unknown: Fields;
};

export type Missing = {
  readonly kind: 'missing';
  readonly declaration: Declaration;
  readonly declared: Fields;
  /** Why the service cannot be created, and what to do; null if it can. */
  readonly hint: string | null;
};

export type Unwanted = {
  readonly kind: 'unwanted';
  readonly tombstone: Tombstone;
  readonly live: LiveService;
  readonly liveFields: Fields;
  readonly unknown: Fields;
  /** The first field of the tombstone that the live service contradicts: it may be for another service. */
  readonly contradiction: (Change & { readonly line: number }) | null;
};

/**
 * Compares all declarations with the complete list of an account, at a time in milliseconds of Unix time. The declarations have no conflicts,
 * which `findConflicts` finds. Returns one finding for each service, sorted by service_id. A service that is declared more than once has one
 * `invalid` finding for each declaration.
 */
export function compare(declared: Declared, items: readonly ListedItem[], now = 0): readonly Finding[] {
  const account = openAccount(declared, items);
  const { unusable, claimed } = account;
  const findings: Finding[] = [
    ...declared.declarations.map((declaration) => compareDeclaration(declaration, account, now)),
    ...declared.tombstones.map((tombstone) => compareTombstone(tombstone, account, now)),
    ...unusable.filter(({ service_id: id }) => id === null || !claimed.has(id)).map((item) => skipItem(item, null)),
    ...declared.skipped.toSorted(byLine).map((skipped): Finding => ({
      kind: 'invalid',
      skipped: { ...skipped, by: 'declaration' },
      live: account.liveOf(skipped)[0] ?? null,
    })),
    ...account.unmanaged.map((service): Finding => ({ kind: 'unmanaged', live: service })),
  ];
  return findings.sort(
    (a, b) => compareText(findingId(a) ?? '', findingId(b) ?? '') || compareText(findingName(a), findingName(b)),
  );
}

function compareDeclaration(declaration: Declaration, account: Account, now: number): Finding {
  const { ignore, renamedFrom } = declaration.instructions;
  const services = account.liveOf(declaration, renamedFrom);
  if (services.length > 1) return skipAmbiguous(declaration, services);
  const [service] = services;
  if (service !== undefined) {
    if (ignore.length === 0) return compareOne(declaration)(service);
    return compareFields(
      declaration,
      service,
      ignore.filter((each) => isActive(each, now)),
    );
  }
  const item = account.unusableOf(declaration, renamedFrom);
  if (item !== undefined) return skipItem(item, declaration);
  const { known } = normalize(declaration.value);
  return { kind: 'missing', declaration, declared: known, hint: account.hintFor(declaration) };
}

function compareTombstone(tombstone: Tombstone, account: Account, now: number): Finding {
  const services = account.liveOf(tombstone);
  if (services.length > 1) return skipAmbiguous(tombstone, services);
  const [service] = services;
  if (service !== undefined) {
    const { known: liveFields, unknown } = normalize(service.value);
    const contradiction = findContradiction(tombstone, liveFields, now);
    return { kind: 'unwanted', tombstone, live: service, liveFields, unknown, contradiction };
  }
  const item = account.unusableOf(tombstone);
  return item === undefined ? { kind: 'gone', tombstone } : skipItem(item, tombstone);
}

/** Returns the first field that a tombstone sets and does not ignore, and that differs from the live service. */
function findContradiction(
  { value, fieldPositions, instructions }: Tombstone,
  live: Fields,
  now: number,
): Unwanted['contradiction'] {
  const ignore = instructions.ignore.filter((each) => isActive(each, now));
  const isIgnored = (path: string) => ignore.some((each) => isWithin(path, each.path));
  const changes = changesBetween(live, normalize(value).known);
  for (const change of changes) {
    const position = fieldPositions.get(change.path);
    if (position !== undefined && !isIgnored(change.path)) return { ...change, line: position.line };
  }
  return null;
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

/** Returns the service_id of a finding. It is null if the service has none yet, or if it cannot be read. */
export function findingId(finding: Finding): string | null {
  switch (finding.kind) {
    case 'in_sync':
    case 'drifted':
    case 'unwanted':
    case 'unmanaged':
      return finding.live.service_id;
    case 'missing':
      return finding.declaration.service_id;
    case 'gone':
      return finding.tombstone.service_id;
    case 'invalid':
      return finding.skipped.service_id ?? finding.live?.service_id ?? null;
  }
}

/** Returns what identifies the service of a finding from pass to pass: its service_id, or its name as long as it has none. */
export function findingKey(finding: Finding): string {
  return findingId(finding) ?? keyOfName(findingName(finding));
}

/** Returns the key of a service without a service_id. Differs from every service_id. */
export function keyOfName(name: string): string {
  return `name:${name}`;
}

/** Returns the name of the service of a finding; empty if it has none that can be read. */
export function findingName(finding: Finding): string {
  if ('declaration' in finding) return finding.declaration.name;
  const { name } = 'tombstone' in finding ? finding.tombstone : 'skipped' in finding ? finding.skipped : finding.live;
  return name ?? '';
}

/** Returns the live service of a finding; null if there is none. */
export function liveOf(finding: Finding): LiveService | null {
  return finding.kind === 'missing' || finding.kind === 'gone' ? null : finding.live;
}

/** Whether the finding is about a declaration, valid or not. */
export function isDeclared(finding: Finding): boolean {
  return finding.kind === 'invalid' ? finding.skipped.file !== null : finding.kind !== 'unmanaged';
}

/** Returns the same finding for the same pair of objects: most pairs stay the same from pass to pass. */
const compareOne = cachedByIdentity((declaration: Declaration) =>
  cachedByIdentity((live: LiveService) => compareFields(declaration, live, [])),
);

function compareFields(declaration: Declaration, live: LiveService, ignore: readonly Ignored[]): InSync | Drifted {
  const { known: asDeclared } = normalize(declaration.value);
  const { known: liveFields, unknown } = normalize(live.value);
  const differences = changesBetween(liveFields, asDeclared);
  const ignored = differences.filter(({ path }) => ignore.some((each) => isWithin(path, each.path)));
  const declared = ignored.length === 0 ? asDeclared : withLiveValues(asDeclared, ignored);
  const changes = differences.filter((change) => !ignored.includes(change));
  return changes.length === 0
    ? { kind: 'in_sync', declaration, live, fields: declared, ignored }
    : { kind: 'drifted', declaration, live, changes, ignored, declared, liveFields, unknown };
}

function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}.`);
}

/** Returns the declared fields, with the live values of these changes, in the order of `FIELD_PATHS`. */
function withLiveValues(declared: Fields, changes: readonly Change[]): Fields {
  const values = new Map([...declared, ...changes.map(({ path, live }) => [path, live] as const)]);
  return new Map(
    FIELD_PATHS.flatMap((path) => {
      const value = values.get(path) ?? null;
      return value === null ? [] : [[path, value] as const];
    }),
  );
}

function skipItem({ service_id, name, reason }: UnusableItem, identity: DeclarationIdentity | null): Finding {
  const { file = null, line = null } = identity ?? {};
  const skipped = { service_id, name: identity?.name ?? name, file, line, reason, by: 'list' } as const;
  return { kind: 'invalid', skipped, live: null };
}

/** Skips a declaration without an id whose name several live services have. */
function skipAmbiguous({ name, file, line }: DeclarationIdentity, live: readonly LiveService[]): Finding {
  const ids = live.map(({ service_id }) => service_id).join(', ');
  const reason = `${live.length} live services have this name: ${ids}; declare the service_id`;
  return { kind: 'invalid', skipped: { service_id: null, name, file, line, reason, by: 'names' }, live: null };
}

/** Orders declarations that have the same id, or none. */
function byLine(a: SkippedDeclaration, b: SkippedDeclaration): number {
  return compareText(a.file, b.file) || a.line - b.line;
}
