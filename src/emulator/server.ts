import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '../core/base/json.ts';
import { failure } from './api.ts';
import type { ApiRequest, RequestBody } from './api.ts';
import { rightsOf } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { deliverWhole } from './scenario/delivery.ts';
import type { Delivery } from './scenario/delivery.ts';
import type { Fate, Trouble } from './scenario/trouble.ts';

/** A request that has been dealt with, for an access log and for tests. Headers are left out, credentials stand in them. */
export type HandledRequest = {
  readonly method: string;
  /** As in the request line, with the query. */
  readonly path: string;
  /** 0 when it gets no answer. */
  readonly status: number;
  readonly durationMs: number;
  /** The parsed JSON body; undefined when there was none or it did not parse. */
  readonly body: Json | undefined;
  /** When it arrived. */
  readonly at: Date;
  /** What a scenario did to it: the name of a fault, a status, `limited` or `refused`; null when nothing was done. */
  readonly fault: string | null;
};

export type ServerOptions = {
  readonly port: number;
  readonly credentials: Credentials;
  readonly latencyMs: number;
  readonly now: () => Date;
  readonly arrive: Trouble['arrive'];
  readonly deliver: (request: ApiRequest, fate: Fate) => Delivery;
  /** Called before the answer leaves, or instead, so that whoever has the answer finds the request recorded. */
  readonly onRequest: (request: HandledRequest) => void;
};

export type Server = { readonly port: number; readonly close: () => Promise<void> };

// Not imported: an import of it from a module loads Node's own fetch along with it, which takes longer than all of the emulator.

const maxBodyBytes = 1024 * 1024;

/** Serves HTTP on 127.0.0.1: body in, envelope out, with the headers that every answer of the API bears. */
export async function serve(options: ServerOptions): Promise<Server> {
  const closing = new AbortController();
  // Imported, it would bring Node's fetch along, 30 ms of every start of every command.
  const { createServer } = process.getBuiltinModule('node:http');
  const server = createServer((request, response) => {
    void handle(request, response, options, closing.signal);
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the emulator listens on no TCP port');
  return {
    port: address.port,
    close: async () => {
      if (!server.listening) return;
      closing.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
  closing: AbortSignal,
): Promise<void> {
  const at = options.now();
  const started = performance.now();
  const method = request.method ?? '';
  const path = request.url ?? '';
  const fate = options.arrive({ method, path, at });
  // One that hangs waits for nothing, so it is told as it arrives.
  const hangs = fate.kind === 'struck' && fate.fault.kind === 'hang';
  let body: RequestBody;
  try {
    body = await readBody(request);
    if (options.latencyMs > 0 && !hangs) await delay(options.latencyMs, undefined, { signal: closing });
  } catch {
    // The client went away in the middle of its request, or the emulator was closed: nobody waits for an answer.
    response.destroy();
    return;
  }
  const rights = rightsOf(request.headers, options.credentials);
  const delivery = await heldBack(
    safely(() => options.deliver({ method, path, rights, body }, fate)),
    closing,
  );
  options.onRequest({
    method,
    path,
    status: 'status' in delivery ? delivery.status : 0,
    durationMs: performance.now() - started,
    body: body.kind === 'json' ? body.value : undefined,
    at,
    fault: delivery.fault,
  });
  send(response, delivery, fate.headers);
}

/** Waits for as long as an answer is held back. Nobody is there to have it if the emulator is closed meanwhile. */
async function heldBack(delivery: Delivery, closing: AbortSignal): Promise<Delivery> {
  if (delivery.kind === 'reset' || delivery.kind === 'silence' || delivery.afterMs === 0) return delivery;
  return delay(delivery.afterMs, delivery, { signal: closing }).catch(() => ({ kind: 'reset', fault: delivery.fault }));
}

/** Reads a body to its end but keeps at most 1 MiB of it: hanging up on a client that still sends would lose the answer. */
async function readBody(request: IncomingMessage): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) chunks.push(chunk);
  }
  if (bytes > maxBodyBytes) return { kind: 'too large' };
  if (bytes === 0) return { kind: 'empty' };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    const value: Json = JSON.parse(text);
    return { kind: 'json', value };
  } catch {
    // Neither UTF-8 nor JSON: the answer says so.
    return { kind: 'malformed' };
  }
}

/** A bug of the emulator becomes an answer that names it; a test that waits for its time-out would tell less. */
function safely(deliver: () => Delivery): Delivery {
  try {
    return deliver();
  } catch (error) {
    return deliverWhole(failure(500, [{ code: 1000, message: `the emulator has a bug: ${String(error)}` }]));
  }
}

function send(response: ServerResponse, delivery: Delivery, headers: Fate['headers']): void {
  switch (delivery.kind) {
    case 'silence':
      // The connection stays as it is until the client or `close` ends it.
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'whole':
    case 'cut': {
      const content = Buffer.from(delivery.text);
      response.writeHead(delivery.status, {
        ...observedHeaders(),
        ...headers,
        ...delivery.headers,
        'content-length': content.length,
      });
      if (delivery.kind === 'whole') response.end(content);
      else response.write(content.subarray(0, content.length >> 1), () => response.destroy());
      return;
    }
    default:
      delivery satisfies never;
  }
}

/** Those of recorded answers; the rate limit ones said 1199 nearly always, and so they do here. */
function observedHeaders(): Record<string, string> {
  return {
    'cf-ray': `${randomBytes(8).toString('hex')}-EMU`,
    ratelimit: '"default";r=1199;t=1',
    'ratelimit-policy': '"default";q=1200;w=300',
  };
}
