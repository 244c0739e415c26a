import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { json } from '../../src/server/answer.ts';
import type { Routes } from '../../src/server/routes.ts';
import { serve } from '../../src/server/server.ts';
import type { ServeOptions, Server } from '../../src/server/server.ts';

type Seen = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

type Asked = { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };

/** One request as any client makes it; node:http, for fetch would not let the name be another one. */
async function ask(server: Server, path: string, { method = 'GET', headers = {} }: Asked = {}): Promise<Seen> {
  const asked = request(server.url + path, { method, headers, agent: false }).end();
  const [response] = await once(asked, 'response');
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, body };
}

async function serving(options: Partial<ServeOptions> = {}): Promise<Server> {
  const routes: Routes = {
    '/': { method: 'GET', answer: ({ query }) => json(200, { query: [...query] }) },
    '/do': { method: 'POST', answer: async () => json(202, {}) },
    '/bug': {
      method: 'GET',
      answer: () => {
        throw new Error('a bug');
      },
    },
  };
  const server = await serve({
    listen: { host: '127.0.0.1', port: 0 },
    routes,
    hide: (text) => text.replaceAll('secret', '[redacted]'),
    onBug: () => {},
    ...options,
  });
  onTestFinished(server.close);
  return server;
}

test('answers what is asked, to be kept, embedded and guessed at by nobody', async () => {
  const { status, headers, body } = await ask(await serving(), '/?a=1');
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

test('takes the secrets out of whatever it answers', async () => {
  const { body } = await ask(await serving(), '/?a=secret');
  expect(JSON.parse(body)).toEqual({ query: [['a', '[redacted]']] });
});

test('to HEAD it says of the body only how long it is', async () => {
  const server = await serving();
  const [head, get] = [await ask(server, '/', { method: 'HEAD' }), await ask(server, '/')];
  expect([head.status, head.body]).toEqual([200, '']);
  expect(head.headers['content-length']).toBe(String(get.body.length));
});

test('says what there is where nothing is', async () => {
  const server = await serving();
  for (const path of ['/nothing', '//', '/do/', '/__proto__', '/constructor', '/%2e%2e/etc/passwd']) {
    const { status, body } = await ask(server, path);
    expect([status, JSON.parse(body)]).toEqual([404, { error: 'nothing is here; see / /do /bug' }]);
  }
});

test('says which method is due', async () => {
  const server = await serving();
  const posted = await ask(server, '/', { method: 'POST' });
  expect([posted.status, posted.headers.allow]).toEqual([405, 'GET']);
  expect(JSON.parse(posted.body)).toEqual({ error: 'expected GET, found POST' });
  const got = await ask(server, '/do', { method: 'HEAD' });
  expect([got.status, got.headers.allow]).toEqual([405, 'POST']);
});

test('a bug is told, answered, and ends nothing', async () => {
  const bugs: unknown[] = [];
  const server = await serving({ onBug: (error) => void bugs.push(error) });
  const { status, body } = await ask(server, '/bug');
  expect([status, JSON.parse(body)]).toEqual([500, { error: 'a bug: the log says more' }]);
  expect(bugs).toEqual([new Error('a bug')]);
  expect((await ask(server, '/')).status).toBe(200);
});

test.for(['localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'app.localhost', 'LOCALHOST'])(
  'on loopback it answers who asks for %s',
  async (name) => {
    const server = await serving();
    expect((await ask(server, '/', { headers: { host: `${name}:8484` } })).status).toBe(200);
  },
);

test.for(['evil.example', 'localhost.evil.example', '10.0.0.1', '127.0.0.1.evil.example', '@', '[::1'])(
  'on loopback it does not answer who asks for "%s", for a page from elsewhere may have had its name lead here',
  async (name) => {
    const server = await serving();
    expect((await ask(server, '/', { headers: { host: name } })).status).toBe(421);
  },
);

test.for(['LOCALHOST', '127.1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'])(
  'however loopback is spelled where it listens, as %s too',
  async (host) => {
    const server = await serving({ listen: { host, port: 0 } });
    expect((await ask(server, '/', { headers: { host: 'evil.example' } })).status).toBe(421);
    expect((await ask(server, '/')).status).toBe(200);
  },
);

/** The status of the answer to a request that no client would make. */
async function statusOf(server: Server, ...lines: readonly string[]): Promise<number> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+) /.exec(String(answer))?.[1]);
}

test('on loopback it answers who asks for no name, as probes of HTTP/1.0 do', async () => {
  expect(await statusOf(await serving(), 'GET / HTTP/1.0')).toBe(200);
});

test.for([
  ['http://localhost/', 'localhost', 200, 'a whole address is a target as a proxy is told it'],
  ['HTTP://LOCALHOST:8484/?a=1', 'localhost', 200, 'in any case, with a port and a query'],
  ['http://127.0.0.1', 'localhost', 200, 'without a path'],
  ['http://[::1]:8484/', 'localhost', 200, 'by address'],
  ['http://localhost/', 'evil.example', 200, 'the header does not count beside it'],
  ['http://localhost/nothing', 'localhost', 404, 'nothing is there'],
  ['http://localhost//', 'localhost', 404, 'nor there'],
  ['http://evil.example/', 'localhost', 421, 'its own name does count'],
  ['http://evil.example/', 'evil.example', 421, 'and is not ours'],
  ['http://localhost@evil.example/', 'localhost', 421, 'nor in the place of a user'],
  ['http:///', 'localhost', 404, 'an address without a host is none'],
  ['https://localhost/', 'localhost', 404, 'nothing is encrypted here'],
  ['//localhost/', 'localhost', 404, 'a path that begins with // is a path'],
  ['//evil.example/', 'localhost', 404, 'and no host'],
  ['//localhost/', 'evil.example', 421, 'whose name is in the header'],
] as const)('asked for %s with the header "Host: %s" it answers %i: %s', async ([target, host, status]) => {
  expect(await statusOf(await serving(), `GET ${target} HTTP/1.1`, `Host: ${host}`)).toBe(status);
});

test('where any name may lead to it, a path that begins with // is no host either', async () => {
  const server = await serving({ listen: { host: '0.0.0.0', port: 0 } });
  expect(await statusOf(server, 'GET //anything/ HTTP/1.1', 'Host: anything')).toBe(404);
  expect(await statusOf(server, 'GET http://anything/ HTTP/1.1', 'Host: another')).toBe(200);
});

test('an address that names another host is no way around the check for who names none', async () => {
  expect(await statusOf(await serving(), 'GET http://evil.example/ HTTP/1.0')).toBe(421);
});

test('on other addresses any name may lead to it, as those of pods and services do', async () => {
  const server = await serving({ listen: { host: '0.0.0.0', port: 0 } });
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await ask(server, '/', { headers: { host: 'vpc-reconciler.network.svc:8484' } })).status).toBe(200);
});

test('listens on all addresses where none is named', async () => {
  const server = await serving({ listen: { host: '', port: 0 } });
  expect((await ask(server, '/', { headers: { host: 'anything' } })).status).toBe(200);
});

test('cannot listen where somebody else does', async () => {
  const { url } = await serving();
  const second = serving({ listen: { host: '127.0.0.1', port: Number(new URL(url).port) } });
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('is not held up by who sends nothing, or nonsense, or goes away', async () => {
  const server = await serving();
  const { port } = new URL(server.url);
  const silent = connect(Number(port), '127.0.0.1');
  const rude = connect(Number(port), '127.0.0.1');
  rude.on('error', () => {});
  rude.write('nonsense\r\n\r\n');
  const [answer] = await once(rude, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
  const gone = connect(Number(port), '127.0.0.1');
  gone.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', () => gone.resetAndDestroy());
  expect((await ask(server, '/')).status).toBe(200);
  silent.destroy();
  rude.destroy();
});

/** However it came to that. */
async function closed(stream: EventEmitter): Promise<void> {
  await new Promise((resolve) => stream.once('close', resolve));
}

test('close ends what is open, streams and idle connections too', async () => {
  let unsubscribed = 0;
  const server = await serving({
    routes: { '/events': { method: 'GET', stream: () => () => void (unsubscribed += 1) } },
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

test('events come as they are told, to all who listen, without secrets', async () => {
  const listeners = new Set<(event: string, data: unknown) => void>();
  const server = await serving({
    routes: {
      '/events': {
        method: 'GET',
        stream: (send) => {
          listeners.add(send);
          return () => void listeners.delete(send);
        },
      },
    },
  });
  const readers = await Promise.all(
    [1, 2].map(async () => {
      const asked = request(`${server.url}/events`, { agent: false }).end();
      const [response] = await once(asked, 'response');
      expect(response.headers['content-type']).toBe('text/event-stream');
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', () => {});
      return { text: () => text, leave: () => void response.destroy() };
    }),
  );
  expect(listeners.size).toBe(2);
  for (const send of listeners) send('report', { a: 'two\nlines of a secret' });
  for (const reader of readers) {
    await expect.poll(reader.text).toBe('retry: 2000\n\nevent: report\ndata: {"a":"two\\nlines of a [redacted]"}\n\n');
  }
  readers[0]?.leave();
  await expect.poll(() => listeners.size).toBe(1);
  expect((await ask(server, '/events', { method: 'HEAD' })).headers['content-type']).toBe('text/event-stream');
});

test('a reader of events that does not read is let go', async () => {
  let send: ((event: string, data: unknown) => void) | undefined;
  let readers = 1;
  const server = await serving({
    routes: {
      '/events': {
        method: 'GET',
        stream: (sending) => {
          send = sending;
          return () => void (readers -= 1);
        },
      },
    },
  });
  const asked = request(`${server.url}/events`, { agent: false }).end();
  const [response] = await once(asked, 'response');
  response.on('error', () => {}).pause();
  const large = 'x'.repeat(1_000_000);
  for (let count = 0; count < 20; count += 1) send?.('report', large);
  await expect.poll(() => readers).toBe(0);
});
