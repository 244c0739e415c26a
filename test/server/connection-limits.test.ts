import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { jsonResponse } from '../../src/server/http-response.ts';
import type { Routes } from '../../src/server/route.ts';
import { startServer } from '../../src/server/server.ts';
import type { Server } from '../../src/server/server.ts';

const LARGE_TEXT = 'x'.repeat(8 * 1024 * 1024);

type Setup = {
  /** Connects, sends the text, and reads nothing until the test resumes the socket. */
  readonly connectClient: (text?: string) => Promise<Socket>;
  /** Returns the status of `/healthz`, which must respond within three seconds. */
  readonly probe: () => Promise<number>;
  /** How many clients are subscribed to the events. */
  readonly subscribers: () => number;
};

async function start(routes: Routes): Promise<Server> {
  return startServer({
    listen: { host: '127.0.0.1', port: 0 },
    routes,
    redact: (text) => text,
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

test('closes a connection that pipelines requests after a stream, or a stream after a response', async () => {
  const { connectClient, probe, subscribers } = await setup();
  for (let count = 0; count < 20; count += 1) {
    const afterStream = await connectClient(get('/events').repeat(100));
    await once(afterStream.resume(), 'close');
    const streamAfterResponse = await connectClient(get('/large') + get('/events'));
    await once(streamAfterResponse.resume(), 'close');
  }
  await expect.poll(subscribers).toBe(0);
  expect(await probe()).toBe(200);
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
