import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { jsonResponse } from '../../src/server/http-response.ts';
import type { Routes } from '../../src/server/route.ts';
import { startServer } from '../../src/server/server.ts';
import type { ServerOptions, Server } from '../../src/server/server.ts';

type Received = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

type RequestOptions = { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };

/** Sends one request. Uses node:http, because fetch does not allow another Host header. */
async function send(
  server: Server,
  path: string,
  { method = 'GET', headers = {} }: RequestOptions = {},
): Promise<Received> {
  const sent = request(server.url + path, { method, headers, agent: false }).end();
  const [response] = await once(sent, 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, body };
}

async function start(options: Partial<ServerOptions> = {}): Promise<Server> {
  const routes: Routes = {
    '/': { method: 'GET', respond: ({ query }) => jsonResponse(200, { query: [...query] }) },
    '/do': { method: 'POST', respond: async () => jsonResponse(202, {}) },
    '/bug': {
      method: 'GET',
      respond: () => {
        throw new Error('a bug');
      },
    },
  };
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    routes,
    redact: (text) => text.replaceAll('secret', '[redacted]'),
    onBug: () => {},
    ...options,
  });
  onTestFinished(server.close);
  return server;
}

test('answers a request with headers that forbid caching, embedding, and type sniffing', async () => {
  const { status, headers, body } = await send(await start(), '/?a=1');
  expect([status, JSON.parse(body)]).toEqual([200, { query: [['a', '1']] }]);
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
});

test('removes secrets from responses', async () => {
  const { body } = await send(await start(), '/?a=secret');
  expect(JSON.parse(body)).toEqual({ query: [['a', '[redacted]']] });
});

test('answers HEAD with the length of the body and without the body', async () => {
  const server = await start();
  const [head, get] = [await send(server, '/', { method: 'HEAD' }), await send(server, '/')];
  expect([head.status, head.body]).toEqual([200, '']);
  expect(head.headers['content-length']).toBe(String(get.body.length));
});

test('answers an unknown path with the known paths', async () => {
  const server = await start();
  for (const path of ['/nothing', '//', '/do/', '/__proto__', '/constructor', '/%2e%2e/etc/passwd']) {
    const { status, body } = await send(server, path);
    expect([status, JSON.parse(body)]).toEqual([404, { error: 'not found; expected one of /, /do, /bug' }]);
  }
});

test('answers a wrong method with the expected one', async () => {
  const server = await start();
  const posted = await send(server, '/', { method: 'POST' });
  expect([posted.status, posted.headers.allow]).toEqual([405, 'GET']);
  expect(JSON.parse(posted.body)).toEqual({ error: 'method: expected GET, found POST' });
  const head = await send(server, '/do', { method: 'HEAD' });
  expect([head.status, head.headers.allow]).toEqual([405, 'POST']);
});

test('reports a bug, answers with status 500, and keeps running', async () => {
  const bugs: unknown[] = [];
  const server = await start({ onBug: (error) => void bugs.push(error) });
  const { status, body } = await send(server, '/bug');
  expect([status, JSON.parse(body)]).toEqual([500, { error: 'internal error; see the log' }]);
  expect(bugs).toEqual([new Error('a bug')]);
  expect((await send(server, '/')).status).toBe(200);
});

test.for(['localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'app.localhost', 'LOCALHOST'])(
  'on a loopback address, accepts the host name %s',
  async (name) => {
    const server = await start();
    expect((await send(server, '/', { headers: { host: `${name}:8484` } })).status).toBe(200);
  },
);

test.for(['evil.example', 'localhost.evil.example', '10.0.0.1', '127.0.0.1.evil.example', '@', '[::1'])(
  'on a loopback address, rejects the host name "%s", which another site could point here',
  async (name) => {
    const server = await start();
    expect((await send(server, '/', { headers: { host: name } })).status).toBe(421);
  },
);

test.for(['LOCALHOST', '127.1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'])(
  'recognizes a loopback address written as %s',
  async (host) => {
    const server = await start({ listen: { host, port: 0 } });
    expect((await send(server, '/', { headers: { host: 'evil.example' } })).status).toBe(421);
    expect((await send(server, '/')).status).toBe(200);
  },
);

/** Returns the status of the response to a request that no HTTP client would send. */
async function statusOf(server: Server, ...lines: readonly string[]): Promise<number> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [response] = await once(socket, 'data');
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+) /.exec(String(response))?.[1]);
}

test('on a loopback address, accepts a request without a host name, as HTTP/1.0 probes send', async () => {
  expect(await statusOf(await start(), 'GET / HTTP/1.0')).toBe(200);
});

test.for([
  ['http://localhost/', 'localhost', 200, 'an absolute URL, as sent to a proxy'],
  ['HTTP://LOCALHOST:8484/?a=1', 'localhost', 200, 'in upper case, with a port and a query'],
  ['http://127.0.0.1', 'localhost', 200, 'without a path'],
  ['http://[::1]:8484/', 'localhost', 200, 'with an IP address'],
  ['http://localhost/', 'evil.example', 200, 'the URL wins over the header'],
  ['http://localhost/nothing', 'localhost', 404, 'an unknown path'],
  ['http://localhost//', 'localhost', 404, 'another unknown path'],
  ['http://evil.example/', 'localhost', 421, 'an unexpected host in the URL'],
  ['http://evil.example/', 'evil.example', 421, 'an unexpected host in both'],
  ['http://localhost@evil.example/', 'localhost', 421, 'localhost as a user name'],
  ['http:///', 'localhost', 404, 'a URL without a host'],
  ['https://localhost/', 'localhost', 404, 'HTTPS is not supported'],
  ['//localhost/', 'localhost', 404, 'a path that starts with //'],
  ['//evil.example/', 'localhost', 404, 'which is not a host'],
  ['//localhost/', 'evil.example', 421, 'so the header names the host'],
] as const)('answers %s with the header "Host: %s" with status %i: %s', async ([target, host, status]) => {
  expect(await statusOf(await start(), `GET ${target} HTTP/1.1`, `Host: ${host}`)).toBe(status);
});

test('on other addresses, treats a path that starts with // as a path too', async () => {
  const server = await start({ listen: { host: '0.0.0.0', port: 0 } });
  expect(await statusOf(server, 'GET //anything/ HTTP/1.1', 'Host: anything')).toBe(404);
  expect(await statusOf(server, 'GET http://anything/ HTTP/1.1', 'Host: another')).toBe(200);
});

test('rejects an absolute URL with another host name from a client that sends no Host header', async () => {
  expect(await statusOf(await start(), 'GET http://evil.example/ HTTP/1.0')).toBe(421);
});

test('on other addresses, accepts every host name, such as those of pods and services', async () => {
  const server = await start({ listen: { host: '0.0.0.0', port: 0 } });
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await send(server, '/', { headers: { host: 'vpc-reconciler.network.svc:8484' } })).status).toBe(200);
});

test('listens on all addresses when the host is empty', async () => {
  const server = await start({ listen: { host: '', port: 0 } });
  expect((await send(server, '/', { headers: { host: 'anything' } })).status).toBe(200);
});

test('rejects a port that is in use', async () => {
  const { url } = await start();
  const second = start({ listen: { host: '127.0.0.1', port: Number(new URL(url).port) } });
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('is not blocked by clients that send nothing, send garbage, or disconnect', async () => {
  const server = await start();
  const { port } = new URL(server.url);
  const silent = connect(Number(port), '127.0.0.1');
  const garbage = connect(Number(port), '127.0.0.1');
  garbage.on('error', () => {});
  garbage.write('garbage\r\n\r\n');
  const [response] = await once(garbage, 'data');
  expect(String(response)).toMatch(/^HTTP\/1\.1 400 /);
  const gone = connect(Number(port), '127.0.0.1');
  gone.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', () => gone.resetAndDestroy());
  expect((await send(server, '/')).status).toBe(200);
  silent.destroy();
  garbage.destroy();
});

async function closed(stream: EventEmitter): Promise<void> {
  await new Promise((resolve) => stream.once('close', resolve));
}

test('closes streams and idle connections when it closes', async () => {
  let unsubscribed = 0;
  const server = await start({
    routes: { '/events': { method: 'GET', subscribe: () => () => void (unsubscribed += 1) } },
  });
  const idle = connect(Number(new URL(server.url).port), '127.0.0.1');
  idle.on('error', () => {});
  await once(idle, 'connect');
  const streaming = request(`${server.url}/events`, { agent: false }).end();
  const [response] = await once(streaming, 'response');
  response.on('error', () => {});
  const ended = Promise.all([closed(idle), closed(response)]);
  await server.close();
  await ended;
  expect(unsubscribed).toBe(1);
});

test('sends each event to all subscribers, without secrets', async () => {
  const subscribers = new Set<(event: string, data: unknown) => void>();
  const server = await start({
    routes: {
      '/events': {
        method: 'GET',
        subscribe: (send) => {
          subscribers.add(send);
          return () => void subscribers.delete(send);
        },
      },
    },
  });
  const readers = await Promise.all(
    [1, 2].map(async () => {
      const sent = request(`${server.url}/events`, { agent: false }).end();
      const [response] = await once(sent, 'response');
      expect(response.headers['content-type']).toBe('text/event-stream');
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', () => {});
      return { text: () => text, disconnect: () => void response.destroy() };
    }),
  );
  expect(subscribers.size).toBe(2);
  for (const send of subscribers) send('report', { a: 'two\nlines of a secret' });
  for (const reader of readers) {
    await expect.poll(reader.text).toBe('retry: 2000\n\nevent: report\ndata: {"a":"two\\nlines of a [redacted]"}\n\n');
  }
  readers[0]?.disconnect();
  await expect.poll(() => subscribers.size).toBe(1);
  expect((await send(server, '/events', { method: 'HEAD' })).headers['content-type']).toBe('text/event-stream');
});

test('disconnects a subscriber that does not read', async () => {
  let send: ((event: string, data: unknown) => void) | undefined;
  let subscribers = 1;
  const server = await start({
    routes: {
      '/events': {
        method: 'GET',
        subscribe: (sending) => {
          send = sending;
          return () => void (subscribers -= 1);
        },
      },
    },
  });
  const sent = request(`${server.url}/events`, { agent: false }).end();
  const [response] = await once(sent, 'response');
  response.on('error', () => {}).pause();
  const large = 'x'.repeat(1_000_000);
  for (let count = 0; count < 20; count += 1) send?.('report', large);
  await expect.poll(() => subscribers).toBe(0);
});
