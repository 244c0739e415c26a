import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseJson } from '../core/base/json.ts';
import type { Json } from '../core/base/json.ts';
import { errorAnswer } from './api.ts';
import type { ReceivedRequest, RequestBody } from './api.ts';
import { rightsOf } from './credentials.ts';
import type { AcceptedCredentials } from './credentials.ts';
import { deliverWhole } from './scenario/delivery.ts';
import type { Delivery } from './scenario/delivery.ts';
import type { Decision, FaultInjector } from './scenario/fault-injector.ts';

/** A handled request, for the access log and for tests. Headers are left out, because they hold credentials. */
export type HandledRequest = {
  readonly method: string;
  /** The request target, including the query. */
  readonly path: string;
  /** 0 if no answer is sent. */
  readonly status: number;
  readonly durationMs: number;
  /** The parsed JSON body; undefined if there was none or it was not valid JSON. */
  readonly body: Json | undefined;
  /** The time of arrival. */
  readonly at: Date;
  /** The action of the scenario: the name of a fault, a status, `limited` or `refused`; null for a normal answer. */
  readonly fault: string | null;
};

export type EmulatorServerOptions = {
  readonly port: number;
  readonly credentials: AcceptedCredentials;
  readonly latencyMs: number;
  readonly now: () => Date;
  readonly decide: FaultInjector['decide'];
  readonly deliver: (request: ReceivedRequest, decision: Decision) => Delivery;
  /** Called before the answer is sent, so that a client that has the answer finds the request recorded. */
  readonly onRequest: (request: HandledRequest) => void;
};

export type EmulatorServer = { readonly port: number; readonly close: () => Promise<void> };

const MAX_BODY_BYTES = 1024 * 1024;

/** Serves HTTP on 127.0.0.1, with the headers that every answer of the API carries. */
export async function serve(options: EmulatorServerOptions): Promise<EmulatorServer> {
  const closing = new AbortController();
  // An import of node:http also loads Node's fetch, which adds 30 ms to the start of every command.
  const { createServer } = process.getBuiltinModule('node:http');
  const server = createServer((request, response) => {
    void handle(request, response, options, closing.signal);
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the emulator does not listen on a TCP port');
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
  options: EmulatorServerOptions,
  closing: AbortSignal,
): Promise<void> {
  const at = options.now();
  const started = performance.now();
  const method = request.method ?? '';
  const path = request.url ?? '';
  const decision = options.decide({ method, path, at });
  // A request that hangs is not delayed, so it is reported as it arrives.
  const hangs = decision.kind === 'faulty' && decision.fault.kind === 'hang';
  let body: RequestBody;
  try {
    body = await readBody(request);
    if (options.latencyMs > 0 && !hangs) await delay(options.latencyMs, undefined, { signal: closing });
  } catch {
    // The client disconnected during its request, or the emulator was closed: no answer is needed.
    response.destroy();
    return;
  }
  const rights = rightsOf(request.headers, options.credentials);
  const delivery = await delayed(
    catchBugs(() => options.deliver({ method, path, rights, body }, decision)),
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
  send(response, delivery, decision.headers);
}

/** Waits until a delayed answer is due. Resets the connection if the emulator is closed first. */
async function delayed(delivery: Delivery, closing: AbortSignal): Promise<Delivery> {
  if (delivery.kind === 'reset' || delivery.kind === 'silence' || delivery.afterMs === 0) return delivery;
  return delay(delivery.afterMs, delivery, { signal: closing }).catch(() => ({ kind: 'reset', fault: delivery.fault }));
}

/** Reads the whole body but keeps at most 1 MiB: closing the connection while the client sends would lose the answer. */
async function readBody(request: IncomingMessage): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) return { kind: 'too large' };
  if (bytes === 0) return { kind: 'empty' };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    const value = parseJson(text);
    return { kind: 'json', value };
  } catch {
    // Not UTF-8, or not JSON: the answer says so.
    return { kind: 'malformed' };
  }
}

/** Turns a bug of the emulator into an answer that names it, so that tests do not wait for a timeout. */
function catchBugs(deliver: () => Delivery): Delivery {
  try {
    return deliver();
  } catch (error) {
    return deliverWhole(errorAnswer(500, [{ code: 1000, message: `the emulator has a bug: ${String(error)}` }]));
  }
}

function send(response: ServerResponse, delivery: Delivery, headers: Decision['headers']): void {
  switch (delivery.kind) {
    case 'silence':
      // The connection stays open until the client or `close` ends it.
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

/** The headers of recorded answers. The remaining requests were nearly always 1199 there. */
function observedHeaders(): Record<string, string> {
  return {
    'cf-ray': `${randomBytes(8).toString('hex')}-EMU`,
    ratelimit: '"default";r=1199;t=1',
    'ratelimit-policy': '"default";q=1200;w=300',
  };
}
