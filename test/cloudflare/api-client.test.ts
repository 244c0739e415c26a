import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tokenFile } from '../../src/config/token-file.ts';
import type { CredentialSource } from '../../src/core/base/credentials.ts';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { Directory } from '../../src/core/service/directory.ts';
import { temporaryFolder } from '../cli/command.ts';
import { budgetOf, directoryAt, failed, live, never, signalsOf, web } from './client.ts';
import { refusal, replying, served, success } from './server.ts';
import type { Served } from './server.ts';

const denial = { status: 403, body: refusal(10_000, 'Forbidden') };
const reason = new FailureError(failure('interrupted', 'told to stop'));

async function updates(directory: Directory, count: number) {
  return Promise.allSettled(Array.from({ length: count }, async () => directory.update(live(web()), {}, never)));
}

/** A file with a token, as a credential. */
function written(token: string) {
  const path = join(temporaryFolder(), 'token');
  writeFileSync(path, token);
  return { path, source: tokenFile(path, () => {}) };
}

/** Answers every request after a moment, and knows how many were there at once. */
async function slowly(
  answer: (request: number) => { readonly status?: number; readonly body: object },
): Promise<Served & { readonly most: () => number[] }> {
  const most: number[] = [];
  let [count, underWay] = [0, 0];
  const server = await served((_, response) => {
    underWay += 1;
    const { status = 200, body } = answer((count += 1));
    most.push(underWay);
    setTimeout(() => {
      underWay -= 1;
      response.writeHead(status).end(JSON.stringify(body));
    }, 5);
  });
  return { ...server, most: () => most };
}

describe('until a credential has written', () => {
  test('its first update goes alone, and the rest together', async () => {
    const server = await slowly(() => ({ body: success(web()) }));
    await updates(directoryAt(server.url, { connections: 10 }), 6);
    expect(server.most().slice(0, 2)).toEqual([1, 1]);
    expect(Math.max(...server.most())).toBeGreaterThan(2);
  });

  test('a denial costs one request, and all that wait share it', async () => {
    const server = await slowly(() => denial);
    const directory = directoryAt(server.url, { connections: 30 });
    const ends = await updates(directory, 30);
    expect(server.seen).toHaveLength(1);
    const attempts = ends.map((end) =>
      end.status === 'rejected' && end.reason instanceof FailureError ? end.reason.attempts : null,
    );
    expect(attempts).toEqual([1, ...Array.from({ length: 29 }, () => 0)]);
    await updates(directory, 30); // In the next pass likewise.
    expect(server.seen).toHaveLength(2);
  });

  test('a refusal of one service shows nothing: the next one goes alone, too', async () => {
    const server = await slowly((request) =>
      request <= 2 ? { status: 400, body: refusal(5101, 'Tunnel ID Not Found') } : { body: success(web()) },
    );
    await updates(directoryAt(server.url, { connections: 10 }), 6);
    expect(server.most().slice(0, 3)).toEqual([1, 1, 1]);
    expect(server.seen).toHaveLength(6);
  });

  test('a list shows nothing', async () => {
    const server = await slowly((request) => ({ body: request === 1 ? success([]) : success(web()) }));
    const directory = directoryAt(server.url, { connections: 10 });
    await directory.list(never);
    await updates(directory, 3);
    expect(server.most()[1]).toBe(1);
  });

  test('and once it was denied, one goes alone again', async () => {
    const server = await slowly((request) => (request > 1 && request <= 4 ? denial : { body: success(web()) }));
    const directory = directoryAt(server.url, { connections: 10 });
    await updates(directory, 4);
    expect(server.seen).toHaveLength(4);
    await updates(directory, 4);
    expect(server.most()[4]).toBe(1);
  });
});

describe('a token from a file', () => {
  test('that was rotated is asked with at once after a denial, and only then', async () => {
    const { path, source } = written('old-token-0123456789');
    const { url, seen } = await served((request, response) => {
      const good = request.headers.authorization === 'Bearer new-token-0123456789';
      response.writeHead(good ? 200 : 401).end(JSON.stringify(good ? success([]) : refusal(10_000, 'no')));
    });
    const directory = directoryAt(url, { source });
    writeFileSync(path, 'new-token-0123456789');
    await directory.list(never);
    expect(seen).toHaveLength(2);
    await directory.list(never);
    expect(seen).toHaveLength(3);
  });

  test('that is wrong costs one request, and if another wrong one is there, two', async () => {
    const { path, source } = written('old-token-0123456789');
    const { url, seen } = await replying({ status: 401, body: refusal(10_000, 'Authentication error') });
    const directory = directoryAt(url, { source });
    expect(await failed(directory.list(never))).toMatchObject({ attempts: 1, failure: { kind: 'denied' } });
    expect(seen).toHaveLength(1);
    writeFileSync(path, 'new-token-0123456789');
    expect(await failed(directory.list(never))).toMatchObject({ attempts: 2, failure: { kind: 'denied' } });
    expect(seen).toHaveLength(3);
  });

  test('that another call has reload is not asked for again', async () => {
    let looks = 0;
    let current = { token: 'old-token-0123456789' };
    const source: CredentialSource = {
      current: () => current,
      reload: (refused) => {
        looks += 1;
        if (looks === 1) current = { token: 'new-token-0123456789' };
        return refused !== current;
      },
      watch: () => () => {},
    };
    const { url, seen } = await served((request, response) => {
      const good = request.headers.authorization?.includes('new') === true;
      response.writeHead(good ? 200 : 401).end(JSON.stringify(good ? success([]) : refusal(10_000, 'no')));
    });
    const directory = directoryAt(url, { source });
    await Promise.all([directory.list(never), directory.list(never), directory.list(never)]);
    expect(seen).toHaveLength(6);
  });
});

test('a token that is rotated in the middle of a pass is on trial before all write with it', async () => {
  const { path, source } = written('old-token-0123456789');
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
  // What was let begin with the old one, and sent in the moment of the rotation, may come with it.
  expect(withNew.length).toBeLessThan(10);
});

test('who waited for the budget asks with the token of the moment', async () => {
  const { path, source } = written('old-token-0123456789');
  const { url, seen } = await replying({ body: success([]) });
  const directory = directoryAt(url, { source, budget: budgetOf({ requests: 1, ms: 300, text: '1/300ms' }) });
  await directory.list(never);
  const waiting = directory.list(never);
  writeFileSync(path, 'new-token-0123456789');
  source.reload(source.current());
  await waiting;
  expect(seen[1]?.headers.authorization).toBe('Bearer new-token-0123456789');
});

test('what was answered last is told of a call that was cut short, and nothing of another one', async () => {
  const controller = new AbortController();
  const { url, seen } = await replying({ status: 500, headers: { 'cf-ray': 'ray-of-500' } });
  const error = failed(directoryAt(url, { random: () => 1 }).update(live(web()), {}, signalsOf(controller.signal)));
  await expect.poll(() => seen.length).toBe(1);
  controller.abort(new FailureError({ ...failure('denied', 'refused'), status: 403, ray: 'ray-of-403' }));
  expect((await error).failure).toMatchObject({ kind: 'denied', status: 500, ray: 'ray-of-500' });
});

test('who wants to be left alone for long is not asked again and again', async () => {
  const { url, seen } = await replying({ status: 429, headers: { 'retry-after': '3600' } });
  const directory = directoryAt(url, { attempts: 5, random: () => 1 });
  await failed(directory.list(never));
  const start = performance.now();
  expect(await failed(directory.list(never))).toMatchObject({ attempts: 0, failure: { kind: 'transient' } });
  expect(performance.now() - start).toBeLessThan(200);
  expect(seen).toHaveLength(1);
});

describe('the budget', () => {
  test('counts lists, updates and retries alike', async () => {
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

describe('told to stop', () => {
  test('what is under way is finished', async () => {
    const controller = new AbortController();
    const { url } = await served((_, response) => {
      controller.abort(reason);
      setTimeout(() => response.end(JSON.stringify(success(web()))), 5);
    });
    const updated = await directoryAt(url).update(live(web()), {}, { stop: controller.signal, kill: never.kill });
    expect(updated.attempts).toBe(1);
  });

  test('what failed meanwhile is not tried again', async () => {
    const controller = new AbortController();
    const { url, seen } = await served((_, response) => {
      controller.abort(reason);
      response.writeHead(503).end();
    });
    const error = await failed(directoryAt(url).update(live(web()), {}, { stop: controller.signal, kill: never.kill }));
    expect(error).toMatchObject({ attempts: 1, failure: { kind: 'transient', status: 503 } });
    expect(seen).toHaveLength(1);
  });

  test('what waits for its next try leaves off, and says what it waited for', async () => {
    const controller = new AbortController();
    const { url, seen } = await replying({ status: 503 });
    const directory = directoryAt(url, { random: () => 1 });
    const error = failed(directory.update(live(web()), {}, signalsOf(controller.signal)));
    await expect.poll(() => seen.length).toBe(1);
    controller.abort(reason);
    expect(await error).toMatchObject({
      attempts: 1,
      failure: { kind: 'interrupted', message: expect.stringMatching(/^told to stop; the last attempt: HTTP 503: /) },
    });
  });

  test('what waits for the budget was never sent', async () => {
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
