import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { settleTimer } from '../../../src/source/watch/settle.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function startTimer() {
  const controller = new AbortController();
  const onQuiet = vi.fn<() => void>();
  return { onQuiet, controller, ...settleTimer({ settleMs: 100, onQuiet, signal: controller.signal }) };
}

test('calls back once the folder has been quiet for the settle time', () => {
  const { restart, onQuiet } = startTimer();
  restart();
  vi.advanceTimersByTime(90);
  restart();
  vi.advanceTimersByTime(99);
  expect(onQuiet).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onQuiet).toHaveBeenCalledTimes(1);
});

test('calls back after 20 times the settle time if the folder is never quiet, and again after the next 20', () => {
  const { restart, onQuiet } = startTimer();
  const keepBusy = (ms: number) => {
    for (let elapsedMs = 0; elapsedMs < ms; elapsedMs += 50) {
      restart();
      vi.advanceTimersByTime(50);
    }
  };
  keepBusy(1950);
  expect(onQuiet).not.toHaveBeenCalled();
  keepBusy(50);
  expect(onQuiet).toHaveBeenCalledTimes(1);
  keepBusy(1950);
  expect(onQuiet).toHaveBeenCalledTimes(1);
  keepBusy(50);
  expect(onQuiet).toHaveBeenCalledTimes(2);
});

test('does not call back after it was stopped, and does not start after the signal was aborted', () => {
  const { restart, stop, onQuiet, controller } = startTimer();
  restart();
  stop();
  controller.abort();
  restart();
  vi.advanceTimersByTime(10_000);
  expect(onQuiet).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
