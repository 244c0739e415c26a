import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { taskQueue } from '../../../src/source/watch/task-queue.ts';

test('runs one task at a time, in order', async () => {
  const { add, drained } = taskQueue((error) => expect.fail(String(error)), new AbortController().signal);
  const steps: string[] = [];
  for (const name of ['a', 'b']) {
    void add(async () => {
      steps.push(`${name} begins`);
      await nextTurn();
      steps.push(`${name} ends`);
    });
  }
  await drained();
  expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

test('reports a task that fails, and continues', async () => {
  const errors: unknown[] = [];
  const { add } = taskQueue((error) => void errors.push(error), new AbortController().signal);
  const bug = new Error('a bug');
  await add(async () => {
    throw bug;
  });
  let hasRun = false;
  await add(async () => {
    hasRun = true;
  });
  expect(errors).toEqual([bug]);
  expect(hasRun).toBe(true);
});

test('skips waiting tasks once the signal is aborted', async () => {
  const controller = new AbortController();
  const { add, drained } = taskQueue((error) => expect.fail(String(error)), controller.signal);
  const ran: string[] = [];
  void add(async () => {
    ran.push('first');
    controller.abort();
  });
  void add(async () => void ran.push('second'));
  await drained();
  expect(ran).toEqual(['first']);
});
