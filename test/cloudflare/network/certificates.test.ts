import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { directoryAt, failed, never } from '../client.ts';
import { listening, success } from '../server.ts';
import { authority, hasOpenssl } from './certificates.ts';
import type { Authority } from './certificates.ts';
import { tlsApi } from './tls-api.ts';

const origin = { credential: 'CLOUDFLARE_API_TOKEN', baseUrl: 'CLOUDFLARE_BASE_URL' };

/** Starts an API with a certificate of this authority. */
async function urlOf({ issue }: Authority, options: Parameters<Authority['issue']>[0] = {}): Promise<string> {
  const { port } = await tlsApi(issue(options), (_, response) => response.end(JSON.stringify(success([]))));
  return `https://localhost:${port}/client/v4`;
}

test.skipIf(!hasOpenssl)('an additional authority is trusted', async () => {
  const ca = authority();
  const caCertificates = readFileSync(ca.caFile, 'utf8');
  expect(await directoryAt(await urlOf(ca), { caCertificates }).list(never)).toEqual([]);
});

const addAuthority =
  'if it belongs to a proxy or firewall that inspects TLS, or to a private authority, add the certificate of that authority with ca_file or NODE_EXTRA_CA_CERTS';

test.skipIf(!hasOpenssl).for([
  {
    which: 'of an unknown authority',
    isTrusted: false,
    options: {},
    message: `the certificate is signed by an authority that this machine does not trust (UNABLE_TO_VERIFY_LEAF_SIGNATURE); ${addAuthority}`,
  },
  {
    which: 'that has expired',
    isTrusted: true,
    options: { until: '20210101000000Z' },
    message:
      'the certificate has expired (CERT_HAS_EXPIRED); check the clock of this machine, which says YYYY-MM-DD HH:MM UTC',
  },
  {
    which: 'that is not valid yet',
    isTrusted: true,
    options: { from: '20480101000000Z' },
    message:
      'the certificate is not valid yet (CERT_NOT_YET_VALID); check the clock of this machine, which says YYYY-MM-DD HH:MM UTC',
  },
  {
    which: 'of another host',
    isTrusted: true,
    options: { names: 'DNS:login.example' },
    message: 'the certificate is not valid for this host (ERR_TLS_CERT_ALTNAME_INVALID); check CLOUDFLARE_BASE_URL',
  },
])('a certificate $which is refused with its cause', async ({ isTrusted, options, message }) => {
  const ca = authority();
  const url = await urlOf(ca, options);
  const caCertificates = isTrusted ? readFileSync(ca.caFile, 'utf8') : null;
  const { failure } = await failed(directoryAt(url, { caCertificates, origin, attempts: 1 }).list(never));
  expect(failure.kind).toBe('transient');
  const time = /\d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC/;
  expect(failure.message.replace(time, 'YYYY-MM-DD HH:MM UTC')).toBe(`GET ${new URL(url).host}: ${message}`);
});

test.skipIf(!hasOpenssl)('a server without HTTP/1.1 is named as such', async () => {
  const ca = authority();
  const server = createServer({ ...ca.issue(), ALPNProtocols: ['h2'] });
  server.on('tlsClientError', () => {});
  const { port } = await listening(server);
  const caCertificates = readFileSync(ca.caFile, 'utf8');
  const directory = directoryAt(`https://localhost:${port}/client/v4`, { caCertificates, attempts: 1 });
  expect((await failed(directory.list(never))).message).toBe(
    `GET localhost:${port}: the server does not offer HTTP/1.1 (ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL)`,
  );
});
