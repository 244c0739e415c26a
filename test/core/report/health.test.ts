import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import { findNotReadyReason, findStuckReason, toHealth } from '../../../src/core/report/health.ts';
import { isGoodPass, nextPassAt } from '../../../src/core/report/vitals.ts';
import type { Vitals } from '../../../src/core/report/vitals.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const limits = { passTimeoutMs: 15 * MINUTE, freshForMs: 15 * MINUTE, rescanMs: 30 * SECOND };

/** The vitals of a daemon that waits, one minute after a good pass. */
function vitals(changes: Partial<Vitals> = {}): Vitals {
  return {
    startedAt: 0,
    stopping: false,
    pass: null,
    timerAt: 6 * MINUTE,
    scheduleAt: null,
    requestedSince: null,
    dueSince: null,
    lastRead: MINUTE,
    lastList: MINUTE,
    lastGoodPass: MINUTE,
    lastPass: { at: MINUTE, outcome: 'in_sync', error: null },
    paused: null,
    internalErrors: 0,
    watcher: { by: 'events', reason: null, checkedAt: MINUTE, missedChanges: 0 },
    ...changes,
  };
}

const failing = { at: 9 * MINUTE, outcome: 'failed', error: 'HTTP 503' } as const;

describe('the reason for a restart', () => {
  test.for([
    { is: 'nothing to do', vitals: vitals(), now: 5 * MINUTE, stuck: null },
    { is: 'no next pass', vitals: vitals({ timerAt: null }), now: 1000 * MINUTE, stuck: null },
    { is: 'a timer that is slightly late', vitals: vitals(), now: 6.5 * MINUTE, stuck: null },
    {
      is: 'a timer that never fired',
      vitals: vitals(),
      now: 6.5 * MINUTE + 1,
      stuck: 'a pass has been due for 30s and has not begun',
    },
    {
      is: 'a change that caused no pass',
      vitals: vitals({ requestedSince: 2 * MINUTE, timerAt: null }),
      now: 4 * MINUTE,
      stuck: 'a pass has been due for 2m and has not begun',
    },
    {
      is: 'a change that caused no pass, long before the timer',
      vitals: vitals({ requestedSince: 2 * MINUTE, timerAt: 60 * MINUTE }),
      now: 4 * MINUTE,
      stuck: 'a pass has been due for 2m and has not begun',
    },
    {
      is: 'a timer that never fired, and a change after it',
      vitals: vitals({ requestedSince: 7 * MINUTE }),
      now: 7 * MINUTE,
      stuck: 'a pass has been due for 1m and has not begun',
    },
    {
      is: 'a change during the pass in progress',
      vitals: vitals({ requestedSince: 7 * MINUTE, pass: { trigger: 'interval', since: 6 * MINUTE }, timerAt: null }),
      now: 20 * MINUTE,
      stuck: null,
    },
    {
      is: 'a long wait for a retry while passes fail',
      vitals: vitals({ dueSince: 2 * MINUTE, timerAt: 60 * MINUTE, lastPass: failing }),
      now: 59 * MINUTE,
      stuck: null,
    },
    {
      is: 'a pass within pass_timeout',
      vitals: vitals({ pass: { trigger: 'interval', since: 6 * MINUTE } }),
      now: 21.5 * MINUTE,
      stuck: null,
    },
    {
      is: 'a pass that exceeds pass_timeout',
      vitals: vitals({ pass: { trigger: 'interval', since: 6 * MINUTE } }),
      now: 21.5 * MINUTE + 1,
      stuck: 'the pass has been running for 15m 30s, although pass_timeout is 15m',
    },
  ])('with $is', ({ vitals, now, stuck }) => {
    expect(findStuckReason(vitals, limits, now)).toBe(stuck);
  });
});

describe('the reason for not being ready', () => {
  test.for([
    { is: 'a good pass', vitals: vitals(), now: 5 * MINUTE, why: null },
    {
      is: 'no pass due for a long time',
      vitals: vitals({ watcher: { ...vitals().watcher, checkedAt: 899 * MINUTE } }),
      now: 900 * MINUTE,
      why: null,
    },
    {
      is: 'no pass yet',
      vitals: vitals({ lastGoodPass: null, lastPass: null, dueSince: 0 }),
      now: MINUTE,
      why: 'no pass has read the folder and listed the account yet',
    },
    {
      is: 'no good pass yet',
      vitals: vitals({ lastGoodPass: null, lastPass: failing, dueSince: 0 }),
      now: MINUTE,
      why: 'no pass has read the folder and listed the account yet: HTTP 503',
    },
    {
      is: 'passes that have failed for a short time',
      vitals: vitals({ dueSince: 6 * MINUTE, lastPass: failing, lastRead: 20 * MINUTE }),
      now: 21 * MINUTE - 1,
      why: null,
    },
    {
      is: 'passes that have failed for too long',
      vitals: vitals({ dueSince: 6 * MINUTE, lastPass: failing }),
      now: 21 * MINUTE,
      why: 'passes have been failing for 15m: HTTP 503',
    },
    {
      is: 'a pass that takes too long',
      vitals: vitals({ dueSince: 6 * MINUTE, pass: { trigger: 'change', since: 6 * MINUTE } }),
      now: 22 * MINUTE,
      why: 'a pass has been due for 16m and is still running',
    },
    {
      is: 'a pass that does not begin',
      vitals: vitals({ dueSince: 6 * MINUTE }),
      now: 22 * MINUTE,
      why: 'a pass has been due for 16m and has not begun',
    },
    {
      is: 'a folder that could not be checked',
      vitals: vitals({ timerAt: null }),
      now: 16.5 * MINUTE,
      why: 'the folder has not been checked for 15m 30s',
    },
    {
      is: 'a folder that passes read, although no check of it ends',
      vitals: vitals({ timerAt: null, lastRead: 10 * MINUTE, watcher: { ...vitals().watcher, checkedAt: null } }),
      now: 16.5 * MINUTE,
      why: null,
    },
    { is: 'a shutdown', vitals: vitals({ stopping: true }), now: 2 * MINUTE, why: 'shutting down' },
  ])('with $is', ({ vitals, now, why }) => {
    expect(findNotReadyReason(vitals, limits, now)).toBe(why);
  });

  test('with a folder that was neither read nor checked', () => {
    const never = vitals({ lastRead: null, watcher: { ...vitals().watcher, checkedAt: null } });
    expect(findNotReadyReason(never, limits, 20 * MINUTE)).toMatch('the folder has not been checked for 20m');
  });
});

const timeOf = (elapsedMs: number) => new Date(Date.UTC(2026, 0, 2) + elapsedMs).toISOString();
const budget = [{ limit: 1100, ms: 300_000, left: 1088 }];
const at = (elapsedMs: number) => ({ elapsedMs, timeOf, budget });

test('describes the state of a daemon, with the age of each fact', () => {
  expect(toHealth(vitals(), limits, '1.2.3', at(2 * MINUTE))).toEqual({
    healthy: true,
    ready: true,
    reason: null,
    paused: null,
    version: '1.2.3',
    started: { at: '2026-01-02T00:00:00.000Z', age_seconds: 120 },
    last_read: { at: '2026-01-02T00:01:00.000Z', age_seconds: 60 },
    last_list: { at: '2026-01-02T00:01:00.000Z', age_seconds: 60 },
    last_good_pass: { at: '2026-01-02T00:01:00.000Z', age_seconds: 60 },
    last_pass: { at: '2026-01-02T00:01:00.000Z', age_seconds: 60, outcome: 'in_sync', error: null },
    pass: null,
    next_pass: { at: '2026-01-02T00:06:00.000Z', in_seconds: 240 },
    request_budget: [{ limit: 1100, window_seconds: 300, left: 1088 }],
    internal_errors: 0,
    watcher: {
      by: 'events',
      reason: null,
      last_check: { at: '2026-01-02T00:01:00.000Z', age_seconds: 60 },
      missed_changes: 0,
    },
  });
});

test('describes a daemon that has just started', () => {
  const begun = vitals({
    dueSince: 0,
    timerAt: null,
    pass: { trigger: 'startup', since: 100 },
    lastRead: null,
    lastList: null,
    lastGoodPass: null,
    lastPass: null,
    watcher: { by: 'starting', reason: null, checkedAt: null, missedChanges: 0 },
  });
  expect(toHealth(begun, limits, '1.2.3', at(350))).toMatchObject({
    healthy: true,
    ready: false,
    reason: 'no pass has read the folder and listed the account yet',
    last_read: null,
    last_pass: null,
    pass: { at: '2026-01-02T00:00:00.100Z', age_seconds: 0.25, trigger: 'startup' },
    next_pass: null,
    watcher: { by: 'starting', last_check: null },
  });
});

test('a stuck daemon is not ready, and reports that reason first', () => {
  const stuck = vitals({ stopping: true });
  expect(toHealth(stuck, limits, '1.2.3', at(60 * MINUTE))).toMatchObject({
    healthy: false,
    ready: false,
    reason: 'a pass has been due for 54m and has not begun',
  });
});

test.for([
  { timerAt: 5, scheduleAt: null, next: 5 },
  { timerAt: null, scheduleAt: 7, next: 7 },
  { timerAt: 9, scheduleAt: 7, next: 7 },
  { timerAt: null, scheduleAt: null, next: null },
])('the next pass begins by timer or schedule, whichever comes first: $next', ({ next, ...times }) => {
  expect(nextPassAt(vitals(times))).toBe(next);
  expect(nextPassAt(vitals({ ...times, pass: { trigger: 'signal', since: 1 } }))).toBeNull();
});

test('a pass is good unless it ended early', () => {
  expect(isGoodPass({ error: null })).toBe(true);
  expect(isGoodPass({ error: failure('denied', 'no') })).toBe(false);
});

test('requests no restart while passes begin and end in time, whatever the API and the folder do', () => {
  const time = fc.option(fc.integer({ min: 0, max: 60 * MINUTE }), { nil: null });
  fc.assert(
    fc.property(time, time, time, fc.integer({ min: 0, max: 60 * MINUTE }), (lastRead, lastList, dueSince, wait) => {
      const now = 60 * MINUTE;
      const lastGoodPass = lastRead === null || lastList === null ? null : Math.max(lastRead, lastList);
      const down = { lastRead, lastList, lastGoodPass, lastPass: failing, dueSince, timerAt: now + wait };
      expect(findStuckReason(vitals(down), limits, now)).toBeNull();
      const busy = {
        ...down,
        timerAt: null,
        pass: { trigger: 'interval', since: now - (wait % (15 * MINUTE)) },
      } as const;
      expect(findStuckReason(vitals(busy), limits, now)).toBeNull();
    }),
  );
});
