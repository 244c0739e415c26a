import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createRawServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** A request as the server received it. */
export type Seen = {
  readonly method: string | undefined;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Served = {
  readonly url: string;
  /** All requests so far, oldest first. */
  readonly seen: readonly Seen[];
  readonly openSockets: () => number;
};

/** Starts an HTTP server for behavior that the emulator does not have. It is closed when the test ends. */
export async function served(handle: (request: Seen, response: ServerResponse) => void): Promise<Served> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void receive(request, response);
  });
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, url = '', headers } = request;
    const seenRequest = { method, url, headers, body: await text(request) };
    seen.push(seenRequest);
    handle(seenRequest, response);
  };
  const { port, openSockets } = await listening(server);
  return { url: `http://127.0.0.1:${port}/client/v4`, seen, openSockets };
}

/** Starts a TCP server that can break the HTTP protocol: `handle` receives the first bytes of each request. */
export async function servedRaw(handle: (request: string, socket: Socket) => void): Promise<string> {
  const server = createRawServer((socket) => {
    socket.on('error', () => {}); // The client may close the connection.
    socket.on('data', (bytes) => handle(bytes.toString(), socket));
  });
  const { port } = await listening(server);
  return `http://127.0.0.1:${port}/client/v4`;
}

export type Reply = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent unchanged, anything else as JSON. */
  readonly body?: unknown;
};

/** Starts a server that sends the replies one after the other, and repeats the last one. */
export async function replying(...replies: readonly Reply[]): Promise<Served> {
  let count = 0;
  return served((_, response) => {
    const { status = 200, headers = {}, body = '' } = replies[Math.min(count, replies.length - 1)] ?? {};
    count += 1;
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** Returns the envelope of a success. */
export function success(result: unknown, more: object = {}): object {
  return { success: true, errors: [], messages: [], result, ...more };
}

/** Returns the envelope of a failure. */
export function refusal(code: number, message: string, more: object = {}): object {
  return { success: false, errors: [{ code, message, ...more }], messages: [], result: null };
}

/** Returns a base URL with a port on which no server listens. */
export async function unusedUrl(): Promise<string> {
  const server = createRawServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = portOf(server);
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}/client/v4`;
}

/** Listens on a free port of 127.0.0.1 until the test ends. */
export async function listening(
  server: Server,
): Promise<{ readonly port: number; readonly openSockets: () => number }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return { ...portOf(server), openSockets: () => sockets.size };
}

function portOf(server: Server): AddressInfo {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('expected a TCP port');
  return address;
}
