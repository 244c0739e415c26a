import { expect, test } from 'vitest';
import { writeProbe } from '../../src/cloudflare/write-probe.ts';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import { failed } from './client.ts';

const credentials = { token: 'test-token-not-a-secret' };
const newCredentials = { token: 'new-token-not-a-secret' };
const denied = new FailureError(failure('denied', 'HTTP 403'));

/** Returns a function that starts a write, the deferred results of the writes that have started, and what replaces the credential. */
function stage() {
  let current = credentials;
  const probedWrite = writeProbe(() => current);
  const started: PromiseWithResolvers<string>[] = [];
  const write = async () =>
    probedWrite({ credentials: current, attempts: 0 }, async () => {
      const result = Promise.withResolvers<string>();
      started.push(result);
      return result.promise;
    });
  const replace = () => {
    current = newCredentials;
  };
  return { write, started, replace };
}

test('lets the first write go alone, and the others when it succeeds', async () => {
  const { write, started } = stage();
  const writes = [write(), write(), write()];
  expect(started).toHaveLength(1);
  started[0]?.resolve('first');
  await expect.poll(() => started.length).toBe(3);
  for (const { resolve } of started) resolve('later');
  expect(await Promise.all(writes)).toEqual(['first', 'later', 'later']);
});

test('fails all waiting writes with the denial of the first', async () => {
  const { write, started } = stage();
  const writes = [failed(write()), failed(write()), failed(write())];
  started[0]?.reject(denied);
  expect((await Promise.all(writes)).map((error) => error.failure)).toEqual(
    Array.from({ length: 3 }, () => denied.failure),
  );
  expect(started).toHaveLength(1);
});

test('probes again after the first write failed for another reason', async () => {
  const { write, started } = stage();
  const first = write();
  const writes = [write(), write()];
  started[0]?.reject(new RangeError('a bug'));
  await expect(first).rejects.toThrow('a bug');
  await expect.poll(() => started.length).toBe(2);
  started[1]?.resolve('second');
  await expect.poll(() => started.length).toBe(3);
  started[2]?.resolve('third');
  expect(await Promise.all(writes)).toEqual(['second', 'third']);
});

test('probes a credential again when it was replaced', async () => {
  const { write, started, replace } = stage();
  const first = write();
  started[0]?.resolve('first');
  await first;
  replace();
  const writes = [write(), write()];
  expect(started).toHaveLength(2);
  started[1]?.resolve('second');
  await expect.poll(() => started.length).toBe(3);
  started[2]?.resolve('third');
  expect(await Promise.all(writes)).toEqual(['second', 'third']);
});
