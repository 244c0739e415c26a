import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { DirectoryOptions } from '../../../src/cloudflare/directory.ts';
import type { HttpProxy } from '../../../src/core/base/http-proxy.ts';
import { directoryAt, failed, live, never, web } from '../client.ts';
import { servedRaw, success, unusedUrl } from '../server.ts';
import { authority, hasOpenssl } from './certificates.ts';
import { connectProxy } from './connect-proxy.ts';
import type { ConnectProxyOptions } from './connect-proxy.ts';
import { tlsApi } from './tls-api.ts';
import type { TlsApi } from './tls-api.ts';

const origin = { credential: 'CLOUDFLARE_API_TOKEN', baseUrl: null };
const login = { user: 'operator@example', password: 'sword#fish:50%' };
const url = 'https://api.test/client/v4';

type Way = Pick<DirectoryOptions, 'proxy' | 'caCertificates'>;

type Opened = { readonly api: TlsApi; readonly way: Way; readonly targets: readonly string[]; readonly port: number };

/** Starts an API with a private authority, and a proxy that leads to it. */
async function opened(options: ConnectProxyOptions = {}, proxy: Partial<HttpProxy> = {}): Promise<Opened> {
  const { caFile, issue } = authority();
  const api = await tlsApi(issue({ names: 'DNS:api.test' }), ({ method }, response) =>
    response.end(JSON.stringify(success(method === 'GET' ? [web()] : web()))),
  );
  const { port, targets } = await connectProxy({ upstreamPort: api.port, ...options });
  const way = {
    caCertificates: readFileSync(caFile, 'utf8'),
    proxy: { url: `http://127.0.0.1:${port}`, login: null, variable: 'HTTPS_PROXY', ...proxy },
  };
  return { api, way, targets, port };
}

/** Returns the message of a failed list, without the part that all have. */
async function messageOf(
  way: Way,
): Promise<{ readonly message: string; readonly kind: string; readonly attempts: number }> {
  const error = await failed(directoryAt(url, { ...way, origin, attempts: 2 }).list(never));
  const { message, kind } = error.failure;
  const [prefix, ...rest] = message.split('GET api.test: ');
  expect(prefix).toBe('');
  expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(/sword#|fish|operator@/);
  return { message: rest.join(), kind, attempts: error.attempts };
}

describe.skipIf(!hasOpenssl)('through a proxy', () => {
  test.for([
    { by: 'without a login', options: {}, proxy: {} },
    { by: 'with a login', options: { login: `${login.user}:${login.password}` }, proxy: { login } },
  ])('$by, requests reach the API', async ({ options, proxy }) => {
    const { api, way, targets } = await opened(options, proxy);
    const directory = directoryAt(url, way);
    expect(await directory.list(never)).toHaveLength(1);
    await Promise.all(Array.from({ length: 20 }, async () => directory.update(live(web()), {}, never)));
    expect(api.seen).toHaveLength(21);
    expect(new Set(api.seen.map(({ version }) => version))).toEqual(new Set(['1.1']));
    expect(new Set(targets)).toEqual(new Set(['api.test:443']));
    expect(targets.length).toBeLessThanOrEqual(4);
    expect(directory.usage().requests).toBe(21);
  });

  test('that speaks TLS itself, requests reach the API', async () => {
    const ofProxy = authority('/CN=Proxy CA');
    const { api, way, port } = await opened({ certificate: ofProxy.issue() });
    const caCertificates = `${way.caCertificates}\n${readFileSync(ofProxy.caFile, 'utf8')}`;
    const proxy = { url: `https://localhost:${port}`, login: null, variable: 'HTTPS_PROXY' };
    expect(await directoryAt(url, { caCertificates, proxy }).list(never)).toHaveLength(1);
    expect(api.seen).toHaveLength(1);
  });
});

describe.skipIf(!hasOpenssl)('the message names the proxy when it', () => {
  test('asks for a login', async () => {
    const { way, port, targets } = await opened({ login: 'a:b' });
    expect(await messageOf(way)).toEqual({
      kind: 'denied',
      attempts: 1,
      message: `the proxy http://127.0.0.1:${port} (HTTPS_PROXY) asks for a login (407); write it into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT`,
    });
    expect(targets).toHaveLength(1);
  });

  test('refuses the login, which is not tried again', async () => {
    const { way, port, targets } = await opened({ login: 'a:b' }, { login });
    expect(await messageOf(way)).toEqual({
      kind: 'denied',
      attempts: 1,
      message: `the proxy http://[redacted]@127.0.0.1:${port} (HTTPS_PROXY) refused the login (407); check the user name and password in HTTPS_PROXY`,
    });
    expect(targets).toHaveLength(1);
  });

  test('asks for a login that is not supported', async () => {
    const answer =
      'HTTP/1.1 407 Login\r\nproxy-authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\ncontent-length: 0\r\n\r\n';
    const { way } = await opened({ answer }, { login });
    expect(await messageOf(way)).toMatchObject({
      kind: 'denied',
      message: expect.stringMatching(/asks for a login by Negotiate or NTLM \(407\), and only Basic is supported$/),
    });
  });

  test.for([
    { status: 403, kind: 'denied', attempts: 1, advice: 'the proxy must allow CONNECT to this host and port' },
    { status: 405, kind: 'denied', attempts: 1, advice: 'the proxy must allow CONNECT to this host and port' },
    { status: 429, kind: 'transient', attempts: 2, advice: 'check whether http://127.0.0.1:PORT can reach it' },
    { status: 502, kind: 'transient', attempts: 2, advice: 'check whether http://127.0.0.1:PORT can reach it' },
    { status: 504, kind: 'transient', attempts: 2, advice: 'check whether http://127.0.0.1:PORT can reach it' },
  ])('does not open a tunnel: $status', async ({ status, kind, attempts, advice }) => {
    const { way, port } = await opened({ answer: `HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n` });
    expect(await messageOf(way)).toEqual({
      kind,
      attempts,
      message: `the proxy http://127.0.0.1:${port} (HTTPS_PROXY) did not connect to api.test:443 (${status}); ${advice.replace('PORT', String(port))}`,
    });
  });

  test('is down', async () => {
    const { origin: proxyUrl } = new URL(await unusedUrl());
    expect(await messageOf({ proxy: { url: proxyUrl, login, variable: 'https_proxy' } })).toEqual({
      kind: 'transient',
      attempts: 2,
      message: `the proxy ${proxyUrl.replace('//', '//[redacted]@')} (https_proxy): connection refused (ECONNREFUSED); check https_proxy`,
    });
  });

  test('has an unknown name', async () => {
    const proxy = { url: 'http://proxy.invalid:3128', login: null, variable: 'HTTPS_PROXY' };
    const { message } = await messageOf({ proxy });
    expect(message).toMatch(
      /^the proxy http:\/\/proxy\.invalid:3128 \(HTTPS_PROXY\): .*\((?:ENOTFOUND|EAI_AGAIN)\); check HTTPS_PROXY$/,
    );
  });

  test('closes the connection', async () => {
    const { origin: proxyUrl } = new URL(await servedRaw((_, socket) => socket.destroy()));
    const { message } = await messageOf({ proxy: { url: proxyUrl, login: null, variable: 'HTTPS_PROXY' } });
    expect(message).toMatch(/^the proxy .*: connection (?:closed by the server|reset by peer) \(/);
  });

  test('does not speak TLS, although its URL says so', async () => {
    const { port } = await connectProxy();
    const proxy = { url: `https://127.0.0.1:${port}`, login: null, variable: 'HTTPS_PROXY' };
    const { message } = await messageOf({ proxy });
    expect(message).toMatch(
      /; write http:\/\/ instead of https:\/\/ in HTTPS_PROXY if the proxy does not use TLS itself$/,
    );
  });

  test('never answers', async () => {
    const { way, port } = await opened({ answer: null });
    const error = await failed(directoryAt(url, { ...way, origin, requestTimeoutMs: 300, attempts: 2 }).list(never));
    expect(error.failure).toMatchObject({
      kind: 'transient',
      message: `GET api.test: no response within 300ms, through the proxy http://127.0.0.1:${port} (HTTPS_PROXY)`,
    });
  });

  test('inspects TLS with an authority that is not trusted', async () => {
    const { way, port } = await opened();
    expect(await messageOf({ proxy: way.proxy })).toEqual({
      kind: 'transient',
      attempts: 2,
      message: `the certificate is signed by an authority that this machine does not trust (UNABLE_TO_VERIFY_LEAF_SIGNATURE), through the proxy http://127.0.0.1:${port} (HTTPS_PROXY); if it belongs to a proxy or firewall that inspects TLS, or to a private authority, add the certificate of that authority with ca_file or NODE_EXTRA_CA_CERTS`,
    });
  });
});
