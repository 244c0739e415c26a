import type { Failure } from '../base/failure.ts';
import { findingKey } from '../compare/compare.ts';
import type { Drifted, Finding } from '../compare/compare.ts';
import { fingerprint } from './fingerprint.ts';
import { declaredFields } from './step.ts';
import type { Actionable } from './step.ts';

/** Why a service drifted: its file was changed, it was changed outside git, or both. */
export type DriftCause = 'declaration' | 'live' | 'both';

/**
 * The knowledge about each service from earlier passes, by the key of its finding. `remember` updates it after a pass. A write that did
 * not succeed is treated in one of four ways until the declaration or the live service changes:
 *
 *   unsettled   the API accepted it but stored another value: not sent again
 *   contested   the API accepted it, but lists the old value each time: retried as if parked
 *   parked      the API refused it: retried after 15 minutes, then 30, then every hour
 *   runs last   it failed for any other reason: retried in the next pass, after the other writes
 *
 * A restart clears the memory. This costs one attempt for each of these writes, and the next pass reports no causes of drift.
 */
export type Memory = ReadonlyMap<string, ServiceMemory>;

/** One service at the end of the last pass that compared it. Both sides are kept as fingerprints. */
export type ServiceMemory = {
  readonly declared: string;
  readonly live: string;
  /** The unknown fields of the live service. */
  readonly unknown: string;
  readonly cause: DriftCause | null;
  /** The fields that the API stored differently when this declaration was last sent, and the live value before that. */
  readonly unsettled: { readonly paths: readonly string[]; readonly liveBefore: string } | null;
  /**
   * How many updates in a row replaced the same live value with this declaration. After several, the next one is not sent before
   * `until`, on the clock of `remember`.
   */
  readonly repeated: { readonly liveBefore: string; readonly times: number; readonly until: number };
  readonly parked: Parked | null;
  /** Whether the last update failed and may succeed in the next pass. It runs after the others so that it does not delay them. */
  readonly runsLast: boolean;
};

/** An update that the API refused, `times` in a row. It is not retried before `until`, on the clock of `remember`. */
export type Parked = { readonly failure: Failure; readonly times: number; readonly until: number };

/** Updates that the API confirmed, `times` in a row, while its lists show the old value again. Another one may be sent at `until`. */
export type Contested = { readonly paths: readonly string[]; readonly times: number; readonly until: number };

/** The list can show the old value after this many updates in a row until the service is contested. */
export const MAX_UPDATES_OF_ONE_LIVE_VALUE = 3;

export const emptyMemory: Memory = new Map();

/**
 * Returns why a service drifted, or null if this process has not seen it in sync before. A cause remains until the service is in sync:
 * if the live service changed first and its declaration later, the cause is `both`.
 */
export function findDriftCause(finding: Finding, memory: Memory): DriftCause | null {
  if (finding.kind !== 'drifted') return null;
  const last = memory.get(finding.live.service_id);
  if (last === undefined) return null;
  const declaration = last.declared !== fingerprint(finding.declared) || includes(last.cause, 'declaration');
  const live = last.live !== fingerprint(finding.liveFields) || includes(last.cause, 'live');
  if (declaration && live) return 'both';
  if (declaration) return 'declaration';
  return live ? 'live' : null;
}

/** Returns the fields that the API did not store as declared, or null if there are none or either side has changed since. */
export function findUnsettled(finding: Finding, memory: Memory): readonly string[] | null {
  if (finding.kind !== 'drifted') return null;
  const last = memory.get(finding.live.service_id);
  if (last?.declared !== fingerprint(finding.declared) || last.unknown !== fingerprint(finding.unknown)) return null;
  const { unsettled } = last;
  if (unsettled === null) return null;
  const live = fingerprint(finding.liveFields);
  // The list shows the stored value, or still the value from before the update.
  return live === last.live || live === unsettled.liveBefore ? unsettled.paths : null;
}

/**
 * Returns the updates that had no lasting effect, or null if there are too few or either side has changed since. Either another writer
 * sets the old value each time, for example a second reconciler, or the API does not keep the new one: the lists look the same.
 */
export function findContested(finding: Drifted, memory: Memory): Contested | null {
  const last = memory.get(finding.live.service_id);
  if (last?.declared !== fingerprint(finding.declared) || last.unknown !== fingerprint(finding.unknown)) return null;
  const { liveBefore, times, until } = last.repeated;
  if (liveBefore !== fingerprint(finding.liveFields) || times < MAX_UPDATES_OF_ONE_LIVE_VALUE) return null;
  return { paths: finding.changes.map(({ path }) => path), times, until };
}

/** Returns the last refusal of a write, even if its retry is due; null if there is none or either side has changed since. */
export function findParked(finding: Finding, memory: Memory): Parked | null {
  if (finding.kind !== 'drifted' && finding.kind !== 'missing' && finding.kind !== 'unwanted') return null;
  const last = memory.get(findingKey(finding));
  if (last === undefined) return null;
  const { declared, live, unknown } = sidesOf(finding);
  return last.declared === declared && last.live === live && last.unknown === unknown ? last.parked : null;
}

/** Returns when a parked or contested write may be sent again, even if that is in the past; `-Infinity` if it is neither. */
export function retryTimeOf(finding: Actionable, memory: Memory): number {
  const waits = [findParked(finding, memory), finding.kind === 'drifted' ? findContested(finding, memory) : null];
  return Math.max(...waits.map((wait) => wait?.until ?? -Infinity));
}

/** Whether the write of a service runs after the others, because the last one failed and may succeed later. */
export function runsLast(finding: Actionable, memory: Memory): boolean {
  return memory.get(findingKey(finding))?.runsLast === true;
}

/** Returns the fingerprints of both sides. A service that is not live, or should not be, has an empty one. */
export function sidesOf(finding: Actionable): Pick<ServiceMemory, 'declared' | 'live' | 'unknown'> {
  return {
    declared: fingerprint(declaredFields(finding)),
    live: finding.kind === 'missing' ? '' : fingerprint(finding.liveFields),
    unknown: finding.kind === 'missing' ? '' : fingerprint(finding.unknown),
  };
}

function includes(cause: DriftCause | null, side: DriftCause): boolean {
  return cause === side || cause === 'both';
}
