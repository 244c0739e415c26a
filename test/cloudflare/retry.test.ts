import type { ServerResponse } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { WaitTooLongError } from '../../src/cloudflare/errors.ts';
import { withRetries } from '../../src/cloudflare/retry.ts';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import { directoryAt, failed, never, signalsOf, web } from './client.ts';
import { refusal, replying, served, success } from './server.ts';
import type { Served } from './server.ts';

/** Lists the services; returns them with the duration and the usage of the directory. */
async function timed(server: Served, attempts = 2) {
  const directory = directoryAt(server.url, { attempts });
  const start = performance.now();
  const services = await directory.list(never);
  return { services, ms: performance.now() - start, ...directory.usage() };
}

test('retries until the call succeeds', async () => {
  const server = await replying({ status: 500 }, { status: 429 }, { status: 200 }, { body: success([web()]) });
  const { throttled_ms, ...rest } = await timed(server, 4);
  expect(rest).toMatchObject({ services: [{ name: 'web' }], requests: 4, retries: 3 });
  expect(throttled_ms, 'after the 429').toBeGreaterThan(450);
});

test.each([1, 2, 5])('fails after %i attempts with the last failure', async (attempts) => {
  const { url, seen } = await replying(
    ...Array.from({ length: attempts - 1 }, () => ({ status: 502 })),
    { status: 503, body: refusal(1000, 'last one') },
    { body: success([]) },
  );
  const error = await failed(directoryAt(url, { attempts }).list(never));
  expect(error).toMatchObject({ attempts, failure: { status: 503, message: 'HTTP 503, code 1000: last one' } });
  expect(seen).toHaveLength(attempts);
});

test('does not retry a denied request', async () => {
  const { url, seen } = await replying({ status: 500 }, { status: 403 }, { body: success([]) });
  expect(await failed(directoryAt(url, { attempts: 5 }).list(never))).toMatchObject({
    attempts: 2,
    failure: { kind: 'denied', status: 403 },
  });
  expect(seen).toHaveLength(2);
});

test('waits longer before each retry, with jitter', async () => {
  const { url, seen } = await replying({ status: 500 }, { status: 500 }, { status: 500 }, { body: success([]) });
  const start = performance.now();
  await directoryAt(url, { attempts: 4, random: () => 0.1 }).list(never);
  const ms = performance.now() - start;
  expect(seen).toHaveLength(4);
  expect(ms).toBeGreaterThanOrEqual(50 + 100 + 200 - 3);
  expect(ms).toBeLessThan(2000);
});

describe('Retry-After', () => {
  test('in seconds delays the retry and counts as throttled time', async () => {
    const server = await replying({ status: 429, headers: { 'retry-after': '1' } }, { body: success([]) });
    const { ms, throttled_ms } = await timed(server);
    expect(ms).toBeGreaterThanOrEqual(998);
    expect(ms).toBeLessThan(4000);
    expect(throttled_ms).toBeGreaterThan(900);
    expect(throttled_ms).toBeLessThan(2000);
  });

  test('as a date delays the retry and counts as throttled time', async () => {
    const retryAt = Math.ceil(Date.now() / 1000 + 0.3) * 1000;
    const headers = { 'retry-after': new Date(retryAt).toUTCString() };
    const { throttled_ms } = await timed(await replying({ status: 429, headers }, { body: success([]) }));
    expect(Date.now()).toBeGreaterThanOrEqual(retryAt - 2);
    expect(throttled_ms).toBeGreaterThan(0);
    // The Date header of the response has no fractions of a second.
    expect(throttled_ms).toBeLessThanOrEqual(2400);
  });

  test.each(['0', '-5', '', 'soon', '1e3', 'Thu, 01 Jan 1970 00:00:00 GMT', '9'.repeat(400)])(
    'of %j does not delay the retry',
    async (value) => {
      const server = await replying({ status: 503, headers: { 'retry-after': value } }, { body: success([]) });
      const { ms, requests, throttled_ms } = await timed(server);
      expect(ms).toBeLessThan(500);
      expect({ requests, throttled_ms }).toEqual({ requests: 2, throttled_ms: 0 });
    },
  );

  test.each(['86400', '99999999', 'Fri, 31 Dec 9999 23:59:59 GMT'])('of %s fails the call at once', async (value) => {
    const server = await replying({ status: 429, headers: { 'retry-after': value } }, { body: success([]) });
    const directory = directoryAt(server.url);
    const error = await failed(directory.list(never));
    expect(error).toMatchObject({ attempts: 1, failure: { kind: 'transient', status: 429 } });
    expect(directory.usage()).toEqual({ requests: 1, retries: 0, throttled_ms: 0 });
  });

  test('is reported, but not waited for, after the last attempt', async () => {
    const server = await replying({ status: 429, headers: { 'retry-after': '90' } });
    const directory = directoryAt(server.url, { attempts: 1 });
    const error = await failed(directory.list(never));
    expect(error.message).toMatch(/^HTTP 429: .*; the API asked the client to wait 1m 30s$/);
    expect(directory.usage().throttled_ms).toBe(0);
  });
});

test('ends all waiting calls at once when they are aborted', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  // The first response holds back requests that were not sent yet, so it waits for all of them.
  const responses: ServerResponse[] = [];
  const { url } = await served((_, response) => {
    responses.push(response);
    if (responses.length < 50) return;
    for (const each of responses) each.writeHead(429, { 'retry-after': '60' }).end();
  });
  const controller = new AbortController();
  const directory = directoryAt(url, { connections: 50 });
  const calls = Array.from({ length: 50 }, async () => failed(directory.list(signalsOf(controller.signal))));
  await expect.poll(() => directory.usage().throttled_ms, { timeout: 10_000 }).toBeGreaterThan(0);
  controller.abort(new FailureError(failure('interrupted', 'the program is stopping')));
  // A call that is not waiting yet may still name the response.
  for (const error of await Promise.all(calls)) {
    expect(error.failure.kind).toBe('interrupted');
    expect(error.message).toMatch(/^the program is stopping/);
  }
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});

describe('withRetries', () => {
  const transient = new FailureError({ ...failure('transient', 'HTTP 503'), status: 503 });
  const options = { attempts: 3, random: () => 0, stop: new AbortController().signal };

  test.for([
    { what: 'a rejected request', error: new FailureError(failure('rejected', 'HTTP 400')) },
    { what: 'a request that was not sent because the API asks for a long wait', error: new WaitTooLongError(660_000) },
    { what: 'a bug', error: new RangeError('a bug') },
    { what: 'a TypeError', error: new TypeError('a bug') },
  ])('does not retry $what', async ({ error }) => {
    const attempt = vi.fn<() => Promise<never>>().mockRejectedValue(error);
    await expect(withRetries(attempt, options)).rejects.toBe(error);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  test('does not retry after the program was asked to stop', async () => {
    const controller = new AbortController();
    const attempt = vi.fn<() => Promise<never>>(async () => {
      controller.abort(new FailureError(failure('interrupted', 'the program is stopping')));
      throw transient;
    });
    await expect(withRetries(attempt, { ...options, stop: controller.signal })).rejects.toBe(transient);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  test.for([
    { reason: new FailureError(failure('denied', 'HTTP 403')), kind: 'denied', says: 'HTTP 403' },
    { reason: new Error('gone'), kind: 'interrupted', says: 'gone' },
    { reason: 'gone', kind: 'interrupted', says: 'the program is stopping' },
  ])('adds the last failure to the reason "$says" of an abort during the wait', async ({ reason, kind, says }) => {
    const controller = new AbortController();
    const attempt = vi.fn<() => Promise<never>>().mockRejectedValue(transient);
    const call = failed(withRetries(attempt, { ...options, random: () => 0.99, stop: controller.signal }));
    await expect.poll(() => attempt.mock.calls.length).toBe(1);
    controller.abort(reason);
    expect((await call).failure).toMatchObject({ kind, status: 503, message: `${says}; the last attempt: HTTP 503` });
  });
});

test('begins no attempt when it is stopped already', async () => {
  let attempts = 0;
  const stop = AbortSignal.abort(new FailureError(failure('interrupted', 'stopped')));
  const attempt = async () => Promise.resolve((attempts += 1));
  await expect(withRetries(attempt, { attempts: 3, random: () => 0, stop })).rejects.toThrow('stopped');
  expect(attempts).toBe(0);
});

test('reports a bug in a later attempt as such, although it is stopped', async () => {
  const stop = new AbortController();
  let attempts = 0;
  const attempt = async () => {
    attempts += 1;
    if (attempts === 1) throw new FailureError(failure('transient', 'HTTP 500'));
    stop.abort(new FailureError(failure('interrupted', 'stopped')));
    throw new ReferenceError('a bug');
  };
  await expect(withRetries(attempt, { attempts: 3, random: () => 0, stop: stop.signal })).rejects.toThrow('a bug');
});
