import { constants } from 'node:http2';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { DirectoryOptions } from '../../../src/cloudflare/directory.ts';
import { authority, hasOpenssl } from './certificates.ts';
import { connectProxy } from './connect-proxy.ts';
import { relayTo } from './relay.ts';
import type { Relay } from './relay.ts';
import { tlsApi } from './tls-api.ts';
import { directoryAt, failed, live, never, web } from '../client.ts';
import { served, success } from '../server.ts';

const REQUEST_TIMEOUT_MS = 2000;
const RECOVERY_MS = REQUEST_TIMEOUT_MS + 2000;

const list = JSON.stringify(success([web()]));
const updated = JSON.stringify(success(web()));

type Network = {
  /** On the way to the API, or to the proxy. */
  readonly relay: Relay;
  readonly url: string;
  readonly options?: Partial<Pick<DirectoryOptions, 'proxy' | 'caCertificates'>>;
};

const networks: {
  readonly by: string;
  readonly needsTls: boolean;
  readonly open: () => Promise<Network>;
}[] = [
  {
    by: 'HTTP',
    needsTls: false,
    open: async () => {
      // As servers do that let clients keep connections for long.
      const { url } = await served(({ method }, response) => {
        response.writeHead(200, { 'keep-alive': 'timeout=600' }).end(method === 'GET' ? list : updated);
      });
      const relay = await relayTo(Number(new URL(url).port));
      return { relay, url: `http://127.0.0.1:${relay.port}/client/v4` };
    },
  },
  {
    by: 'TLS with a server that prefers HTTP/2',
    needsTls: true,
    open: async () => {
      const { caFile, issue } = authority();
      const { port } = await tlsApi(issue(), ({ method }, response) => response.end(method === 'GET' ? list : updated));
      const relay = await relayTo(port);
      const options = { caCertificates: readFileSync(caFile, 'utf8') };
      return { relay, url: `https://localhost:${relay.port}/client/v4`, options };
    },
  },
  {
    by: 'a proxy',
    needsTls: true,
    open: async () => {
      const { caFile, issue } = authority();
      const { port } = await tlsApi(issue({ names: 'DNS:api.test' }), ({ method }, response) =>
        response.end(method === 'GET' ? list : updated),
      );
      const proxy = await connectProxy({ upstreamPort: port });
      const relay = await relayTo(proxy.port);
      const options = {
        caCertificates: readFileSync(caFile, 'utf8'),
        proxy: { url: `http://127.0.0.1:${relay.port}`, login: null, variable: 'HTTPS_PROXY' },
      };
      return { relay, url: 'https://api.test/client/v4', options };
    },
  },
];

describe.for(networks.filter(({ needsTls }) => hasOpenssl || !needsTls))(
  'over $by, connections that go silent',
  ({ open }) => {
    test('cost one request timeout, also those that were idle', async () => {
      const { relay, url, options } = await open();
      const directory = directoryAt(url, { ...options, requestTimeoutMs: REQUEST_TIMEOUT_MS });
      const updates = Array.from({ length: 4 }, async () => directory.update(live(web()), {}, never));
      await Promise.all(updates);
      const requests = directory.usage().requests;
      relay.silence();
      const start = performance.now();
      expect(await directory.list(never)).toHaveLength(1);
      expect(performance.now() - start).toBeLessThan(RECOVERY_MS);
      // One that timed out, and one that did not.
      expect(directory.usage().requests).toBe(requests + 2);
      expect(await directory.list(never)).toHaveLength(1);
      expect(directory.usage().requests).toBe(requests + 3);
    });

    test('while requests are in flight cost one request timeout', async () => {
      const { relay, url, options } = await open();
      const directory = directoryAt(url, { ...options, requestTimeoutMs: REQUEST_TIMEOUT_MS });
      await directory.list(never);
      const start = performance.now();
      const updates = Array.from({ length: 40 }, async () => directory.update(live(web()), {}, never));
      relay.silence(1);
      await Promise.all(updates);
      expect(performance.now() - start).toBeLessThan(RECOVERY_MS);
    });
  },
);

test('a timeout leaves requests in flight alone, and no connection behind', async () => {
  const held: (() => void)[] = [];
  const { url, openSockets } = await served(({ method }, response) => {
    if (method === 'PUT') held.push(() => response.end(updated));
  });
  const releaseAll = () => {
    for (const release of held.splice(0)) release();
  };
  const directory = directoryAt(url, { requestTimeoutMs: 3000, attempts: 1 });
  const update = async () => directory.update(live(web()), {}, never);
  const first = update();
  await expect.poll(() => held.length).toBe(1);
  releaseAll();
  await first;
  const listing = failed(directory.list(never)); // It never gets an answer.
  await sleep(1500);
  const updates = Promise.all([update(), update(), update()]);
  expect((await listing).message).toContain('no response within 3s');
  releaseAll();
  expect(await updates).toHaveLength(3);
  const last = update();
  await expect.poll(() => held.length).toBe(1);
  releaseAll();
  await last;
  // The server would keep the connections of before the timeout.
  await expect.poll(openSockets).toBe(1);
});

test.skipIf(!hasOpenssl)(
  'every request that reaches a server is counted, also those that it refuses to process',
  async () => {
    const { caFile, issue } = authority();
    const { port, seen } = await tlsApi(issue(), (request, response) => {
      if (seen.length > 6) response.end(list);
      else if (request.version === '2.0') response.stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else response.socket.destroy();
    });
    const directory = directoryAt(`https://localhost:${port}/client/v4`, {
      caCertificates: readFileSync(caFile, 'utf8'),
      attempts: 10,
    });
    await directory.list(never);
    expect(seen).toHaveLength(7);
    expect(directory.usage()).toMatchObject({ requests: 7, retries: 6 });
  },
);
