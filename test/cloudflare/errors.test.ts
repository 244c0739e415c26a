import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { adviceForConnection, reasonOf } from '../../src/cloudflare/errors.ts';
import type { FailureKind } from '../../src/core/base/failure.ts';
import { directoryAt, failed, live, never, web } from './client.ts';
import { deserted, refusal, replying, servedRaw } from './server.ts';
import type { Reply } from './server.ts';

const html = '<!DOCTYPE html><title>Bad gateway</title>';

type Case = Reply & {
  readonly status: number;
  readonly reason?: string;
  readonly kind: FailureKind;
  readonly code?: number;
  /** The words after the status. */
  readonly says?: string;
};

const checkAddress = 'check CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_BASE_URL';
const noEnvelope = 'answered without an envelope of the API; if that goes on, check CLOUDFLARE_BASE_URL';
const checkToken = 'check the credential: updates need the permission Connectivity Directory Admin, a plan needs Read';

test.each<Case>([
  {
    status: 400,
    body: refusal(5101, 'Tunnel ID Not Found'),
    kind: 'rejected',
    code: 5101,
    says: ', code 5101: Tunnel ID Not Found',
  },
  { status: 400, body: refusal(5102, 'malformed'), kind: 'rejected', code: 5102, says: ', code 5102: malformed' },
  { status: 400, body: html, kind: 'rejected', says: ': answered without an envelope of the API' },
  { status: 400, body: { success: false }, kind: 'rejected', says: ': answered without saying why' },
  {
    status: 400,
    body: refusal(6003, 'Invalid request headers'),
    kind: 'denied',
    code: 6003,
    reason: 'a malformed token',
  },
  { status: 400, body: refusal(9109, 'Invalid access token'), kind: 'denied', code: 9109 },
  {
    status: 401,
    body: refusal(10_000, 'Authentication error'),
    kind: 'denied',
    code: 10_000,
    says: `, code 10000: Authentication error; ${checkToken}`,
  },
  { status: 401, kind: 'denied', says: `: answered without an envelope of the API; ${checkToken}` },
  {
    status: 403,
    body: refusal(10_000, 'Forbidden'),
    kind: 'denied',
    code: 10_000,
    says: `, code 10000: Forbidden; ${checkToken}`,
  },
  { status: 403, body: html, kind: 'denied', reason: 'a challenge of the edge' },
  {
    status: 404,
    body: refusal(5104, 'Service not found'),
    kind: 'rejected',
    code: 5104,
    says: ', code 5104: Service not found',
  },
  {
    status: 404,
    body: refusal(7003, 'Could not route'),
    kind: 'denied',
    code: 7003,
    says: `, code 7003: Could not route; ${checkAddress}`,
  },
  { status: 404, body: html, kind: 'denied', says: `: answered without an envelope of the API; ${checkAddress}` },
  { status: 409, body: refusal(1000, 'conflict'), kind: 'rejected', code: 1000 },
  { status: 413, kind: 'rejected' },
  { status: 408, kind: 'transient' },
  { status: 429, body: refusal(10_429, 'slow down'), kind: 'transient', code: 10_429, says: ', code 10429: slow down' },
  { status: 429, body: html, kind: 'transient' },
  { status: 500, body: refusal(1000, 'internal error'), kind: 'transient', code: 1000 },
  { status: 502, body: html, kind: 'transient', says: ': answered without an envelope of the API' },
  { status: 503, kind: 'transient' },
  { status: 520, body: 'error code: 520', kind: 'transient' },
  { status: 524, body: html, kind: 'transient' },
  { status: 527, kind: 'transient' },
  {
    status: 301,
    headers: { location: '/elsewhere' },
    kind: 'denied',
    says: ': answered without an envelope of the API; redirects are not followed: check CLOUDFLARE_BASE_URL',
  },
  { status: 307, headers: { location: 'https://elsewhere.example/' }, kind: 'denied' },
  {
    status: 200,
    body: refusal(5101, "Service name 'web' already exists"),
    kind: 'rejected',
    code: 5101,
    says: ", code 5101: Service name 'web' already exists",
  },
  {
    status: 200,
    body: refusal(10_000, 'Authentication error'),
    kind: 'denied',
    code: 10_000,
    says: `, code 10000: Authentication error; ${checkToken}`,
  },
  { status: 200, body: refusal(1000, 'what?'), kind: 'transient', code: 1000 },
  {
    status: 200,
    body: { success: false, errors: [], result: null },
    kind: 'transient',
    says: ': answered without saying why',
  },
  { status: 200, body: html, kind: 'transient', says: `: ${noEnvelope}` },
  { status: 200, body: '', kind: 'transient', says: `: ${noEnvelope}` },
  { status: 200, body: '{"success": true, "result": [', kind: 'transient' },
  { status: 200, body: '[]', kind: 'transient' },
  { status: 200, body: 'null', kind: 'transient' },
  { status: 200, body: { result: [] }, kind: 'transient', reason: 'nobody said that it is a success' },
  { status: 200, body: { success: 'true', result: [] }, kind: 'transient' },
  { status: 204, kind: 'transient' },
])('HTTP $status, code $code, is $kind', async ({ kind, code = null, says, ...reply }) => {
  const { url, seen } = await replying(reply);
  const directory = directoryAt(url, { attempts: 2 });
  for (const call of [directory.list(never), directory.update(live(web()), {}, never)]) {
    const { failure, attempts } = await failed(call);
    expect(failure).toMatchObject({ kind, code, status: reply.status });
    if (says !== undefined) expect(failure.message).toBe(`HTTP ${reply.status}${says}`);
    expect(attempts).toBe(kind === 'transient' ? 2 : 1);
  }
  expect(seen.map(({ url }) => url)).not.toContain('/elsewhere');
  expect(seen).toHaveLength(kind === 'transient' ? 4 : 2);
});

test.for([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
])('of a connection that does not come about (%s), it says what to check', (code) => {
  const credential = 'CLOUDFLARE_API_TOKEN';
  expect(adviceForConnection(code, { credential, baseUrl: 'CLOUDFLARE_BASE_URL' })).toBe('; check CLOUDFLARE_BASE_URL');
  expect(adviceForConnection(code, { credential, baseUrl: null })).toBe('; check the network of this machine');
  expect(adviceForConnection(code)).toBe('');
});

test.for(['ECONNRESET', 'UND_ERR_SOCKET', ''])('of one that ends early (%s) it does not', (code) => {
  expect(adviceForConnection(code, { credential: 'CLOUDFLARE_API_TOKEN', baseUrl: null })).toBe('');
});

/** An error as Node and undici make it where there is a resolver, a network, a certificate. */
const thrown = (message: string, more: object) => Object.assign(new Error(message), more);

describe('why there was no answer is said once, in words, with a code to look up', () => {
  test('where nobody listens at any of the addresses of a name', async () => {
    const { port } = new URL(await deserted());
    const socket = connect({
      host: 'api.example.com',
      port: Number(port),
      autoSelectFamily: true,
      lookup: (_, __, found) =>
        found(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.2', family: 4 },
        ]),
    });
    const [error] = await once(socket, 'error').catch((thrown: unknown) => [thrown]);
    expect(error).toBeInstanceOf(AggregateError);
    expect(reasonOf(error)).toBe('connection refused (ECONNREFUSED)');
  });

  test('where no TLS is spoken', async () => {
    const url = await servedRaw((_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { failure } = await failed(directoryAt(url.replace('http:', 'https:'), { attempts: 1 }).list(never));
    expect(failure.message).toMatch(
      /^GET 127\.0\.0\.1:\d+: expected TLS, found something else \(ERR_SSL_WRONG_VERSION_NUMBER\)$/,
    );
  });

  const refused = thrown('connect ECONNREFUSED 192.0.2.1:443', { code: 'ECONNREFUSED', errno: -111 });
  const unreachable = thrown('connect ENETUNREACH 2001:db8::1:443 - Local (:::0)', {
    code: 'ENETUNREACH',
    errno: -101,
  });

  test.for([
    [refused, 'connection refused (ECONNREFUSED)'],
    [unreachable, 'network is unreachable (ENETUNREACH)'],
    [
      new AggregateError([unreachable, refused]),
      'network is unreachable (ENETUNREACH), connection refused (ECONNREFUSED)',
    ],
    [
      thrown('getaddrinfo ENOTFOUND api.example.com', { code: 'ENOTFOUND', errno: -3008 }),
      'there is no such host (ENOTFOUND)',
    ],
    [
      thrown('getaddrinfo EAI_AGAIN api.example.com', { code: 'EAI_AGAIN', errno: -3001 }),
      'the name of the host cannot be looked up for now (EAI_AGAIN)',
    ],
    [
      thrown('Connect Timeout Error (attempted address: api.example.com:443, timeout: 30000ms)', {
        code: 'UND_ERR_CONNECT_TIMEOUT',
      }),
      'no connection within the time for a request (UND_ERR_CONNECT_TIMEOUT)',
    ],
    [
      thrown("Hostname/IP does not match certificate's altnames: Host: api.example.com. is not in …", {
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        reason: 'Host: api.example.com. is not in …',
      }),
      'the certificate is for another host (ERR_TLS_CERT_ALTNAME_INVALID)',
    ],
    [
      thrown('402D:error:0A000410:SSL routines:ssl3_read_bytes:…:../deps/openssl/ssl/record/rec_layer_s3.c:918:', {
        code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
        reason: 'ssl/tls alert handshake failure',
      }),
      'ssl/tls alert handshake failure (ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE)',
    ],
    [thrown('certificate has expired', { code: 'CERT_HAS_EXPIRED' }), 'certificate has expired (CERT_HAS_EXPIRED)'],
    [thrown('other side closed', { code: 'UND_ERR_SOCKET' }), 'the connection was closed (UND_ERR_SOCKET)'],
    [thrown('no HTTP', {}), 'no HTTP'],
    ['odd', 'odd'],
  ] as const)('%s', ([error, words]) => {
    expect(reasonOf(error)).toBe(words);
  });
});
