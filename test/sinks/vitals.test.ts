import { describe, expect, test } from 'vitest';
import { failure } from '../../src/core/base/failure.ts';
import type { Failure } from '../../src/core/base/failure.ts';
import { toReport } from '../../src/core/report/report.ts';
import { trackVitals } from '../../src/sinks/vitals.ts';
import { facts } from '../core/builders.ts';

/** Starts to track a daemon, on a clock that the test moves. */
function startTracking() {
  let time = 100;
  const tracker = trackVitals(() => time);
  const advance = (ms: number) => {
    time += ms;
  };
  const report = (error: Failure | null = null) => tracker.onReport(toReport(facts({ error })));
  return { ...tracker, advance, report };
}

const down = failure('transient', 'the API is down');

test('a good pass is due from the start of the daemon', () => {
  const { vitals } = startTracking();
  expect(vitals()).toMatchObject({
    startedAt: 100,
    requestedSince: 100,
    dueSince: 100,
    pass: null,
    lastGoodPass: null,
    lastPass: null,
  });
  expect(vitals().watcher).toEqual({ by: 'starting', reason: null, checkedAt: null, missedChanges: 0 });
});

test('tracks the pass in progress and the outcome of the last one', () => {
  const { vitals, onPhase, advance, report } = startTracking();
  onPhase({ kind: 'began', trigger: 'startup' });
  advance(5);
  expect(vitals().pass).toEqual({ trigger: 'startup', since: 100 });
  report();
  expect(vitals()).toMatchObject({
    pass: null,
    lastGoodPass: 105,
    lastPass: { at: 105, outcome: 'in_sync', error: null },
  });
  onPhase({ kind: 'began', trigger: 'interval' });
  advance(5);
  report(down);
  expect(vitals()).toMatchObject({
    lastGoodPass: 105,
    lastPass: { at: 110, outcome: 'failed', error: 'the API is down' },
  });
});

describe('a good pass is due', () => {
  test('from the first request until a pass is good, however many fail', () => {
    const { vitals, onPhase, advance, report } = startTracking();
    onPhase({ kind: 'began', trigger: 'startup' });
    report();
    expect(vitals().dueSince).toBeNull();
    advance(10);
    onPhase({ kind: 'requested' });
    advance(10);
    onPhase({ kind: 'requested' });
    expect(vitals().dueSince).toBe(110);
    onPhase({ kind: 'began', trigger: 'change' });
    advance(10);
    report(down);
    onPhase({ kind: 'waiting', timerMs: 1000, scheduleMs: () => null });
    expect(vitals().dueSince).toBe(110);
    advance(1000);
    onPhase({ kind: 'requested' });
    onPhase({ kind: 'began', trigger: 'interval' });
    report();
    expect(vitals().dueSince).toBeNull();
  });

  test('after a good pass, if it was requested during that pass', () => {
    const { vitals, onPhase, advance, report } = startTracking();
    onPhase({ kind: 'began', trigger: 'startup' });
    advance(10);
    onPhase({ kind: 'requested' });
    advance(10);
    report();
    expect(vitals().dueSince).toBe(110);
  });
});

test('tracks since when a pass is requested and has not begun, while others fail', () => {
  const { vitals, onPhase, advance, report } = startTracking();
  onPhase({ kind: 'began', trigger: 'startup' });
  expect(vitals().requestedSince).toBeNull();
  advance(10);
  onPhase({ kind: 'requested' });
  advance(10);
  onPhase({ kind: 'requested' });
  report(down);
  expect(vitals().requestedSince).toBe(110);
  onPhase({ kind: 'began', trigger: 'change' });
  report(down);
  onPhase({ kind: 'waiting', timerMs: 1000, scheduleMs: () => null });
  expect(vitals()).toMatchObject({ requestedSince: null, dueSince: 100 });
});

test('tracks the time of the next pass until it begins', () => {
  const { vitals, onPhase } = startTracking();
  onPhase({ kind: 'waiting', timerMs: 50, scheduleMs: () => 70 });
  expect(vitals()).toMatchObject({ timerAt: 150, scheduleAt: 170 });
  onPhase({ kind: 'waiting', timerMs: null, scheduleMs: () => null });
  expect(vitals()).toMatchObject({ timerAt: null, scheduleAt: null });
  onPhase({ kind: 'waiting', timerMs: 50, scheduleMs: () => 70 });
  onPhase({ kind: 'began', trigger: 'interval' });
  expect(vitals()).toMatchObject({ timerAt: null, scheduleAt: null });
});

test('asks for the time of the next scheduled pass each time, because the wall clock can be set', () => {
  const { vitals, onPhase, advance } = startTracking();
  let scheduleMs = 5000;
  onPhase({ kind: 'waiting', timerMs: null, scheduleMs: () => scheduleMs });
  advance(1000);
  scheduleMs = 60_000;
  expect(vitals().scheduleAt).toBe(61_100);
});

test('tracks successful steps, how the folder is watched, and that the daemon is stopping', () => {
  const { vitals, advance, onStep, onWatchState, onFolderCheck, onMissedChange, onStop } = startTracking();
  onStep('read');
  advance(1);
  onStep('list');
  advance(1);
  onWatchState({ by: 'rescans', reason: 'it is on NFS' });
  onFolderCheck();
  onMissedChange();
  onMissedChange();
  expect(vitals()).toMatchObject({
    lastRead: 100,
    lastList: 101,
    watcher: { by: 'rescans', reason: 'it is on NFS', checkedAt: 102, missedChanges: 2 },
    stopping: false,
  });
  onWatchState({ by: 'events', reason: null });
  expect(vitals().watcher).toEqual({ by: 'events', reason: null, checkedAt: 102, missedChanges: 2 });
  onStop();
  expect(vitals().stopping).toBe(true);
});

test('counts unexpected errors', () => {
  const { vitals, onBug } = trackVitals(() => 0);
  expect(vitals().internalErrors).toBe(0);
  onBug();
  onBug();
  expect(vitals().internalErrors).toBe(2);
});
