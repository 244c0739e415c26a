import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { json } from '../../src/server/answer.ts';
import type { Routes } from '../../src/server/routes.ts';
import { serve } from '../../src/server/server.ts';

type Lab = {
  /** Somebody who connects, says that, and reads nothing until asked to. */
  readonly visitor: (text?: string) => Promise<Socket>;
  /** The status that a probe gets, which has three seconds. */
  readonly probe: () => Promise<number>;
  readonly readers: () => number;
};

const LARGE = 'x'.repeat(8 * 1024 * 1024);

async function lab(): Promise<Lab> {
  let readers = 0;
  const routes: Routes = {
    '/healthz': { method: 'GET', answer: () => json(200, {}) },
    '/large': { method: 'GET', answer: () => json(200, LARGE) },
    '/events': {
      method: 'GET',
      stream: () => {
        readers += 1;
        return () => void (readers -= 1);
      },
    },
  };
  const server = await serve({
    listen: { host: '127.0.0.1', port: 0 },
    routes,
    hide: (text) => text,
    onBug: (error) => expect.fail(String(error)),
  });
  onTestFinished(server.close);
  const port = Number(new URL(server.url).port);
  const visitor = async (text = '') => {
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
  return { visitor, probe, readers: () => readers };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

test('a probe is answered however many others are connected and go on listening, or say nothing', async () => {
  const { visitor, probe, readers } = await lab();
  for (const text of [get('/events'), '']) {
    await Promise.all(Array.from({ length: 300 }, async () => visitor(text)));
    expect(await probe()).toBe(200);
  }
  expect(readers()).toBeLessThanOrEqual(200);
});

test('who asks for more behind a stream, or for a stream behind an answer, leaves nothing behind', async () => {
  const { visitor, probe, readers } = await lab();
  for (let count = 0; count < 20; count += 1) {
    const greedy = await visitor(get('/events').repeat(100));
    await once(greedy.resume(), 'close');
    const hasty = await visitor(get('/large') + get('/events'));
    await once(hasty.resume(), 'close');
  }
  await expect.poll(readers).toBe(0);
  expect(await probe()).toBe(200);
});

test('answers that nobody takes do not pile up: who lets most of them wait is let go', async () => {
  const { visitor, probe } = await lab();
  const slow: Socket[] = [];
  for (let count = 0; count < 12; count += 1) {
    slow.push(await visitor(get('/large')));
    expect(await probe()).toBe(200);
  }
  const taken = slow.map(async (socket) => {
    let bytes = 0;
    for await (const chunk of socket.resume().iterator({ destroyOnReturn: false })) {
      bytes += Buffer.from(chunk).length;
      if (bytes > LARGE.length) break;
    }
    return bytes > LARGE.length;
  });
  const whole = (await Promise.all(taken.map(async (each) => each.catch(() => false)))).filter(Boolean);
  // 32 MiB, and what the kernel took off the server's hands.
  expect(whole.length).toBeGreaterThan(0);
  expect(whole.length).toBeLessThanOrEqual(5);
});

test('close waits for an answer that is being taken', async () => {
  const server = await serve({
    listen: { host: '127.0.0.1', port: 0 },
    routes: { '/large': { method: 'GET', answer: () => json(200, LARGE) } },
    hide: (text) => text,
    onBug: (error) => expect.fail(String(error)),
  });
  const response = await fetch(`${server.url}/large`);
  const closed = server.close();
  expect(await response.json()).toBe(LARGE);
  await closed;
});
