import type { IncomingMessage, ServerResponse } from 'node:http';
import { cachedByIdentity } from '../core/base/identity-cache.ts';
import type { ConnectionLimits } from './connections/connection-limits.ts';
import type { Connection } from './connections/connection.ts';
import { EVENT_STREAM_TYPE, eventWriter, streamEvents } from './event-stream.ts';
import { errorResponse, SECURITY_HEADERS } from './http-response.ts';
import type { HttpResponse } from './http-response.ts';
import { isExpectedHost, targetUrl } from './request-target.ts';
import type { Routes } from './route.ts';

export type RequestHandlerOptions = {
  readonly routes: Routes;
  /** Removes secrets from every response. */
  readonly redact: (text: string) => string;
  /** Called with an unexpected error, which the client sees as status 500. */
  readonly onBug: (error: unknown) => void;
  readonly limits: ConnectionLimits;
  /** The host as the setting names it. */
  readonly listenHost: string;
  /** Returns the address that the server is bound to, in canonical form. */
  readonly boundTo: () => string;
};

/** Returns a listener that answers every request, even if its route throws. */
export function createRequestHandler(
  options: RequestHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { routes, redact, limits, onBug } = options;
  const prepared: Prepared = {
    ...options,
    contentOf: cachedByIdentity(({ body }) => Buffer.from(redact(body))),
    notFound: errorResponse(404, `not found; expected one of ${Object.keys(routes).join(', ')}`),
    toEvent: eventWriter(redact),
  };
  return (request, response) => {
    const connection = limits.connectionOf(request.socket);
    // A connection gives the parser one request at a time, whatever the client sends.
    if (connection === undefined || !connection.onRequest()) return void request.socket.destroy();
    response.on('close', connection.onAnswered);
    const exchange = { request, response, connection };
    void handle(exchange, prepared).catch((error: unknown) => {
      onBug(error);
      if (response.headersSent) response.destroy();
      else send(exchange, errorResponse(500, 'internal error; see the log'), prepared);
    });
  };
}

type Prepared = RequestHandlerOptions & {
  /** Returns the bytes of a response without secrets. A response that is returned again has the same bytes. */
  readonly contentOf: (response: HttpResponse) => Buffer;
  readonly notFound: HttpResponse;
  readonly toEvent: (event: string, data: unknown) => string;
};

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
};

async function handle(exchange: Exchange, options: Prepared): Promise<void> {
  const { request, response, connection } = exchange;
  // No route reads a request body; discard it.
  request.resume();
  if (!isExpectedHost(request, { boundTo: options.boundTo(), listenHost: options.listenHost })) {
    const refusal = errorResponse(421, 'unexpected host name; expected localhost, 127.0.0.1, or [::1]');
    return send(exchange, refusal, options);
  }
  const url = targetUrl(request);
  const route = url === null ? undefined : options.routes[url.pathname];
  if (url === null || route === undefined) {
    return send(exchange, options.notFound, options);
  }
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method !== route.method) {
    const refusal = errorResponse(405, `method: expected ${route.method}, found ${request.method}`);
    return send(exchange, { ...refusal, headers: { allow: route.method } }, options);
  }
  if ('respond' in route) {
    const routeRequest = { query: url.searchParams, headers: request.headers };
    return send(exchange, await route.respond(routeRequest), options);
  }
  if (request.method === 'HEAD') {
    return send(exchange, { status: 200, contentType: EVENT_STREAM_TYPE, body: '' }, options);
  }
  connection.onStream();
  streamEvents(response, { subscribe: route.subscribe, toEvent: options.toEvent });
}

function send(
  { request, response, connection }: Exchange,
  answer: HttpResponse,
  { contentOf, limits }: Pick<Prepared, 'contentOf' | 'limits'>,
): void {
  const content = contentOf(answer);
  response.writeHead(answer.status, {
    ...SECURITY_HEADERS,
    'content-type': answer.contentType,
    'content-length': content.length,
    'cache-control': 'no-store',
    ...answer.headers,
  });
  if (request.method === 'HEAD') return void response.end();
  limits.trackResponse(connection, response, content);
  response.end(content);
}
