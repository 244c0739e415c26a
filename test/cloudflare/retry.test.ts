import { describe, expect, test } from 'vitest';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import { directoryAt, failed, never, signalsOf, web } from './client.ts';
import { refusal, replying, success } from './server.ts';
import type { Served } from './server.ts';

/** A list, how long it took, and what was counted. */
async function timed(server: Served, attempts = 2) {
  const directory = directoryAt(server.url, { attempts });
  const start = performance.now();
  const services = await directory.list(never);
  return { services, ms: performance.now() - start, ...directory.usage() };
}

test('tries again until it works', async () => {
  const server = await replying({ status: 500 }, { status: 429 }, { status: 200 }, { body: success([web()]) });
  const { throttled_ms, ...rest } = await timed(server, 4);
  expect(rest).toMatchObject({ services: [{ name: 'web' }], requests: 4, retries: 3 });
  expect(throttled_ms, 'after the 429').toBeGreaterThan(450);
});

test.each([1, 2, 5])('gives up after %i attempts, and says the last failure', async (attempts) => {
  const { url, seen } = await replying(
    ...Array.from({ length: attempts - 1 }, () => ({ status: 502 })),
    { status: 503, body: refusal(1000, 'at last') },
    { body: success([]) },
  );
  const error = await failed(directoryAt(url, { attempts }).list(never));
  expect(error).toMatchObject({ attempts, failure: { status: 503, message: 'HTTP 503, code 1000: at last' } });
  expect(seen).toHaveLength(attempts);
});

test('stops trying at a refusal', async () => {
  const { url, seen } = await replying({ status: 500 }, { status: 403 }, { body: success([]) });
  expect(await failed(directoryAt(url, { attempts: 5 }).list(never))).toMatchObject({
    attempts: 2,
    failure: { kind: 'denied', status: 403 },
  });
  expect(seen).toHaveLength(2);
});

test('waits longer from attempt to attempt, up to a limit, with jitter', async () => {
  const { url, seen } = await replying({ status: 500 }, { status: 500 }, { status: 500 }, { body: success([]) });
  const start = performance.now();
  await directoryAt(url, { attempts: 4, random: () => 0.1 }).list(never);
  const ms = performance.now() - start;
  expect(seen).toHaveLength(4);
  expect(ms).toBeGreaterThanOrEqual(50 + 100 + 200 - 3);
  expect(ms).toBeLessThan(2000);
});

describe('Retry-After', () => {
  test('in seconds is waited for, and counted', async () => {
    const server = await replying({ status: 429, headers: { 'retry-after': '1' } }, { body: success([]) });
    const { ms, throttled_ms } = await timed(server);
    expect(ms).toBeGreaterThanOrEqual(998);
    expect(ms).toBeLessThan(4000);
    expect(throttled_ms).toBeGreaterThan(900);
    expect(throttled_ms).toBeLessThan(2000);
  });

  test('as a date is waited for, and counted', async () => {
    const due = Math.ceil(Date.now() / 1000 + 0.3) * 1000;
    const headers = { 'retry-after': new Date(due).toUTCString() };
    const { throttled_ms } = await timed(await replying({ status: 429, headers }, { body: success([]) }));
    expect(Date.now()).toBeGreaterThanOrEqual(due - 2);
    expect(throttled_ms).toBeGreaterThan(0);
    // The date of the answer has no fractions of a second.
    expect(throttled_ms).toBeLessThanOrEqual(2400);
  });

  test.each(['0', '-5', '', 'soon', '1e3', 'Thu, 01 Jan 1970 00:00:00 GMT', '9'.repeat(400)])(
    'that says %j is no reason to wait',
    async (value) => {
      const server = await replying({ status: 503, headers: { 'retry-after': value } }, { body: success([]) });
      const { ms, requests, throttled_ms } = await timed(server);
      expect(ms).toBeLessThan(500);
      expect({ requests, throttled_ms }).toEqual({ requests: 2, throttled_ms: 0 });
    },
  );

  test.each(['86400', '99999999', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
    'of %s is not slept out: the call fails at once',
    async (value) => {
      const server = await replying({ status: 429, headers: { 'retry-after': value } }, { body: success([]) });
      const directory = directoryAt(server.url);
      const error = await failed(directory.list(never));
      expect(error).toMatchObject({ attempts: 1, failure: { kind: 'transient', status: 429 } });
      expect(directory.usage()).toEqual({ requests: 1, retries: 0, throttled_ms: 0 });
    },
  );

  test('after the last attempt is told, and not waited for', async () => {
    const server = await replying({ status: 429, headers: { 'retry-after': '90' } });
    const directory = directoryAt(server.url, { attempts: 1 });
    const error = await failed(directory.list(never));
    expect(error.message).toMatch(/^HTTP 429: .*; the API asked the client to wait 1m 30s$/);
    expect(directory.usage().throttled_ms).toBe(0);
  });
});

test('many calls that wait at once end together when aborted', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  const { url, seen } = await replying({ status: 429, headers: { 'retry-after': '60' } });
  const controller = new AbortController();
  const directory = directoryAt(url, { connections: 50 });
  const calls = Array.from({ length: 50 }, async () => failed(directory.list(signalsOf(controller.signal))));
  await expect.poll(() => seen.length).toBe(50);
  const reason = new FailureError(failure('interrupted', 'told to stop'));
  controller.abort(reason);
  for (const error of await Promise.all(calls)) expect(error.failure).toBe(reason.failure);
  process.off('warning', warned);
  expect(warnings).toEqual([]);
});
