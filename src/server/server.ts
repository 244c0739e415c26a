import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { isIP } from 'node:net';
import { limitConnections } from './connection-limits.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { createRequestHandler } from './request-handler.ts';
import type { RequestHandlerOptions } from './request-handler.ts';

export type ServerOptions = Pick<RequestHandlerOptions, 'routes' | 'redact' | 'onBug'> & {
  /** An empty `host` is every address of this machine; `port` 0 is any free port. */
  readonly listen: { readonly host: string; readonly port: number };
};

export type Server = {
  /** The URL for a person on this machine. */
  readonly url: string;
  readonly close: () => Promise<void>;
};

const REQUEST_TIMEOUT_MS = 10_000;
/** How often to check for requests that have timed out. */
const TIMEOUT_CHECK_INTERVAL_MS = 2000;
/** How long `close` waits for clients to receive the last responses. */
const CLOSE_TIMEOUT_MS = 1000;

/**
 * Starts the HTTP server of health, metrics, reports, and the status page. Throws the system error when it cannot listen. After that, no
 * request can stop it or block it for long.
 */
export async function startServer({ listen, routes, redact, onBug }: ServerOptions): Promise<Server> {
  // A static import would load Node's fetch as well, which adds 30 ms to the start of every command.
  const { createServer } = process.getBuiltinModule('node:http');
  const server = createServer({
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
  });
  const limits = limitConnections(server);
  const boundTo = () => {
    const address = server.address();
    return typeof address === 'object' ? (address?.address ?? '') : '';
  };
  server.on('request', createRequestHandler({ routes, redact, onBug, limits, listenHost: listen.host, boundTo }));
  if (listen.host === '') server.listen(listen.port);
  else server.listen(listen.port, listen.host);
  await once(server, 'listening');
  // From here on, an error of one connection ends only that connection.
  server.on('error', onBug);
  return { url: urlOf(server, listen.host), close: async () => closeServer(server, limits) };
}

async function closeServer(server: HttpServer, limits: ConnectionLimits): Promise<void> {
  // Let responses that were just written reach their clients: closing the server discards unsent bytes.
  await new Promise((resolve) => void setImmediate(resolve));
  await limits.waitUntilSent(CLOSE_TIMEOUT_MS);
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function urlOf(server: HttpServer, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const isAny = host === '' || host === '0.0.0.0' || host === '::';
  const name = isAny ? '127.0.0.1' : isIP(host) === 6 ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
