import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tokenFileCredentials } from '../../src/config/token-file.ts';
import type { CredentialSource } from '../../src/core/base/credentials.ts';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { Directory } from '../../src/core/service/directory.ts';
import { temporaryFolder } from '../cli/command.ts';
import { budgetOf, directoryAt, failed, live, never, signalsOf, web } from './client.ts';
import { refusal, replying, served, success } from './server.ts';
import type { Served } from './server.ts';

const denial = { status: 403, body: refusal(10_000, 'Forbidden') };
const reason = new FailureError(failure('interrupted', 'the program is stopping'));

async function updates(directory: Directory, count: number) {
  return Promise.allSettled(Array.from({ length: count }, async () => directory.update(live(web()), {}, never)));
}

/** Writes a token file and returns it as a source of credentials. */
function writtenToken(token: string) {
  const path = join(temporaryFolder(), 'token');
  writeFileSync(path, token);
  return { path, source: tokenFileCredentials(path, () => {}) };
}

/** Starts a server that answers after 5 ms. `concurrency` returns, for each request, how many were in flight when it arrived. */
async function slowServer(
  respond: (request: number) => { readonly status?: number; readonly body: object },
): Promise<Served & { readonly concurrency: () => number[] }> {
  const concurrency: number[] = [];
  let [count, inFlight] = [0, 0];
  const server = await served((_, response) => {
    inFlight += 1;
    const { status = 200, body } = respond((count += 1));
    concurrency.push(inFlight);
    setTimeout(() => {
      inFlight -= 1;
      response.writeHead(status).end(JSON.stringify(body));
    }, 5);
  });
  return { ...server, concurrency: () => concurrency };
}

describe('until a credential has written once', () => {
  test('sends the first update alone and the others together', async () => {
    const server = await slowServer(() => ({ body: success(web()) }));
    await updates(directoryAt(server.url, { connections: 10 }), 6);
    expect(server.concurrency().slice(0, 2)).toEqual([1, 1]);
    expect(Math.max(...server.concurrency())).toBeGreaterThan(2);
  });

  test('sends one request that is denied; the waiting updates fail with it', async () => {
    const server = await slowServer(() => denial);
    const directory = directoryAt(server.url, { connections: 30 });
    const results = await updates(directory, 30);
    expect(server.seen).toHaveLength(1);
    const attempts = results.map((result) =>
      result.status === 'rejected' && result.reason instanceof FailureError ? result.reason.attempts : null,
    );
    expect(attempts).toEqual([1, ...Array.from({ length: 29 }, () => 0)]);
    await updates(directory, 30); // The same in the next pass.
    expect(server.seen).toHaveLength(2);
  });

  test('sends the next update alone as well after one service was rejected', async () => {
    const server = await slowServer((request) =>
      request <= 2 ? { status: 400, body: refusal(5101, 'Tunnel ID Not Found') } : { body: success(web()) },
    );
    await updates(directoryAt(server.url, { connections: 10 }), 6);
    expect(server.concurrency().slice(0, 3)).toEqual([1, 1, 1]);
    expect(server.seen).toHaveLength(6);
  });

  test('sends the first update alone even after a list succeeded', async () => {
    const server = await slowServer((request) => ({ body: request === 1 ? success([]) : success(web()) }));
    const directory = directoryAt(server.url, { connections: 10 });
    await directory.list(never);
    await updates(directory, 3);
    expect(server.concurrency()[1]).toBe(1);
  });

  test('sends one update alone again after a denial', async () => {
    const server = await slowServer((request) => (request > 1 && request <= 4 ? denial : { body: success(web()) }));
    const directory = directoryAt(server.url, { connections: 10 });
    await updates(directory, 4);
    expect(server.seen).toHaveLength(4);
    await updates(directory, 4);
    expect(server.concurrency()[4]).toBe(1);
  });
});

describe('a token file', () => {
  test('is read again after a denial, and the call is repeated with the new token', async () => {
    const { path, source } = writtenToken('old-token-0123456789');
    const { url, seen } = await served((request, response) => {
      const isAccepted = request.headers.authorization === 'Bearer new-token-0123456789';
      response.writeHead(isAccepted ? 200 : 401).end(JSON.stringify(isAccepted ? success([]) : refusal(10_000, 'no')));
    });
    const directory = directoryAt(url, { source });
    writeFileSync(path, 'new-token-0123456789');
    await directory.list(never);
    expect(seen).toHaveLength(2);
    await directory.list(never);
    expect(seen).toHaveLength(3);
  });

  test('with a wrong token takes one request, or two if it was replaced by another wrong one', async () => {
    const { path, source } = writtenToken('old-token-0123456789');
    const { url, seen } = await replying({ status: 401, body: refusal(10_000, 'Authentication error') });
    const directory = directoryAt(url, { source });
    expect(await failed(directory.list(never))).toMatchObject({ attempts: 1, failure: { kind: 'denied' } });
    expect(seen).toHaveLength(1);
    writeFileSync(path, 'new-token-0123456789');
    expect(await failed(directory.list(never))).toMatchObject({ attempts: 2, failure: { kind: 'denied' } });
    expect(seen).toHaveLength(3);
  });

  test('that another call has already reloaded is used without a further denial', async () => {
    let reloads = 0;
    let current = { token: 'old-token-0123456789' };
    const source: CredentialSource = {
      current: () => current,
      reload: async (refused) => {
        reloads += 1;
        if (reloads === 1) current = { token: 'new-token-0123456789' };
        return refused !== current;
      },
      watch: () => () => {},
    };
    const { url, seen } = await served((request, response) => {
      const isAccepted = request.headers.authorization?.includes('new') === true;
      response.writeHead(isAccepted ? 200 : 401).end(JSON.stringify(isAccepted ? success([]) : refusal(10_000, 'no')));
    });
    const directory = directoryAt(url, { source });
    await Promise.all([directory.list(never), directory.list(never), directory.list(never)]);
    expect(seen).toHaveLength(6);
  });
});

test('probes a token that is replaced during a pass before all updates use it', async () => {
  const { path, source } = writtenToken('old-token-0123456789');
  let isRevoked = false;
  const { url, seen } = await served((request, response) => {
    const isOld = request.headers.authorization?.includes('old') === true;
    const status = isOld ? (isRevoked ? 401 : 200) : 403;
    response.writeHead(status).end(JSON.stringify(status === 200 ? success(web()) : refusal(10_000, 'no')));
  });
  const directory = directoryAt(url, { source, connections: 10 });
  await updates(directory, 1);
  writeFileSync(path, 'new-token-0123456789');
  isRevoked = true;
  await updates(directory, 30);
  const withNew = seen.filter(({ headers }) => headers.authorization?.includes('new'));
  expect(withNew.length).toBeGreaterThan(0);
  // Updates that were about to be sent when the token was replaced may use the new one.
  expect(withNew.length).toBeLessThan(10);
});

test('uses the token that is current after the wait for the budget', async () => {
  const { path, source } = writtenToken('old-token-0123456789');
  const { url, seen } = await replying({ body: success([]) });
  const directory = directoryAt(url, { source, budget: budgetOf({ requests: 1, ms: 300, text: '1/300ms' }) });
  await directory.list(never);
  const waiting = directory.list(never);
  writeFileSync(path, 'new-token-0123456789');
  await source.reload(source.current());
  await waiting;
  expect(seen[1]?.headers.authorization).toBe('Bearer new-token-0123456789');
});

test('reports its own last response, not that of another call, when it is interrupted', async () => {
  const controller = new AbortController();
  const { url, seen } = await replying({ status: 500, headers: { 'cf-ray': 'ray-of-500' } });
  const error = failed(directoryAt(url, { random: () => 1 }).update(live(web()), {}, signalsOf(controller.signal)));
  await expect.poll(() => seen.length).toBe(1);
  controller.abort(new FailureError({ ...failure('denied', 'refused'), status: 403, ray: 'ray-of-403' }));
  expect((await error).failure).toMatchObject({ kind: 'denied', status: 500, ray: 'ray-of-500' });
});

test('sends nothing while the API asks for a longer wait than a pass allows', async () => {
  const { url, seen } = await replying({ status: 429, headers: { 'retry-after': '3600' } });
  const directory = directoryAt(url, { attempts: 5, random: () => 1 });
  await failed(directory.list(never));
  const start = performance.now();
  expect(await failed(directory.list(never))).toMatchObject({ attempts: 0, failure: { kind: 'transient' } });
  expect(performance.now() - start).toBeLessThan(200);
  expect(seen).toHaveLength(1);
});

describe('the request budget', () => {
  test('counts lists, updates and retries', async () => {
    const { url, seen } = await replying({ status: 500 }, { body: success([]) }, { status: 503 });
    const directory = directoryAt(url, { budget: budgetOf({ requests: 3, ms: 60_000, text: '3/1m' }) });
    await directory.list(never);
    const controller = new AbortController();
    const update = failed(directory.update(live(web()), {}, signalsOf(controller.signal)));
    await expect.poll(() => directory.usage().throttled_ms).toBeGreaterThan(0);
    controller.abort(reason);
    expect(await update).toMatchObject({ attempts: 1 });
    expect(seen).toHaveLength(3);
    expect(directory.usage()).toMatchObject({ requests: 3, retries: 1 });
  });
});

test('nothing is written without a gate', async () => {
  const { url, seen } = await replying({ body: success(web()) });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- As a caller that the compiler does not check.
  const options = { stop: never.stop, kill: never.kill } as typeof never;
  expect(await failed(directoryAt(url).update(live(web()), {}, options))).toMatchObject({
    attempts: 0,
    failure: { kind: 'internal', message: 'a write without a gate' },
  });
  expect(seen).toEqual([]);
});

describe('when the program is stopping', () => {
  test('completes a request in flight', async () => {
    const controller = new AbortController();
    const { url } = await served((_, response) => {
      controller.abort(reason);
      setTimeout(() => response.end(JSON.stringify(success(web()))), 5);
    });
    const updated = await directoryAt(url).update(live(web()), {}, { ...never, stop: controller.signal });
    expect(updated.attempts).toBe(1);
  });

  test('does not retry a request that fails after that', async () => {
    const controller = new AbortController();
    const { url, seen } = await served((_, response) => {
      controller.abort(reason);
      response.writeHead(503).end();
    });
    const error = await failed(directoryAt(url).update(live(web()), {}, { ...never, stop: controller.signal }));
    expect(error).toMatchObject({ attempts: 1, failure: { kind: 'transient', status: 503 } });
    expect(seen).toHaveLength(1);
  });

  test('ends the wait before a retry, and reports the failure that was to be retried', async () => {
    const controller = new AbortController();
    const { url, seen } = await replying({ status: 503 });
    const directory = directoryAt(url, { random: () => 1 });
    const error = failed(directory.update(live(web()), {}, signalsOf(controller.signal)));
    await expect.poll(() => seen.length).toBe(1);
    controller.abort(reason);
    expect(await error).toMatchObject({
      attempts: 1,
      failure: {
        kind: 'interrupted',
        message: expect.stringMatching(/^the program is stopping; the last attempt: HTTP 503: /),
      },
    });
  });

  test('sends nothing for a call that waits for the budget', async () => {
    const controller = new AbortController();
    const { url, seen } = await replying({ body: success([]) });
    const directory = directoryAt(url, { budget: budgetOf({ requests: 1, ms: 60_000, text: '1/1m' }) });
    await directory.list(never);
    const error = failed(directory.list(signalsOf(controller.signal)));
    controller.abort(reason);
    expect(await error).toMatchObject({ attempts: 0, failure: reason.failure });
    expect(seen).toHaveLength(1);
  });
});
