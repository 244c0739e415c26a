import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listening } from '../server.ts';
import type { Certificate } from './certificates.ts';

export type ConnectProxy = {
  readonly port: number;
  /** The targets of all CONNECT requests so far. */
  readonly targets: readonly string[];
};

export type ConnectProxyOptions = {
  /** The login that the proxy asks for, as `user:password`. */
  readonly login?: string;
  /** The answer to every CONNECT request instead of a tunnel; null for no answer at all. */
  readonly answer?: string | null;
  /** With a certificate, clients speak TLS to the proxy. */
  readonly certificate?: Certificate;
  /** Where tunnels lead, instead of where the client asks for. */
  readonly upstreamPort?: number;
};

/** Starts an HTTP proxy on a free port of 127.0.0.1. It is closed when the test ends. */
export async function connectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const onConnect = (request: IncomingMessage, client: Socket) => {
    targets.push(request.url ?? '');
    client.on('error', () => {});
    const answer = answerTo(request, options);
    if (answer === null) return;
    if (answer !== '') return void client.end(answer);
    const upstream = connect({ host: '127.0.0.1', port: options.upstreamPort ?? Number(request.url?.split(':')[1]) });
    sockets.add(upstream);
    upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    upstream.on('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    client.on('close', () => upstream.destroy());
  };
  const server = options.certificate === undefined ? createServer() : createTlsServer(options.certificate);
  server.on('connect', onConnect);
  const { port } = await listening(server);
  return { port, targets };
}

/** Returns the answer to a CONNECT request; an empty text opens a tunnel. */
function answerTo({ headers }: IncomingMessage, { answer, login }: ConnectProxyOptions): string | null {
  if (answer !== undefined) return answer;
  if (login === undefined) return '';
  const expected = `Basic ${Buffer.from(login).toString('base64')}`;
  if (headers['proxy-authorization'] === expected) return '';
  return 'HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="example"\r\n\r\n';
}
