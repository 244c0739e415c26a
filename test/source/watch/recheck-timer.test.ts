import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { recheckTimer } from '../../../src/source/watch/recheck-timer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function startTimer() {
  const file: { unfinishedMs: number | null } = { unfinishedMs: null };
  const controller = new AbortController();
  const onDue = vi.fn<() => void>();
  const timer = recheckTimer({ unfinishedMs: () => file.unfinishedMs, onDue, signal: controller.signal });
  return { file, onDue, controller, ...timer };
}

test('checks once more a second after the last event', () => {
  const { countEvent, schedule, onDue } = startTimer();
  countEvent();
  schedule();
  vi.advanceTimersByTime(900);
  schedule();
  vi.advanceTimersByTime(999);
  expect(onDue).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onDue).toHaveBeenCalledTimes(1);
  schedule();
  expect(vi.getTimerCount()).toBe(0);
});

test('checks when a file can be complete, as often as it takes', () => {
  const { file, countEvent, schedule, onDue } = startTimer();
  countEvent();
  file.unfinishedMs = 100;
  schedule();
  vi.advanceTimersByTime(100);
  schedule();
  vi.advanceTimersByTime(100);
  expect(onDue).toHaveBeenCalledTimes(2);
  file.unfinishedMs = null;
  schedule();
  vi.advanceTimersByTime(1000);
  expect(onDue).toHaveBeenCalledTimes(3);
});

test('schedules nothing without an event, and after the signal was aborted', () => {
  const { file, schedule, controller } = startTimer();
  schedule();
  expect(vi.getTimerCount()).toBe(0);
  controller.abort();
  file.unfinishedMs = 100;
  schedule();
  expect(vi.getTimerCount()).toBe(0);
});

test('stops', () => {
  const { countEvent, schedule, stop } = startTimer();
  countEvent();
  schedule();
  stop();
  expect(vi.getTimerCount()).toBe(0);
});
