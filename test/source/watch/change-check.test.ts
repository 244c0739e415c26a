import { expect, test, vi } from 'vitest';
import { changeCheck } from '../../../src/source/watch/change-check.ts';

/** Creates a check of a folder whose state the test sets. */
function startCheck() {
  const folder = { hasChanged: false, reads: 0 };
  const onCheck = vi.fn<() => void>();
  const controller = new AbortController();
  const check = changeCheck({
    findChange: async () => (folder.hasChanged ? 'files' : null),
    readCount: () => folder.reads,
    onCheck,
    signal: controller.signal,
  });
  return { folder, onCheck, controller, ...check };
}

test('expects a change until the first check finds none, or until the folder is read', async () => {
  const { run, expectsChange } = startCheck();
  expect(expectsChange()).toBe(true);
  expect(await run()).toBe(null);
  expect(expectsChange()).toBe(false);
  const { folder, ...other } = startCheck();
  folder.reads += 1;
  expect(other.expectsChange()).toBe(false);
});

test('expects a change after an event, until the next check', async () => {
  const { run, countEvent, hasNewEvents, expectsChange } = startCheck();
  await run();
  countEvent();
  expect([hasNewEvents(), expectsChange()]).toEqual([true, true]);
  await run();
  expect([hasNewEvents(), expectsChange()]).toEqual([false, false]);
});

test('expects the change that it found until the folder is read', async () => {
  const { folder, run, expectsChange } = startCheck();
  folder.hasChanged = true;
  expect(await run()).toBe('files');
  expect(expectsChange()).toBe(true);
  folder.reads += 1;
  expect(expectsChange()).toBe(false);
});

test('counts an event that arrives during a check as new', async () => {
  const { run, countEvent, hasNewEvents, eventCount } = startCheck();
  const checking = run();
  countEvent();
  await checking;
  expect([hasNewEvents(), eventCount()]).toEqual([true, 1]);
});

test('reports each check, but none after the signal was aborted', async () => {
  const { run, onCheck, controller } = startCheck();
  await run();
  controller.abort();
  await run();
  expect(onCheck).toHaveBeenCalledTimes(1);
});
