import { getEventListeners } from 'node:events';
import { expect, test, vi } from 'vitest';
import { toReport } from '../../src/core/report/report.ts';
import { passRequests } from '../../src/daemon/pass-requests.ts';
import { facts } from '../core/builders.ts';

const report = toReport(facts());

function start() {
  const stop = new AbortController();
  const onRequest = vi.fn<() => void>();
  return { stop, onRequest, ...passRequests(stop.signal, onRequest) };
}

test('returns nothing to do without a request', () => {
  expect(start().take()).toBeNull();
});

test('merges requests into one pass, and resolves all of them to its report', async () => {
  const { add, take, onRequest } = start();
  const first = add('change');
  const second = add('interval');
  expect(onRequest).toHaveBeenCalledTimes(2);
  const next = take();
  expect(next?.trigger).toBe('change');
  expect(take()).toBeNull();
  next?.resolve(report);
  expect(await first).toBe(report);
  expect(await second).toBe(report);
});

test.for(['signal', 'request'] as const)('reports a %s as the trigger, because it retries parked updates', (manual) => {
  const { add, take } = start();
  void add('change');
  void add(manual);
  void add('interval');
  expect(take()?.trigger).toBe(manual);
});

test('keeps a request that arrives after a pass was taken for the next pass', () => {
  const { add, take } = start();
  void add('change');
  take();
  void add('schedule');
  expect(take()?.trigger).toBe('schedule');
});

test('does not wait while a pass is pending', async () => {
  const { add, wait } = start();
  void add('change');
  await expect(wait()).resolves.toBeUndefined();
});

test('ends a wait on a request, and when stopped', async () => {
  const { add, take, wait, stop } = start();
  const first = wait();
  void add('change');
  await expect(first).resolves.toBeUndefined();
  take();
  const second = wait();
  stop.abort();
  await expect(second).resolves.toBeUndefined();
});

test('accepts no request after a stop, and resolves pending ones to null', async () => {
  const { add, wait, close, stop, onRequest } = start();
  const pending = add('request');
  stop.abort();
  expect(add('request')).toBeNull();
  expect(onRequest).toHaveBeenCalledOnce();
  await wait();
  close();
  expect(await pending).toBeNull();
  expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
});
