import { createSecureServer } from 'node:http2';
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from 'node:http2';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { listening } from '../server.ts';
import type { Certificate } from './certificates.ts';

export type TlsRequest = {
  readonly method: string;
  readonly path: string;
  readonly version: string;
  readonly body: string;
};

export type TlsApi = {
  readonly port: number;
  /** All requests so far, oldest first. */
  readonly seen: readonly TlsRequest[];
};

/** Starts an HTTPS server that prefers HTTP/2, as the edge of Cloudflare does. It is closed when the test ends. */
export async function tlsApi(
  certificate: Certificate,
  handle: (request: TlsRequest, response: Http2ServerResponse) => void,
): Promise<TlsApi> {
  const seen: TlsRequest[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
    void receive(request, response);
  });
  const receive = async (request: Http2ServerRequest, response: Http2ServerResponse) => {
    const { method, url: path, httpVersion: version } = request;
    const seenRequest = { method, path, version, body: await text(request) };
    seen.push(seenRequest);
    handle(seenRequest, response);
  };
  server.on('session', (session) => sessions.add(session));
  const { port } = await listening(server);
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  return { port, seen };
}
