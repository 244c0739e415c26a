import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ConnectionLimits } from './connection-limits.ts';
import { EVENT_STREAM_TYPE, isStreaming, streamEvents } from './event-stream.ts';
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
  return (request, response) => {
    void handle(request, response, options).catch((error: unknown) => {
      options.onBug(error);
      if (response.headersSent) response.destroy();
      else send(request, response, errorResponse(500, 'internal error; see the log'), options);
    });
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: RequestHandlerOptions,
): Promise<void> {
  // No route reads a request body; discard it.
  request.resume();
  if (isStreaming(request.socket)) return void request.socket.destroy();
  if (!isExpectedHost(request, { boundTo: options.boundTo(), listenHost: options.listenHost })) {
    const refusal = errorResponse(421, 'unexpected host name; expected localhost, 127.0.0.1, or [::1]');
    return send(request, response, refusal, options);
  }
  const url = targetUrl(request);
  const route = url === null ? undefined : options.routes[url.pathname];
  if (url === null || route === undefined) {
    const paths = Object.keys(options.routes).join(', ');
    return send(request, response, errorResponse(404, `not found; expected one of ${paths}`), options);
  }
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method !== route.method) {
    const refusal = errorResponse(405, `method: expected ${route.method}, found ${request.method}`);
    return send(request, response, { ...refusal, headers: { allow: route.method } }, options);
  }
  if ('respond' in route) {
    const routeRequest = { query: url.searchParams, headers: request.headers };
    return send(request, response, await route.respond(routeRequest), options);
  }
  if (request.method === 'HEAD') {
    return send(request, response, { status: 200, contentType: EVENT_STREAM_TYPE, body: '' }, options);
  }
  streamEvents(request, response, { subscribe: route.subscribe, redact: options.redact });
}

function send(
  { method, socket }: IncomingMessage,
  response: ServerResponse,
  { status, contentType, body, headers }: HttpResponse,
  { redact, limits }: Pick<RequestHandlerOptions, 'redact' | 'limits'>,
): void {
  const content = Buffer.from(redact(body));
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': contentType,
    'content-length': content.length,
    'cache-control': 'no-store',
    ...headers,
  });
  if (method === 'HEAD') return void response.end();
  limits.trackResponse(response, socket, content.length);
  response.end(content);
}
