import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { failure } from './api.ts';
import type { Answer, ApiRequest, RequestBody } from './api.ts';
import { rightsOf } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import type { Json } from '../core/json.ts';

/** A request that has been answered, for an access log and for tests. Headers are left out, credentials stand in them. */
export type HandledRequest = {
  readonly method: string;
  /** As in the request line, with the query. */
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  /** The parsed JSON body; undefined when there was none or it did not parse. */
  readonly body: Json | undefined;
  /** When it arrived. */
  readonly at: Date;
};

export type ServerOptions = {
  readonly port: number;
  readonly credentials: Credentials;
  readonly latencyMs: number;
  readonly now: () => Date;
  readonly answerTo: (request: ApiRequest) => Answer;
  /** Called before the answer leaves, so that whoever has the answer finds the request recorded. */
  readonly onRequest: (request: HandledRequest) => void;
};

export type Server = { readonly port: number; readonly close: () => Promise<void> };

const maxBodyBytes = 1024 * 1024;

/** Serves HTTP on 127.0.0.1: body in, envelope out, with the headers that every answer of the API bears. */
export async function serve(options: ServerOptions): Promise<Server> {
  const closing = new AbortController();
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
  let body: RequestBody;
  try {
    body = await readBody(request);
    if (options.latencyMs > 0) await delay(options.latencyMs, undefined, { signal: closing });
  } catch {
    // The client went away in the middle of its request, or the emulator was closed: nobody waits for an answer.
    response.destroy();
    return;
  }
  const answer = safely(() =>
    options.answerTo({ method, path, rights: rightsOf(request.headers, options.credentials), body }),
  );
  const parsed = body.kind === 'json' ? body.value : undefined;
  options.onRequest({ method, path, status: answer.status, durationMs: performance.now() - started, body: parsed, at });
  send(response, answer);
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
function safely(answer: () => Answer): Answer {
  try {
    return answer();
  } catch (error) {
    return failure(500, [{ code: 1000, message: `the emulator has a bug: ${String(error)}` }]);
  }
}

/** The headers are those of recorded answers; the rate limit ones said 1199 nearly always, and so they do here. */
function send(response: ServerResponse, answer: Answer): void {
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cf-ray': `${randomBytes(8).toString('hex')}-EMU`,
    ratelimit: '"default";r=1199;t=1',
    'ratelimit-policy': '"default";q=1200;w=300',
    ...answer.headers,
  });
  response.end(text);
}
