import { once } from 'node:events';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { problem, SECURITY_HEADERS } from './answer.ts';
import type { Answer } from './answer.ts';
import { keepRoom } from './connections.ts';
import type { Connections } from './connections.ts';
import type { Routes } from './routes.ts';

export type ServeOptions = {
  /** All addresses of the machine where `host` is empty; any free port where `port` is 0. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly routes: Routes;
  /** Takes the secrets out of whatever is answered. */
  readonly hide: (text: string) => string;
  /** Told of a bug, which becomes an answer of status 500. */
  readonly onBug: (error: unknown) => void;
};

export type Server = { readonly url: string; readonly close: () => Promise<void> };

const REQUEST_TIMEOUT_MS = 10_000;
/** How often to look for requests that are late. */
const LOOK_EVERY_MS = 2000;
/** How long the last answers may take to be taken once it is closed. */
const LAST_ANSWERS_MS = 1000;

/**
 * Serves health, metrics, reports and the status page over HTTP. Throws the error of the system where it cannot listen. Once it does, no
 * request can end it, or hold it up for long.
 */
export async function serve(options: ServeOptions): Promise<Server> {
  // Imported, it would bring Node's fetch along, 30 ms of every start of every command.
  const { createServer } = process.getBuiltinModule('node:http');
  const server = createServer(
    {
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: LOOK_EVERY_MS,
    },
    (request, response) => {
      void answer(request, response, answering).catch((error: unknown) => {
        options.onBug(error);
        if (response.headersSent) response.destroy();
        else send(request, response, problem(500, 'a bug: the log says more'), answering);
      });
    },
  );
  const connections = keepRoom(server);
  const answering: Answering = {
    ...options,
    connections,
    boundTo: () => {
      const address = server.address();
      return typeof address === 'object' ? (address?.address ?? '') : '';
    },
  };
  const { host, port } = options.listen;
  if (host === '') server.listen(port);
  else server.listen(port, host);
  await once(server, 'listening');
  // From here on, whatever befalls one connection ends that one only.
  server.on('error', options.onBug);
  return { url: urlOf(server, host), close: async () => close(server, connections) };
}

async function close(server: HttpServer, connections: Connections): Promise<void> {
  // Whoever was told something a moment ago is told all of it; and first of all, for to close ends what is given and not yet taken.
  await new Promise((given) => void setImmediate(given));
  await connections.drained(LAST_ANSWERS_MS);
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** Where a person on this machine finds it. */
function urlOf(server: HttpServer, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const isAny = host === '' || host === '0.0.0.0' || host === '::';
  const name = isAny ? '127.0.0.1' : isIP(host) === 6 ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

type Answering = ServeOptions & {
  readonly connections: Connections;
  /** The address on which it listens, however that was spelled. */
  readonly boundTo: () => string;
};

async function answer(request: IncomingMessage, response: ServerResponse, options: Answering): Promise<void> {
  // Nothing here reads a body; what comes of one is let go.
  request.resume();
  // Behind a stream there is never a turn, and who sends on nevertheless would never be done with.
  if (streaming.has(request.socket)) return void request.socket.destroy();
  if (isLoopback(options.boundTo()) && !isOurs(hostNameOf(request), options.listen.host)) {
    // A page of somebody else's may have its name lead here, and would read what a browser on this machine may read.
    return send(
      request,
      response,
      problem(421, 'asked for under another name than localhost, 127.0.0.1 or [::1]'),
      options,
    );
  }
  const url = targetOf(request);
  const route = url === null ? undefined : options.routes[url.pathname];
  if (url === null || route === undefined) {
    return send(
      request,
      response,
      problem(404, `nothing is here; see ${Object.keys(options.routes).join(' ')}`),
      options,
    );
  }
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method !== route.method) {
    const refusal = problem(405, `expected ${route.method}, found ${request.method}`);
    return send(request, response, { ...refusal, headers: { allow: route.method } }, options);
  }
  if ('stream' in route) {
    if (request.method !== 'HEAD') return stream(request, response, route.stream, options.hide);
    return send(request, response, { status: 200, type: EVENT_STREAM, body: '' }, options);
  }
  send(request, response, await route.answer({ query: url.searchParams, headers: request.headers }), options);
}

/** A target may be a whole address, as for a proxy. https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2 */
const ADDRESS = /^http:\/\/[^/\\?#]/i;

/** What is asked for. A path that begins with `//` is a path, and no host. */
function targetOf({ url = '' }: IncomingMessage): URL | null {
  if (url.startsWith('/')) return URL.parse(`http://localhost${url}`);
  return ADDRESS.test(url) ? URL.parse(url) : null;
}

/** Of an address its own, whatever the header says. Null where neither names anybody, as HTTP/1.0 allows; a browser always does. */
function hostNameOf({ url = '', headers: { host } }: IncomingMessage): string | null {
  const address = ADDRESS.test(url) ? url : host === undefined ? null : `http://${host}`;
  return address === null ? null : (URL.parse(address)?.hostname.replace(/^\[|\]$/g, '') ?? '');
}

function isOurs(name: string | null, listenHost: string): boolean {
  return name === null || isLoopback(name) || name === listenHost.toLowerCase();
}

function isLoopback(host: string): boolean {
  return /^(localhost|.+\.localhost|::1|(::ffff:)?127(\.\d+){3}|::ffff:7f[\da-f]{2}:[\da-f]+)$/.test(host);
}

function send(
  { method, socket }: IncomingMessage,
  response: ServerResponse,
  { status, type, body, headers }: Answer,
  { hide, connections }: Pick<Answering, 'hide' | 'connections'>,
): void {
  const content = Buffer.from(hide(body));
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': type,
    'content-length': content.length,
    'cache-control': 'no-store',
    ...headers,
  });
  if (method !== 'HEAD') connections.owes(response, socket, content.length);
  response.end(method === 'HEAD' ? undefined : content);
}

const EVENT_STREAM = 'text/event-stream';
const HEARTBEAT_MS = 15_000;

/** A reader that is so far behind is let go; it comes back by itself, and finds what is so then. */
const MOST_UNREAD_BYTES = 64 * 1024;

/** Connections that are taken up by a stream. */
const streaming = new WeakSet<Socket>();

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
function stream(
  { socket }: IncomingMessage,
  response: ServerResponse,
  subscribe: (send: (event: string, data: unknown) => void) => () => void,
  hide: ServeOptions['hide'],
): void {
  streaming.add(socket);
  // Asked for before the last answer was taken: an answer that has no connection yet is not told of its end either.
  if (response.socket === null) return void socket.destroy();
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': EVENT_STREAM,
    'cache-control': 'no-store',
    // nginx would keep events back otherwise.
    'x-accel-buffering': 'no',
  });
  const write = (text: string) => {
    if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
    else response.write(text);
  };
  write('retry: 2000\n\n');
  const unsubscribe = subscribe((event, data) => write(`event: ${event}\ndata: ${hide(JSON.stringify(data))}\n\n`));
  const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS).unref();
  response.on('close', () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
}
