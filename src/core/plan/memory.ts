import type { Failure } from '../base/failure.ts';
import { findingKey } from '../compare/compare.ts';
import type { Finding } from '../compare/compare.ts';
import { fingerprint } from './fingerprint.ts';
import { declaredFields } from './step.ts';
import type { Actionable } from './step.ts';

/** Why a service drifted: its file was changed, it was changed outside git, or both. */
export type DriftCause = 'declaration' | 'live' | 'both';

/**
 * The knowledge about each service from earlier passes, by the key of its finding. `remember` updates it after a pass. A write that did
 * not succeed is treated in one of three ways until the declaration or the live service changes:
 *
 *   unsettled   the API accepted it but stored another value: not sent again
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
  /** The fields that the API stored differently when this declaration was last sent, and the live service before that. */
  readonly unsettled: {
    readonly paths: readonly string[];
    readonly liveBefore: string;
    readonly unknownBefore: string;
  } | null;
  readonly parked: Parked | null;
  /** Whether the last update failed and may succeed in the next pass. It runs after the others so that it does not delay them. */
  readonly runsLast: boolean;
};

/** An update that the API refused, `times` in a row. It is not retried before `until`, on the clock of `remember`. */
export type Parked = { readonly failure: Failure; readonly times: number; readonly until: number };

/** A refused write is retried, because it can succeed although neither side changes, for example once its tunnel exists. */
const FIRST_RETRY_PAUSE_MS = 15 * 60_000;
const MAX_RETRY_PAUSE_MS = 60 * 60_000;

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
  if (last?.declared !== fingerprint(finding.declared) || last.unsettled === null) return null;
  const { paths, liveBefore, unknownBefore } = last.unsettled;
  const [live, unknown] = [fingerprint(finding.liveFields), fingerprint(finding.unknown)];
  // The list shows what was stored, or still the service from before the write.
  const isStored = live === last.live && unknown === last.unknown;
  return isStored || (live === liveBefore && unknown === unknownBefore) ? paths : null;
}

/** Returns the last refusal of a write, even if its retry is due; null if there is none or either side has changed since. */
export function findParked(finding: Finding, memory: Memory): Parked | null {
  if (finding.kind !== 'drifted' && finding.kind !== 'missing' && finding.kind !== 'unwanted') return null;
  const last = memory.get(findingKey(finding));
  if (last === undefined) return null;
  const { declared, live, unknown } = sidesOf(finding);
  return last.declared === declared && last.live === live && last.unknown === unknown ? last.parked : null;
}

/** Returns how long a write waits after it was unsuccessful this many times in a row. */
export function retryPauseMs(times: number): number {
  return Math.min(MAX_RETRY_PAUSE_MS, FIRST_RETRY_PAUSE_MS * 2 ** (times - 1));
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
