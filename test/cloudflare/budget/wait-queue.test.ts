import { getEventListeners } from 'node:events';
import { expect, test, vi } from 'vitest';
import { WaitQueue } from '../../../src/cloudflare/budget/wait-queue.ts';
import { failure, FailureError } from '../../../src/core/base/failure.ts';
import { failed } from '../client.ts';

const stopping = new FailureError(failure('interrupted', 'the program is stopping'));

test('grants permits in the order of the calls', async () => {
  const queue = new WaitQueue<string>(() => {});
  const { signal } = new AbortController();
  const [first, second] = [queue.join(signal), queue.join(signal)];
  queue.grantFirst('a');
  queue.grantFirst('b');
  expect(await Promise.all([first, second])).toEqual(['a', 'b']);
  expect(queue.hasWaiter()).toBe(false);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('does not keep a permit that no caller waits for', async () => {
  const queue = new WaitQueue<string>(() => {});
  queue.grantFirst('unused');
  const waiting = queue.join(new AbortController().signal);
  queue.grantFirst('used');
  expect(await waiting).toBe('used');
});

test('refuses a caller whose signal is aborted, and reports that it left', async () => {
  const onLeave = vi.fn<() => void>();
  const queue = new WaitQueue<string>(onLeave);
  expect(await failed(queue.join(AbortSignal.abort(stopping)))).toBe(stopping);
  expect(onLeave).not.toHaveBeenCalled();
  const controller = new AbortController();
  const waiting = failed(queue.join(controller.signal));
  controller.abort(stopping);
  expect(await waiting).toBe(stopping);
  expect(onLeave).toHaveBeenCalledTimes(1);
});

test('skips callers at the front that were aborted by the same signal', async () => {
  const left: boolean[] = [];
  const queue: WaitQueue<string> = new WaitQueue(() => void left.push(queue.hasWaiter()));
  const controller = new AbortController();
  const aborted = [failed(queue.join(controller.signal)), failed(queue.join(controller.signal))];
  const other = queue.join(new AbortController().signal);
  controller.abort(stopping);
  expect(await Promise.all(aborted)).toEqual([stopping, stopping]);
  expect(left).toEqual([true]);
  queue.grantFirst('permit');
  expect(await other).toBe('permit');
});

test('refuses all callers with an error of their own', async () => {
  const queue = new WaitQueue<string>(() => {});
  const { signal } = new AbortController();
  const waiting = [failed(queue.join(signal)), failed(queue.join(signal))];
  queue.refuseAll(() => new FailureError(failure('transient', 'not now')));
  const [first, second] = await Promise.all(waiting);
  expect(first?.message).toBe('not now');
  expect(second).not.toBe(first);
  expect(queue.hasWaiter()).toBe(false);
});
