/*
 * A crowd of clients that harms a server: `node test/e2e/crowd.ts URL`. It lives in a process of its own, so that it does not slow down the
 * test that measures. It runs until it is killed, and sends its counts to the parent process when asked.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

const [, , url = ''] = process.argv;
const port = Number(new URL(url).port);
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** How long a client that was disconnected waits before it connects again. */
const RECONNECT_MS = 100;
/** As many requests as fit into one packet. */
const FLOOD = get('/').repeat(1800);
const counts = { connected: 0, pages: 0, floods: 0, events: 0 };

type Client = (socket: Socket) => void;

/** Writes as many requests as the server takes, and reads the responses as fast as it sends them. */
const flood: Client = (socket) => {
  const write = () => {
    while (socket.write(FLOOD)) counts.floods += 1;
  };
  socket.on('drain', write);
  socket.on('data', () => {});
  write();
};

/** Asks for the page, and reads nothing of it. */
const readSlowly: Client = (socket) => void socket.pause().write(get('/'));

const readEvents: Client = (socket) => {
  socket.write(get('/api/events'));
  socket.on('data', (data) => {
    counts.events += String(data).split('event: ').length - 1;
  });
};

/** Asks for the page again and again. */
const readPages: Client = (socket) => {
  let rest = 0;
  socket.on('data', (data) => {
    if (rest === 0) {
      const head = data.toString('latin1');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      rest = head.indexOf('\r\n\r\n') + 4 + length;
    }
    rest -= data.length;
    if (rest > 0) return;
    rest = 0;
    counts.pages += 1;
    setTimeout(() => socket.write(get('/')), RECONNECT_MS);
  });
  socket.write(get('/'));
};

function keepConnected(client: Client): void {
  const socket = connect(port, '127.0.0.1', () => {
    counts.connected += 1;
    client(socket);
  });
  socket.on('error', () => {});
  socket.on('close', () => setTimeout(() => keepConnected(client), RECONNECT_MS));
}

const CROWD = [
  [20, flood],
  [400, readSlowly],
  [400, readEvents],
  [180, readPages],
] as const;

for (const [count, client] of CROWD) {
  for (let number = 0; number < count; number += 1) keepConnected(client);
}
process.on('message', () => process.send?.(counts));
