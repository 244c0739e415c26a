import { once } from 'node:events';
import { createServer, isIP } from 'node:net';
import type { Server as Listener } from 'node:net';
import { limitConnections, maxConnections } from './connections/connection-limits.ts';
import type { ConnectionLimits } from './connections/connection-limits.ts';
import { openFileLimit } from './connections/open-files.ts';
import { createRequestHandler } from './request-handler.ts';
import type { RequestHandlerOptions } from './request-handler.ts';

export type ServerOptions = Pick<RequestHandlerOptions, 'routes' | 'redact' | 'onBug'> & {
  /** An empty `host` is every address of this machine; `port` 0 is any free port. */
  readonly listen: { readonly host: string; readonly port: number };
  /** How many files and connections the process may have open; by default, what the system says. */
  readonly openFiles?: number;
};

export type Server = {
  /** The URL for a person on this machine. */
  readonly url: string;
  readonly close: () => Promise<void>;
};

/** How long `close` waits for clients to receive the last responses. */
const CLOSE_TIMEOUT_MS = 1000;
/** A client that sends more requests on one connection has to open another, so that none keeps its place for ever. */
const MAX_REQUESTS_PER_CONNECTION = 1000;
/** New connections beyond this number have to wait a second for the kernel, and probes with them. The kernel lowers it to its own limit. */
const BACKLOG = 4096;

/**
 * Starts the HTTP server of health, metrics, reports, and the status page. Throws the system error when it cannot listen. After that, no
 * request can stop it or block it for long.
 */
export async function startServer({ listen, routes, redact, onBug, openFiles }: ServerOptions): Promise<Server> {
  // A static import would load Node's fetch as well, which adds 30 ms to the start of every command.
  const http = process.getBuiltinModule('node:http');
  const limits = limitConnections({ maxOpen: maxConnections(openFiles ?? openFileLimit()) });
  // The limits accept the connections, and the HTTP server gets them one request at a time.
  const parser = http.createServer();
  parser.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  const listener = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
    const connection = limits.accept(socket);
    connection.open(() => void parser.emit('connection', connection.stream));
  });
  const boundTo = () => {
    const address = listener.address();
    return typeof address === 'object' ? (address?.address ?? '') : '';
  };
  parser.on('request', createRequestHandler({ routes, redact, onBug, limits, listenHost: listen.host, boundTo }));
  const { host, port } = listen;
  listener.listen({ port, backlog: BACKLOG, ...(host === '' ? {} : { host }) });
  await once(listener, 'listening');
  // From here on, an error of one connection ends only that connection.
  listener.on('error', onBug);
  return { url: urlOf(listener, host), close: async () => closeServer(listener, limits) };
}

async function closeServer(listener: Listener, limits: ConnectionLimits): Promise<void> {
  // Let responses that were just written reach their clients: closing the connections discards unsent bytes.
  await new Promise((resolve) => void setImmediate(resolve));
  await limits.waitUntilSent(CLOSE_TIMEOUT_MS);
  const closed = once(listener, 'close');
  listener.close();
  limits.closeAll();
  await closed;
}

function urlOf(server: Listener, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const isAny = host === '' || host === '0.0.0.0' || host === '::';
  const name = isAny ? '127.0.0.1' : isIP(host) === 6 ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
