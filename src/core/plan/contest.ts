import { sameJson } from '../base/json.ts';
import { findingKey, keyOfName } from '../compare/compare.ts';
import type { Finding } from '../compare/compare.ts';
import { normalize } from '../service/normalize.ts';
import type { Fields } from '../service/normalize.ts';
import { fingerprint } from './fingerprint.ts';
import { findParked, retryPauseMs } from './memory.ts';
import type { Memory } from './memory.ts';
import type { Outcome } from './outcome.ts';
import { declaredFields } from './step.ts';
import type { Actionable } from './step.ts';

/*
 * Another writer can change a service back after each write of this process: a second reconciler, a pipeline, a person. Every kind of
 * change counts: the same value each time, a new one each time, a delete, a create, or a rename. An API that confirms writes and does not
 * keep them looks the same.
 *
 *   this process writes the service      from now on, it is counted how often it is changed back
 *   a pass finds it changed since        one more is counted; from the third one on, the service is contested
 *   it stays in sync for `QUIET_MS`      the contest is over and forgotten
 *   its declaration changes              written at once; or the contest is over, if both sides agree now
 */

/** The services that this process wrote lately, by the key of their declarations. */
export type Contests = ReadonlyMap<string, Contest>;

export type Contest = {
  /** The declaration that was written, which includes what it ignores. */
  readonly declared: string;
  /** The fields that the last write left, none after a delete, and since when they are live; null once the service was changed back. */
  readonly settled: { readonly fields: Fields; readonly since: number } | null;
  /** When it was last written, on the clock of passes. */
  readonly wroteAt: number;
  readonly changedBack: ChangesBack;
};

/** How often a service was changed back, and when that was first found, as RFC 3339; empty if it was not. */
export type ChangesBack = { readonly times: number; readonly since: string };

/** A service that is changed back this often is contested. A person who corrects something by hand does so once or twice. */
export const MIN_CHANGES_BACK = 3;

/**
 * A contest is over when a pass finds that the service has stayed in sync for this long. It is longer than the pauses of another reconciler,
 * which checks every hour and waits for an hour, and a slower writer causes fewer writes than a contest.
 */
export const QUIET_MS = 3 * 60 * 60_000;

export const noContests: Contests = new Map();

/** The time of a comparison: in milliseconds of the clock of passes, and as RFC 3339. */
export type ComparedAt = { readonly now: number; readonly at: string };

/** Returns the contests after a comparison: counts the services that were changed back, and forgets contests that are over. */
export function observeContests(before: Contests, findings: readonly Finding[], time: ComparedAt): Contests {
  if (before.size === 0) return before;
  const contests = new Map<string, Contest>();
  for (const finding of findings) {
    const key = keyIn(before, finding);
    const contest = before.get(key);
    const observed = contest === undefined ? null : observeContest(contest, finding, time);
    if (observed !== null) contests.set(key, observed);
  }
  return contests;
}

function observeContest(contest: Contest, finding: Finding, { now, at }: ComparedAt): Contest | null {
  const { settled, changedBack } = contest;
  switch (finding.kind) {
    case 'in_sync':
    case 'gone': {
      const since = settled === null ? now : settled.since;
      if (contest.declared !== declarationOf(finding) || now - since > QUIET_MS) return null;
      // The list of a pass counts, and not the answer of the API to the write, which can show an older value.
      return { ...contest, settled: { fields: finding.kind === 'gone' ? noFields : finding.fields, since } };
    }
    case 'drifted':
    case 'missing':
    case 'unwanted':
      if (settled === null || !isChangedBack(finding, settled.fields)) return contest;
      return { ...contest, settled: null, changedBack: countOneMore(changedBack, at) };
    case 'invalid':
    case 'unmanaged':
      return contest;
  }
}

function countOneMore({ times, since }: ChangesBack, at: string): ChangesBack {
  return { times: times + 1, since: times === 0 ? at : since };
}

/** Whether a service differs from its fields before, and not only from a new declaration. */
function isChangedBack(finding: Actionable, before: Fields): boolean {
  switch (finding.kind) {
    case 'drifted':
      return finding.changes.some(({ path, live }) => !sameJson(live, before.get(path) ?? null));
    case 'missing':
      return before.size > 0;
    case 'unwanted':
      return before.size === 0;
  }
}

const never: ChangesBack = { times: 0, since: '' };

export type Writes = {
  readonly findings: readonly Finding[];
  /** By the key of the finding. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The end of the pass, on its clock. */
  readonly now: number;
};

/** Returns the contests after a pass: those before it, and the services that it wrote. */
export function contestsAfter(before: Contests, { findings, outcomes, now }: Writes): Contests {
  if (outcomes.size === 0) return before;
  const contests = new Map(before);
  for (const finding of findings) {
    if (!isActionable(finding)) continue;
    const fields = writtenFields(finding, outcomes.get(findingKey(finding)));
    if (fields === null) continue;
    const key = keyIn(before, finding);
    const { changedBack = never } = before.get(key) ?? {};
    const settled = { fields, since: now };
    contests.set(key, { declared: declarationOf(finding), settled, wroteAt: now, changedBack });
  }
  return contests;
}

/** Returns the fields of a service after its write, none if it was deleted; null if it was not written, or it is unknown. */
function writtenFields(finding: Actionable, outcome: Outcome | undefined): Fields | null {
  switch (outcome?.result) {
    case 'created':
    case 'updated':
    case 'deleted':
      return declaredFields(finding);
    case 'unsettled':
      return outcome.stored;
    case 'failed':
    case 'withheld':
    case undefined:
      return null;
  }
}

/** Returns how often a contested service was changed back, and since when; null if it is not contested. */
export function findChangesBack(finding: Finding, contests: Contests): ChangesBack | null {
  return findContest(finding, contests)?.changedBack ?? null;
}

function findContest(finding: Finding, contests: Contests): Contest | null {
  if (contests.size === 0) return null;
  const contest = contests.get(keyIn(contests, finding));
  return contest === undefined || contest.changedBack.times < MIN_CHANGES_BACK ? null : contest;
}

/**
 * Returns when a contested service may be written again, even if that is in the past: 15 minutes after the last write, then 30, then an
 * hour. Null if it is not contested, or its declaration has changed since.
 */
export function contestedUntil(finding: Actionable, contests: Contests): number | null {
  const contest = findContest(finding, contests);
  if (contest === null || contest.settled !== null || contest.declared !== declarationOf(finding)) return null;
  return contest.wroteAt + retryPauseMs(contest.changedBack.times - MIN_CHANGES_BACK + 1);
}

/** The knowledge from earlier passes. */
export type Knowledge = { readonly memory: Memory; readonly contests: Contests };

/** Returns when a parked or contested write may be sent again, even if that is in the past; `-Infinity` if it is neither. */
export function retryTimeOf(finding: Actionable, { memory, contests }: Knowledge): number {
  const waits = [findParked(finding, memory)?.until, contestedUntil(finding, contests)];
  return Math.max(...waits.map((until) => until ?? -Infinity));
}

const noFields: Fields = new Map();

function isActionable(finding: Finding): finding is Actionable {
  return finding.kind === 'drifted' || finding.kind === 'missing' || finding.kind === 'unwanted';
}

/**
 * Returns the key of the declaration of a finding: unlike the key of the finding, it stays the same if another writer deletes the service,
 * so that it gets another service_id. An unreadable service is found by both.
 */
function keyIn(contests: Contests, finding: Finding): string {
  if ('declaration' in finding) return keyOf(finding.declaration);
  if ('tombstone' in finding) return keyOf(finding.tombstone);
  if (finding.kind === 'unmanaged') return '';
  const { service_id, name } = finding.skipped;
  return service_id !== null && contests.has(service_id) ? service_id : keyOf({ service_id: null, name });
}

function keyOf({ service_id, name }: { readonly service_id: string | null; readonly name: string | null }): string {
  return service_id ?? keyOfName(name ?? '');
}

function declarationOf(finding: Exclude<Finding, { readonly kind: 'invalid' | 'unmanaged' }>): string {
  if ('tombstone' in finding) return 'absent';
  const { value, instructions } = finding.declaration;
  return [fingerprint(normalize(value).known), ...instructions.ignore.map(({ path }) => path)].join();
}
