import dns from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { slowListener } from './slow-listener.ts';
import { directoryAt, failed, never } from '../client.ts';
import { served, success } from '../server.ts';

/** Elsewhere, a full queue of connections refuses further ones, and 127.0.0.2 is no address of the machine. */
const isLinux = process.platform === 'linux';

/** Makes every host name have these addresses, until the test ends. */
function resolveTo(...addresses: readonly string[]): void {
  const { lookup } = dns;
  const found = addresses.map((address) => ({ address, family: 4 }));
  Object.assign(dns, {
    lookup: (...[, , callback]: readonly [string, object, (error: null, found: object) => void]) =>
      callback(null, found),
  });
  onTestFinished(() => void Object.assign(dns, { lookup }));
}

test.skipIf(!isLinux).for([
  { last: '127.0.0.3', which: 'refuses connections' },
  { last: '127.0.0.2', which: 'never answers' },
  { last: '127.0.0.1', which: 'is as slow' },
])('a handshake of a second succeeds at once when the last address $which', async ({ last }) => {
  const { port, accept } = await slowListener();
  if (last === '127.0.0.2') await slowListener({ host: last, port });
  resolveTo('127.0.0.1', last);
  const directory = directoryAt(`http://api.test:${port}/client/v4`, { requestTimeoutMs: 6000, attempts: 1 });
  const list = directory.list(never);
  // Later than the time that Node gives one address.
  await sleep(600);
  accept();
  expect(await list).toEqual([]);
  expect(directory.usage().requests).toBe(1);
});

test.skipIf(!isLinux)('an address that never answers costs a quick network a quarter of a second', async () => {
  const { url } = await served((_, response) => response.end(JSON.stringify(success([]))));
  const port = Number(new URL(url).port);
  await slowListener({ host: '127.0.0.2', port });
  resolveTo('127.0.0.2', '127.0.0.1');
  const directory = directoryAt(`http://api.test:${port}/client/v4`, { requestTimeoutMs: 60_000, attempts: 1 });
  const start = performance.now();
  expect(await directory.list(never)).toEqual([]);
  expect(performance.now() - start).toBeLessThan(2900);
});

test.skipIf(!isLinux)(
  'a host none of whose addresses answers fails when the request timeout is over, and not before',
  async () => {
    const { port } = await slowListener();
    resolveTo('127.0.0.1', '127.0.0.1');
    const directory = directoryAt(`http://api.test:${port}/client/v4`, { requestTimeoutMs: 1000, attempts: 1 });
    const start = performance.now();
    const { failure } = await failed(directory.list(never));
    expect(failure.message).toMatch(/^GET api\.test:\d+: no response within 1s$/);
    expect(performance.now() - start).toBeGreaterThan(950);
  },
);
