import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import { killAfter, passDeadline } from '../../src/pass/deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;

test('ends a pass that exceeds pass_timeout', () => {
  const { signal } = passDeadline(90_000, never);
  vi.advanceTimersByTime(89_999);
  expect(signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(signal.reason).toMatchObject({
    failure: { kind: 'transient', message: 'the pass did not finish within pass_timeout (1m 30s)' },
  });
});

test('ends a pass together with the process', () => {
  const kill = new AbortController();
  const { signal, clear } = passDeadline(1000, kill.signal);
  const reason = new FailureError(failure('interrupted', 'killed'));
  kill.abort(reason);
  expect(signal.reason).toBe(reason);
  clear();
});

test('does not end a pass whose deadline was cleared', () => {
  const { signal, clear } = passDeadline(1000, never);
  clear();
  expect(vi.getTimerCount()).toBe(0);
  expect(signal.aborted).toBe(false);
});

test('gives up work that is still in progress when the grace period ends', () => {
  const stop = new AbortController();
  const { signal } = killAfter(stop.signal, 1000);
  vi.advanceTimersByTime(5000);
  stop.abort();
  vi.advanceTimersByTime(999);
  expect(signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(signal.reason).toMatchObject({
    failure: { kind: 'interrupted', message: 'stopped: still in progress when grace_period (1s) ended' },
  });
});

test('starts the grace period at once when the stop signal is already aborted', () => {
  const { signal } = killAfter(AbortSignal.abort(), 1000);
  vi.advanceTimersByTime(1000);
  expect(signal.aborted).toBe(true);
});

test('leaves no timer and no listener once cleared', () => {
  const stop = new AbortController();
  const { signal, clear } = killAfter(stop.signal, 1000);
  stop.abort();
  vi.advanceTimersByTime(999);
  clear();
  vi.advanceTimersByTime(1000);
  expect(signal.aborted).toBe(false);

  const unused = new AbortController();
  killAfter(unused.signal, 1000).clear();
  expect(getEventListeners(unused.signal, 'abort')).toEqual([]);
});
