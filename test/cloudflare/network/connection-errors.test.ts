import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { adviceForConnection, describeConnectionError } from '../../../src/cloudflare/network/connection-errors.ts';
import { directoryAt, failed, never } from '../client.ts';
import { servedRaw, unusedUrl } from '../server.ts';

const now = new Date('2026-11-27T11:34:56Z');

test.for([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
])('advises what to check when no connection was established: %s', (code) => {
  expect(adviceForConnection(code, { address: 'CLOUDFLARE_BASE_URL', hasProxy: false, now })).toBe(
    '; check CLOUDFLARE_BASE_URL',
  );
  expect(adviceForConnection(code, { address: null, hasProxy: true, now })).toBe(
    '; check the network connection of this machine',
  );
  expect(adviceForConnection(code, { address: null, hasProxy: false, now })).toBe(
    '; check the network connection of this machine, and set HTTPS_PROXY if it needs a proxy',
  );
});

test.for([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])('names the settings that add an authority: %s', (code) => {
  for (const address of [null, 'CLOUDFLARE_BASE_URL']) {
    expect(adviceForConnection(code, { address, hasProxy: false, now })).toBe(
      '; if it belongs to a proxy or firewall that inspects TLS, or to a private authority, add the certificate of that authority with ca_file or NODE_EXTRA_CA_CERTS',
    );
  }
});

test.for(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])('names the time of the clock: %s', (code) => {
  expect(adviceForConnection(code, { address: 'CLOUDFLARE_BASE_URL', hasProxy: false, now })).toBe(
    '; check the clock of this machine, which says 2026-11-27 11:34 UTC',
  );
});

test.for(['ECONNRESET', 'UND_ERR_SOCKET', ''])('gives no advice when the connection was closed: "%s"', (code) => {
  expect(adviceForConnection(code, { address: null, hasProxy: false, now })).toBe('');
});

/** Creates an error like those that Node and undici throw; tests have no resolver, network or certificate. */
const connectionError = (message: string, more: object) => Object.assign(new Error(message), more);

describe('describes once, with the error code,', () => {
  test('that no address of a host accepts connections', async () => {
    const { port } = new URL(await unusedUrl());
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
    expect(describeConnectionError(error)).toBe('connection refused (ECONNREFUSED)');
  });

  test('that a server does not use TLS', async () => {
    const url = await servedRaw((_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { failure } = await failed(directoryAt(url.replace('http:', 'https:'), { attempts: 1 }).list(never));
    expect(failure.message).toMatch(
      /^GET 127\.0\.0\.1:\d+: expected TLS, found another protocol \(ERR_SSL_WRONG_VERSION_NUMBER\)$/,
    );
  });

  const refused = connectionError('connect ECONNREFUSED 192.0.2.1:443', { code: 'ECONNREFUSED', errno: -111 });
  const unreachable = connectionError('connect ENETUNREACH 2001:db8::1:443 - Local (:::0)', {
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
      connectionError('getaddrinfo ENOTFOUND api.example.com', { code: 'ENOTFOUND', errno: -3008 }),
      'host not found (ENOTFOUND)',
    ],
    [
      connectionError('getaddrinfo EAI_AGAIN api.example.com', { code: 'EAI_AGAIN', errno: -3001 }),
      'temporary failure in name resolution (EAI_AGAIN)',
    ],
    [
      connectionError('Connect Timeout Error (attempted address: api.example.com:443, timeout: 30000ms)', {
        code: 'UND_ERR_CONNECT_TIMEOUT',
      }),
      'no connection within the request timeout (UND_ERR_CONNECT_TIMEOUT)',
    ],
    [
      connectionError('Connect Timeout Error', {
        code: 'UND_ERR_CONNECT_TIMEOUT',
        cause: new AggregateError([
          connectionError('connect ETIMEDOUT 192.0.2.1:443', { code: 'ETIMEDOUT', errno: -110 }),
          unreachable,
        ]),
      }),
      'connection timed out (ETIMEDOUT), network is unreachable (ENETUNREACH)',
    ],
    [
      connectionError("Hostname/IP does not match certificate's altnames: Host: api.example.com. is not in …", {
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        reason: 'Host: api.example.com. is not in …',
      }),
      'the certificate is not valid for this host (ERR_TLS_CERT_ALTNAME_INVALID)',
    ],
    [
      connectionError(
        '402D:error:0A000410:SSL routines:ssl3_read_bytes:…:../deps/openssl/ssl/record/rec_layer_s3.c:918:',
        {
          code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
          reason: 'ssl/tls alert handshake failure',
        },
      ),
      'ssl/tls alert handshake failure (ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE)',
    ],
    [
      connectionError('certificate has expired', { code: 'CERT_HAS_EXPIRED' }),
      'the certificate has expired (CERT_HAS_EXPIRED)',
    ],
    [
      connectionError('other side closed', { code: 'UND_ERR_SOCKET' }),
      'connection closed by the server (UND_ERR_SOCKET)',
    ],
    [connectionError('not HTTP', {}), 'not HTTP'],
    ['odd', 'odd'],
  ] as const)('%s', ([error, description]) => {
    expect(describeConnectionError(error)).toBe(description);
  });
});
