import type { Failure } from '../base/failure.ts';
import { findingKey } from '../compare/compare.ts';
import type { Drifted, Finding, Missing, Unwanted } from '../compare/compare.ts';
import { fingerprint } from './fingerprint.ts';
import { findDriftCause, findParked, findUnsettled, retryPauseMs, sidesOf } from './memory.ts';
import type { Memory, Parked, ServiceMemory } from './memory.ts';
import type { Outcome } from './outcome.ts';

export type FinishedPass = {
  readonly findings: readonly Finding[];
  /** By the key of the finding; only the steps of this pass. */
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
 *   unmanaged, gone              nothing
 *   drifted, updated             in sync
 *   drifted, unsettled           the fields that the API stored differently; if only unknown ones are lost, as updated
 *   missing, created             in sync, by the new service_id
 *   missing, unsettled           the fields that the API stored differently, by the new service_id
 *   unwanted, deleted            nothing
 *   any, failed (rejected)       parked: for 15 minutes, then 30, then an hour each time
 *   any, failed (otherwise)      to run last in the next pass
 *   any, withheld or none        as before, unless either side has changed
 */
export function remember(pass: FinishedPass): Memory {
  return new Map(pass.findings.flatMap((finding) => rememberFinding(finding, pass)));
}

type Entry = readonly [key: string, memory: ServiceMemory];

/** Everything but the two sides of a service that is in sync. */
const inSync = { unknown: '', cause: null, unsettled: null, parked: null, runsLast: false };

function rememberFinding(finding: Finding, pass: FinishedPass): readonly Entry[] {
  const key = findingKey(finding);
  switch (finding.kind) {
    case 'in_sync': {
      const fields = fingerprint(finding.fields);
      return [[key, { ...inSync, declared: fields, live: fields }]];
    }
    case 'invalid': {
      const last = pass.memory.get(key);
      return last === undefined ? [] : [[key, last]];
    }
    case 'drifted':
      return [[key, rememberDrift(finding, pass)]];
    case 'missing':
      return rememberMissing(finding, pass);
    case 'unwanted':
      return rememberUnwanted(finding, pass);
    case 'unmanaged':
    case 'gone':
      return [];
  }
}

function rememberMissing(finding: Missing, pass: FinishedPass): readonly Entry[] {
  const outcome = pass.outcomes.get(findingKey(finding));
  const declared = fingerprint(finding.declared);
  if (outcome?.result === 'created') return [[outcome.service_id, { ...inSync, declared, live: declared }]];
  if (outcome?.result !== 'unsettled') return rememberAttempt(finding, pass);
  const { service_id, stored, unknown, paths } = outcome;
  const unsettled = paths.length === 0 ? null : { paths, liveBefore: '', unknownBefore: '' };
  return [[service_id, { ...inSync, declared, live: fingerprint(stored), unknown: fingerprint(unknown), unsettled }]];
}

function rememberUnwanted(finding: Unwanted, pass: FinishedPass): readonly Entry[] {
  return pass.outcomes.get(findingKey(finding))?.result === 'deleted' ? [] : rememberAttempt(finding, pass);
}

/** Remembers a create or a delete that did not succeed. */
function rememberAttempt(finding: Missing | Unwanted, { outcomes, memory, now }: FinishedPass): readonly Entry[] {
  const key = findingKey(finding);
  const outcome = outcomes.get(key);
  const parked = findParked(finding, memory);
  const current = { ...inSync, ...sidesOf(finding), parked };
  if (outcome?.result !== 'failed') {
    const last = memory.get(key)?.runsLast === true;
    return parked === null && !last ? [] : [[key, { ...current, runsLast: last }]];
  }
  if (outcome.failure.kind !== 'rejected') return [[key, { ...current, runsLast: true }]];
  return [[key, { ...current, parked: parkAgain(outcome.failure, parked, now) }]];
}

function rememberDrift(finding: Drifted, { outcomes, memory, now }: FinishedPass): ServiceMemory {
  const id = finding.live.service_id;
  const last = memory.get(id);
  const outcome = outcomes.get(id);
  const current = currentMemory(finding, memory);
  if (outcome?.result === 'updated') return afterUpdate(current);
  if (outcome?.result === 'unsettled') {
    if (outcome.paths.length === 0) return afterUpdate(current);
    return {
      ...current,
      live: fingerprint(outcome.stored),
      unknown: fingerprint(outcome.unknown),
      unsettled: { paths: outcome.paths, liveBefore: current.live, unknownBefore: current.unknown },
      parked: null,
    };
  }
  if (outcome?.result !== 'failed') return { ...current, runsLast: last?.runsLast === true };
  if (outcome.failure.kind !== 'rejected') return { ...current, runsLast: true };
  return { ...current, parked: parkAgain(outcome.failure, current.parked, now) };
}

/** Returns the memory of a service that is now as declared. */
function afterUpdate({ declared, unknown }: ServiceMemory): ServiceMemory {
  return { ...inSync, declared, live: declared, unknown };
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
    parked: findParked(finding, memory),
    runsLast: false,
  };
}

function parkAgain(failure: Failure, before: Parked | null, now: number): Parked {
  const times = (before?.times ?? 0) + 1;
  return { failure, times, until: now + retryPauseMs(times) };
}
