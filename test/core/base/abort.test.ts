import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { abortReason, unlessAborted, untilAborted } from '../../../src/core/base/abort.ts';
import { failure, FailureError } from '../../../src/core/base/failure.ts';

const reason = new FailureError(failure('interrupted', 'received SIGTERM'));

test('returns the error of a signal', () => {
  expect(abortReason(AbortSignal.abort(reason))).toBe(reason);
});

test('turns a reason that is not an error into a failure', () => {
  expect(abortReason(AbortSignal.abort('no error'))).toMatchObject({
    failure: { kind: 'interrupted', message: 'the program is stopping' },
  });
});

test('waits until a signal is aborted', async () => {
  const controller = new AbortController();
  const waiting = untilAborted(controller.signal);
  controller.abort();
  expect(await waiting).toBeUndefined();
  expect(await untilAborted(controller.signal)).toBeUndefined();
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('returns the result of work that ends before the signal is aborted', async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(signal, async () => 'done')).toBe('done');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('passes on the error of work that fails', async () => {
  const error = new Error('unreadable');
  await expect(unlessAborted(new AbortController().signal, () => Promise.reject(error))).rejects.toBe(error);
});

test('stops waiting for work that never ends when the signal is aborted', async () => {
  const controller = new AbortController();
  const waiting = unlessAborted(controller.signal, () => new Promise(() => {}));
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});

test('does not start work when the signal is already aborted', async () => {
  let isStarted = false;
  const work = async () => {
    isStarted = true;
  };
  await expect(unlessAborted(AbortSignal.abort(reason), work)).rejects.toBe(reason);
  expect(isStarted).toBe(false);
});
