import type { Failure } from '../base/failure.ts';
import { findingId } from '../compare/compare.ts';
import type { Drifted, Finding } from '../compare/compare.ts';
import { fingerprint } from './fingerprint.ts';
import { findDriftCause, findParked, findUnsettled, MAX_UPDATES_OF_ONE_LIVE_VALUE } from './memory.ts';
import type { Memory, Parked, ServiceMemory } from './memory.ts';
import type { Outcome } from './outcome.ts';

/**
 * A refused update is retried, because it can succeed although neither side changes, for example once its tunnel exists. A contested one
 * is retried, because the other writer may have stopped.
 */
const FIRST_PARKING_MS = 15 * 60_000;
const MAX_PARKING_MS = 60 * 60_000;

export type FinishedPass = {
  readonly findings: readonly Finding[];
  /** By service_id; only the steps of this pass. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The memory before the pass. */
  readonly memory: Memory;
  /** The end of the pass, in milliseconds of a monotonic clock. */
  readonly now: number;
};

/**
 * Returns the memory after a pass.
 *
 *   finding, outcome             remembered
 *   in_sync                      both sides; everything else is cleared
 *   invalid                      as before: a file that is broken for a while is not a change
 *   missing, unmanaged           nothing
 *   drifted, updated             in sync, and how often in a row the same live value was replaced; if often, parked as well
 *   drifted, unsettled           the fields that the API stored differently; if only unknown ones are lost, as updated
 *   drifted, failed (rejected)   parked: for 15 minutes, then 30, then an hour each time
 *   drifted, failed (otherwise)  to run last in the next pass
 *   drifted, withheld or none    as before, unless either side has changed
 */
export function remember(pass: FinishedPass): Memory {
  return new Map(
    pass.findings.flatMap((finding): [string, ServiceMemory][] => {
      const id = findingId(finding);
      const remembered = id === null ? undefined : rememberService(id, finding, pass);
      return id === null || remembered === undefined ? [] : [[id, remembered]];
    }),
  );
}

const noRepetition: ServiceMemory['repeated'] = { liveBefore: '', times: 0, until: 0 };

/** Everything but the two sides of a service that is in sync. */
const inSync = { unknown: '', cause: null, unsettled: null, repeated: noRepetition, parked: null, runsLast: false };

function rememberService(id: string, finding: Finding, pass: FinishedPass): ServiceMemory | undefined {
  switch (finding.kind) {
    case 'in_sync': {
      const fields = fingerprint(finding.fields);
      return { ...inSync, declared: fields, live: fields };
    }
    case 'invalid':
      return pass.memory.get(id);
    case 'drifted':
      return rememberDrift(finding, pass);
    case 'missing':
    case 'unmanaged':
      return undefined;
  }
}

function rememberDrift(finding: Drifted, { outcomes, memory, now }: FinishedPass): ServiceMemory {
  const id = finding.live.service_id;
  const last = memory.get(id);
  const outcome = outcomes.get(id);
  const current = currentMemory(finding, memory);
  switch (outcome?.result) {
    case 'updated':
      return afterUpdate(current, now);
    case 'unsettled':
      if (outcome.paths.length === 0) return afterUpdate(current, now);
      return {
        ...current,
        live: fingerprint(outcome.stored),
        unsettled: { paths: outcome.paths, liveBefore: current.live },
        parked: null,
      };
    case 'failed':
      if (outcome.failure.kind !== 'rejected') return { ...current, runsLast: true };
      return { ...current, parked: parkAgain(outcome.failure, current.parked, now) };
    case 'withheld':
    case undefined:
      return { ...current, runsLast: last?.runsLast === true };
  }
}

/** Returns the memory of a service that is now as declared. */
function afterUpdate({ declared, live, unknown, repeated }: ServiceMemory, now: number): ServiceMemory {
  const times = repeated.liveBefore === live ? repeated.times + 1 : 1;
  const until = now + parkingMs(times - MAX_UPDATES_OF_ONE_LIVE_VALUE + 1);
  return { ...inSync, declared, live: declared, unknown, repeated: { liveBefore: live, times, until } };
}

/** Returns the memory of a drifted service before its outcome is considered. Drops everything that a change of either side ends. */
function currentMemory(finding: Drifted, memory: Memory): ServiceMemory {
  const last = memory.get(finding.live.service_id);
  const declared = fingerprint(finding.declared);
  const unsettled = last?.unsettled ?? null;
  return {
    declared,
    live: fingerprint(finding.liveFields),
    unknown: fingerprint(finding.unknown),
    cause: findDriftCause(finding, memory),
    unsettled: findUnsettled(finding, memory) === null ? null : unsettled,
    repeated: last?.declared === declared ? last.repeated : noRepetition,
    parked: findParked(finding, memory),
    runsLast: false,
  };
}

function parkAgain(failure: Failure, before: Parked | null, now: number): Parked {
  const times = (before?.times ?? 0) + 1;
  return { failure, times, until: now + parkingMs(times) };
}

/** Returns how long an update waits after it was unsuccessful this many times in a row. */
function parkingMs(times: number): number {
  return Math.min(MAX_PARKING_MS, FIRST_PARKING_MS * 2 ** (times - 1));
}
