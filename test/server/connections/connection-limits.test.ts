import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { maxConnections } from '../../../src/server/connections/connection-limits.ts';
import { jsonResponse } from '../../../src/server/http-response.ts';
import type { Routes } from '../../../src/server/route.ts';
import { startServer } from '../../../src/server/server.ts';
import type { Server } from '../../../src/server/server.ts';

const LARGE_TEXT = 'x'.repeat(8 * 1024 * 1024);

type Setup = {
  /** Connects, sends the text, and reads nothing until the test resumes the socket. */
  readonly connectClient: (text?: string) => Promise<Socket>;
  /** Returns the status of `/healthz`, which must respond within three seconds. */
  readonly probe: () => Promise<number>;
  /** How many clients are subscribed to the events. */
  readonly subscribers: () => number;
};

/** So many open files leave 200 for connections. */
const OPEN_FILES = 300;

async function start(routes: Routes, redact = (text: string) => text): Promise<Server> {
  return startServer({
    listen: { host: '127.0.0.1', port: 0 },
    routes,
    openFiles: OPEN_FILES,
    redact,
    onBug: (error) => expect.fail(String(error)),
  });
}

async function setup(): Promise<Setup> {
  let subscribers = 0;
  const server = await start({
    '/healthz': { method: 'GET', respond: () => jsonResponse(200, {}) },
    '/large': { method: 'GET', respond: () => jsonResponse(200, LARGE_TEXT) },
    '/events': {
      method: 'GET',
      subscribe: () => {
        subscribers += 1;
        return () => void (subscribers -= 1);
      },
    },
  });
  onTestFinished(server.close);
  const port = Number(new URL(server.url).port);
  const connectClient = async (text = '') => {
    const socket = connect(port, '127.0.0.1').pause();
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  };
  const probe = async () =>
    (await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(3000), headers: { connection: 'close' } }))
      .status;
  return { connectClient, probe, subscribers: () => subscribers };
}

/** Whether the rest of a large response arrives. */
async function receivesAll(socket: Socket): Promise<boolean> {
  let bytes = 0;
  for await (const chunk of socket.resume().iterator({ destroyOnReturn: false })) {
    bytes += Buffer.from(chunk).length;
    if (bytes > LARGE_TEXT.length) break;
  }
  return bytes > LARGE_TEXT.length;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

test('answers a probe while many clients read events or send nothing', async () => {
  const { connectClient, probe, subscribers } = await setup();
  for (const text of [get('/events'), '']) {
    await Promise.all(Array.from({ length: 300 }, async () => connectClient(text)));
    expect(await probe()).toBe(200);
  }
  expect(subscribers()).toBeLessThanOrEqual(200);
});

/** Waits until a socket is closed, also by a reset. */
async function closed(socket: Socket): Promise<void> {
  await new Promise((resolve) => socket.resume().once('close', resolve));
}

test('closes a connection on which requests follow a stream', async () => {
  const { connectClient, probe, subscribers } = await setup();
  for (let count = 0; count < 20; count += 1) {
    await closed(await connectClient(get('/events').repeat(100)));
    const streaming = await connectClient(get('/events'));
    await once(streaming, 'readable');
    streaming.write(get('/large'));
    await closed(streaming);
  }
  await expect.poll(subscribers, { timeout: 20_000 }).toBe(0);
  expect(await probe()).toBe(200);
});

test('sends a stream after the response before it', async () => {
  const { connectClient, subscribers } = await setup();
  const socket = await connectClient(get('/large') + get('/events'));
  let text = '';
  socket.on('data', (data) => (text += data.toString('latin1'))).resume();
  await expect.poll(() => text.endsWith('retry: 2000\n\n\r\n'), { timeout: 20_000 }).toBe(true);
  expect(text.match(/^HTTP\/1\.1 200 OK/gm)).toHaveLength(2);
  expect(subscribers()).toBe(1);
});

test('answers the requests of one packet one after the other, as fast as the client reads', async () => {
  let rendered = 0;
  const server = await start({
    '/page': { method: 'GET', respond: () => jsonResponse(200, { number: (rendered += 1), text: LARGE_TEXT }) },
    '/healthz': { method: 'GET', respond: () => jsonResponse(200, {}) },
  });
  onTestFinished(server.close);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1').pause();
  onTestFinished(() => void socket.destroy());
  socket.write(get('/page').repeat(1800));
  await expect.poll(() => rendered, { timeout: 20_000 }).toBe(1);
  for (let count = 0; count < 20; count += 1) expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect(rendered).toBe(1);
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.length > 3 * LARGE_TEXT.length) break;
  }
  expect([...text.matchAll(/"number": (\d+)/g)].map(([, number]) => number)).toEqual(['1', '2', '3']);
});

test('closes a connection after a thousand requests', async () => {
  const server = await start({ '/': { method: 'GET', respond: () => jsonResponse(200, {}) } });
  onTestFinished(server.close);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => {});
  let text = '';
  socket.on('data', (data) => {
    text += String(data);
    if (text.endsWith('{}\n')) socket.write(get('/'));
  });
  socket.write(get('/'));
  await closed(socket);
  expect(text.match(/^HTTP\/1\.1 200 OK/gm)).toHaveLength(1000);
});

test.for([1, 2, 3, 7, 50])('reads requests and bodies that arrive in pieces of %i bytes', async (size) => {
  const server = await start({
    '/get': { method: 'GET', respond: () => jsonResponse(200, 'got') },
    '/post': { method: 'POST', respond: () => jsonResponse(200, 'posted') },
  });
  onTestFinished(server.close);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1').setNoDelay();
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (data) => (text += String(data)));
  const body = 'a\r\n\r\nGET /get HTTP/1.1\r\n\r\n';
  const post = `POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const requests = get('/get') + post + get('/get') + post;
  for (let at = 0; at < requests.length; at += size) {
    socket.write(requests.slice(at, at + size));
    await new Promise((resolve) => void setImmediate(resolve));
  }
  await expect
    .poll(() => text.match(/"(got|posted)"/g), { timeout: 20_000 })
    .toEqual(['"got"', '"posted"', '"got"', '"posted"']);
});

test.for([
  [Infinity, 1000],
  [1_048_576, 1000],
  [1024, 924],
  [200, 100],
  [100, 8],
  [0, 8],
])('of %d files that may be open, connections take at most %d', ([openFiles = 0, connections]) => {
  expect(maxConnections(openFiles)).toBe(connections);
});

test('keeps one copy of a response that many clients read slowly, and redacts it once', async () => {
  let redactions = 0;
  const response = jsonResponse(200, LARGE_TEXT);
  const server = await start({ '/large': { method: 'GET', respond: () => response } }, (text) => {
    if (text.length > LARGE_TEXT.length) redactions += 1;
    return text;
  });
  onTestFinished(server.close);
  const slow: Socket[] = [];
  for (let count = 0; count < 20; count += 1) {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1').pause();
    onTestFinished(() => void socket.destroy());
    socket.write(get('/large'));
    slow.push(socket);
    await once(socket, 'readable');
  }
  expect(await Promise.all(slow.map(receivesAll))).toEqual(slow.map(() => true));
  expect(redactions).toBe(1);
});

test('closes the connections with the most unsent bytes when clients do not read their responses', async () => {
  const { connectClient, probe } = await setup();
  const slow: Socket[] = [];
  for (let count = 0; count < 12; count += 1) {
    slow.push(await connectClient(get('/large')));
    expect(await probe()).toBe(200);
  }
  const received = await Promise.all(slow.map(async (socket) => receivesAll(socket).catch(() => false)));
  const complete = received.filter(Boolean).length;
  // 32 MiB of responses, and what fits into the buffers of the kernel.
  expect(complete).toBeGreaterThan(0);
  expect(complete).toBeLessThanOrEqual(5);
});

test('waits for a response that is being read before it closes', async () => {
  const server = await start({ '/large': { method: 'GET', respond: () => jsonResponse(200, LARGE_TEXT) } });
  const response = await fetch(`${server.url}/large`);
  const closed = server.close();
  expect(await response.json()).toBe(LARGE_TEXT);
  await closed;
});
