import { describe, expect, test } from 'vitest';
import { failure } from '../../src/core/base/failure.ts';
import type { Failure } from '../../src/core/base/failure.ts';
import { toReport } from '../../src/core/report/report.ts';
import { keepVitals } from '../../src/sinks/vitals.ts';
import { facts } from '../core/builders.ts';

/** A keeper on a clock that the test moves. */
function kept() {
  let time = 100;
  const keeper = keepVitals(() => time);
  const later = (ms: number) => {
    time += ms;
  };
  const report = (error: Failure | null = null) => keeper.onReport(toReport(facts({ error })));
  return { ...keeper, later, report };
}

const down = failure('transient', 'the API is down');

test('a daemon owes a good pass from its start', () => {
  const { vitals } = kept();
  expect(vitals()).toMatchObject({
    startedAt: 100,
    requestedSince: 100,
    dueSince: 100,
    pass: null,
    lastGoodPass: null,
    lastPass: null,
  });
  expect(vitals().watcher).toEqual({ by: 'starting', reason: null, lookedAt: null, missed: 0 });
});

test('knows the pass under way, and what came of the last one', () => {
  const { vitals, onPhase, later, report } = kept();
  onPhase({ kind: 'began', trigger: 'startup' });
  later(5);
  expect(vitals().pass).toEqual({ trigger: 'startup', since: 100 });
  report();
  expect(vitals()).toMatchObject({
    pass: null,
    lastGoodPass: 105,
    lastPass: { at: 105, outcome: 'in_sync', error: null },
  });
  onPhase({ kind: 'began', trigger: 'interval' });
  later(5);
  report(down);
  expect(vitals()).toMatchObject({
    lastGoodPass: 105,
    lastPass: { at: 110, outcome: 'failed', error: 'the API is down' },
  });
});

describe('a good pass is owed', () => {
  test('from when somebody asks until one is done, however many fail', () => {
    const { vitals, onPhase, later, report } = kept();
    onPhase({ kind: 'began', trigger: 'startup' });
    report();
    expect(vitals().dueSince).toBeNull();
    later(10);
    onPhase({ kind: 'requested' });
    later(10);
    onPhase({ kind: 'requested' });
    expect(vitals().dueSince).toBe(110);
    onPhase({ kind: 'began', trigger: 'change' });
    later(10);
    report(down);
    onPhase({ kind: 'waiting', timerMs: 1000, scheduleMs: () => null });
    expect(vitals().dueSince).toBe(110);
    later(1000);
    onPhase({ kind: 'requested' });
    onPhase({ kind: 'began', trigger: 'interval' });
    report();
    expect(vitals().dueSince).toBeNull();
  });

  test('still, to whoever asked while one was under way', () => {
    const { vitals, onPhase, later, report } = kept();
    onPhase({ kind: 'began', trigger: 'startup' });
    later(10);
    onPhase({ kind: 'requested' });
    later(10);
    report();
    expect(vitals().dueSince).toBe(110);
  });
});

test('knows since when somebody asks for a pass that has not begun, though others fail meanwhile', () => {
  const { vitals, onPhase, later, report } = kept();
  onPhase({ kind: 'began', trigger: 'startup' });
  expect(vitals().requestedSince).toBeNull();
  later(10);
  onPhase({ kind: 'requested' });
  later(10);
  onPhase({ kind: 'requested' });
  report(down);
  expect(vitals().requestedSince).toBe(110);
  onPhase({ kind: 'began', trigger: 'change' });
  report(down);
  onPhase({ kind: 'waiting', timerMs: 1000, scheduleMs: () => null });
  expect(vitals()).toMatchObject({ requestedSince: null, dueSince: 100 });
});

test('knows when the next pass begins, until it does', () => {
  const { vitals, onPhase } = kept();
  onPhase({ kind: 'waiting', timerMs: 50, scheduleMs: () => 70 });
  expect(vitals()).toMatchObject({ timerAt: 150, scheduleAt: 170 });
  onPhase({ kind: 'waiting', timerMs: null, scheduleMs: () => null });
  expect(vitals()).toMatchObject({ timerAt: null, scheduleAt: null });
  onPhase({ kind: 'waiting', timerMs: 50, scheduleMs: () => 70 });
  onPhase({ kind: 'began', trigger: 'interval' });
  expect(vitals()).toMatchObject({ timerAt: null, scheduleAt: null });
});

test('knows when the next pass comes by schedule, also once the clock on the wall was set', () => {
  const { vitals, onPhase, later } = kept();
  let scheduleMs = 5000;
  onPhase({ kind: 'waiting', timerMs: null, scheduleMs: () => scheduleMs });
  later(1000);
  scheduleMs = 60_000;
  expect(vitals().scheduleAt).toBe(61_100);
});

test('knows which steps went well, how the folder is watched, and that all is to end', () => {
  const { vitals, later, onStep, onWatch, onLook, onMissed, onStop } = kept();
  onStep('read');
  later(1);
  onStep('list');
  later(1);
  onWatch({ by: 'rescans', reason: 'it is on NFS' });
  onLook();
  onMissed();
  onMissed();
  expect(vitals()).toMatchObject({
    lastRead: 100,
    lastList: 101,
    watcher: { by: 'rescans', reason: 'it is on NFS', lookedAt: 102, missed: 2 },
    stopping: false,
  });
  onWatch({ by: 'events', reason: null });
  expect(vitals().watcher).toEqual({ by: 'events', reason: null, lookedAt: 102, missed: 2 });
  onStop();
  expect(vitals().stopping).toBe(true);
});
