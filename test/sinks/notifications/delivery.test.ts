import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { delivery } from '../../../src/sinks/notifications/delivery.ts';
import type { Attempt, DeliveryOptions } from '../../../src/sinks/notifications/delivery.ts';

const failed: Attempt = { kind: 'failed', reason: 'the receiver answered 503', waitMs: 0, isOdd: false };
const odd: Attempt = { ...failed, reason: 'the receiver answered 404', isOdd: true };
const never = new AbortController().signal;

/** Opens a delivery whose attempts end as the list says, and with success after it. */
function open(attempts: readonly Attempt[], options: Partial<DeliveryOptions<string>> = {}) {
  const log: string[] = [];
  const sent: string[] = [];
  let count = 0;
  const opened = delivery<string>({
    send: async (message) => {
      await Promise.resolve();
      const attempt = attempts[count] ?? { kind: 'sent' };
      count += 1;
      if (attempt.kind === 'sent') sent.push(message);
      return attempt;
    },
    onBug: (error) => log.push(`bug: ${String(error)}`),
    sizeOf: () => 1,
    random: () => 0,
    firstDelayMs: 1,
    onFailing: (reason) => log.push(`failing: ${reason}`),
    onRestored: () => log.push('restored'),
    onLost: (lost, reason) => log.push(`lost ${lost}: ${reason}`),
    onGone: (reason) => log.push(`gone: ${reason}`),
    ...options,
  });
  return { ...opened, sent, log, attempts: () => count };
}

test('sends messages in order, and repeats a failed attempt', async () => {
  const { add, close, sent, log, stats } = open([failed, { kind: 'sent' }, failed, failed]);
  for (const message of ['a', 'b', 'c']) add(message);
  await close(never);
  expect(sent).toEqual(['a', 'b', 'c']);
  expect(log).toEqual([
    'failing: the receiver answered 503',
    'restored',
    'failing: the receiver answered 503',
    'restored',
  ]);
  expect(stats()).toEqual({ sent: 3, lost: 0, failures: 3, queued: 0, isGone: false });
});

test('gives up a message that is refused, or answered oddly for too long, and goes on', async () => {
  const refused: Attempt = { kind: 'refused', reason: 'the receiver answered 400' };
  const { add, close, sent, log, stats } = open([refused, ...Array.from({ length: 12 }, () => odd)]);
  for (const message of ['a', 'b', 'c']) add(message);
  await close(never);
  expect(sent).toEqual(['c']);
  expect(log).toEqual([
    'lost 1: the receiver answered 400',
    'failing: the receiver answered 404',
    'lost 1: the receiver answered 404',
    'restored',
  ]);
  expect(stats()).toMatchObject({ sent: 1, lost: 2, failures: 12 });
});

test('gives up a message with which sending throws, and goes on', async () => {
  const sent: string[] = [];
  const { add, close, log } = open([], {
    send: async (message) => {
      if (message === 'a') throw new TypeError('no such field');
      sent.push(message);
      return { kind: 'sent' };
    },
  });
  for (const message of ['a', 'b']) add(message);
  await close(never);
  expect(sent).toEqual(['b']);
  expect(log).toEqual(['bug: TypeError: no such field', 'lost 1: internal error']);
});

test('stops for good when the receiver is gone', async () => {
  const { add, close, log, attempts, stats } = open([{ kind: 'gone', reason: 'the receiver answered 410' }]);
  add('a');
  add('b');
  await vi.waitFor(() => expect(stats().isGone).toBe(true));
  add('c');
  await close(never);
  expect(log).toEqual(['gone: the receiver answered 410']);
  expect(attempts()).toBe(1);
  expect(stats()).toEqual({ sent: 0, lost: 2, failures: 0, queued: 0, isGone: true });
});

test('gives up the oldest messages when too many wait, but not the one in flight', async () => {
  const hanging = Promise.withResolvers<Attempt>();
  const { add, close, log, stats } = open([], { send: () => hanging.promise, sizeOf: (message) => message.length });
  add('first');
  for (let index = 0; index < 5; index += 1) add(String(index).repeat(1000));
  expect(log).toEqual(['lost 1: too many messages wait for the receiver']);
  expect(stats()).toMatchObject({ queued: 5, lost: 1 });
  hanging.resolve({ kind: 'sent' });
  await close(never);
  expect(stats()).toMatchObject({ queued: 0, lost: 1, sent: 5 });
});

test('replaces a message that has not been sent, but not the one in flight', async () => {
  const gates: PromiseWithResolvers<Attempt>[] = [];
  const begun: string[] = [];
  const { add, close } = open([], {
    send: async (message) => {
      begun.push(message);
      const gate = Promise.withResolvers<Attempt>();
      gates.push(gate);
      return gate.promise;
    },
    replaces: (message, earlier) => message[0] === earlier[0],
  });
  for (const message of ['a1', 'b1', 'a2', 'b2', 'a3']) add(message);
  const closed = close(never);
  for (let index = 0; index < 3; index += 1) {
    await vi.waitFor(() => expect(gates).toHaveLength(index + 1));
    gates[index]?.resolve({ kind: 'sent' });
  }
  await closed;
  expect(begun).toEqual(['a1', 'b2', 'a3']);
});

test('waits as long as the receiver asks for', async () => {
  const times: number[] = [];
  const { add, stats } = open([], {
    send: async () => {
      times.push(performance.now());
      return times.length === 1 ? { ...failed, waitMs: 300 } : { kind: 'sent' };
    },
  });
  add('a');
  await vi.waitFor(() => expect(stats().sent).toBe(1), { timeout: 5000 });
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(295);
});

test('waits longer after each failure', async () => {
  const times: number[] = [];
  const { add, stats } = open([], {
    firstDelayMs: 20,
    random: () => 1,
    send: async () => {
      times.push(performance.now());
      return times.length <= 4 ? failed : { kind: 'sent' };
    },
  });
  add('a');
  await vi.waitFor(() => expect(stats().sent).toBe(1), { timeout: 5000 });
  for (const [index, atLeast] of [20, 40, 80, 160].entries()) {
    expect((times[index + 1] ?? 0) - (times[index] ?? 0)).toBeGreaterThanOrEqual(atLeast - 2);
  }
});

test('closing ends a long wait, and tries until the deadline', async () => {
  const { add, close, attempts, log, stats } = open([], { send: async () => failed, firstDelayMs: 1_000_000 });
  add('a');
  add('b');
  await vi.waitFor(() => expect(stats().failures).toBe(1));
  const begun = performance.now();
  await close(AbortSignal.timeout(100));
  expect(performance.now() - begun).toBeLessThan(2000);
  expect(attempts()).toBe(0);
  expect(stats()).toMatchObject({ failures: 2, lost: 2, queued: 0 });
  expect(log.at(-1)).toBe('lost 2: the program stopped before they could be sent');
  add('c');
  await close(AbortSignal.abort());
  expect(stats().queued).toBe(0);
});

test('the deadline ends a request that hangs', async () => {
  const { add, close, stats } = open([], {
    send: async (_, signal) => {
      await sleep(60_000, null, { signal }).catch(() => {});
      return failed;
    },
  });
  add('a');
  const begun = performance.now();
  await close(AbortSignal.timeout(50));
  expect(performance.now() - begun).toBeLessThan(2000);
  expect(stats()).toMatchObject({ lost: 1, failures: 0 });
});
