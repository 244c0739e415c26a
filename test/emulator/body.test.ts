import { expect, test } from 'vitest';
import type { Json } from '../../src/core/base/json.ts';
import { findBodyProblems } from '../../src/emulator/body.ts';
import { EXAMPLE_TUNNEL } from '../../src/emulator/emulator.ts';
import { emulated, orders, web } from './client.ts';

const network = { tunnel_id: EXAMPLE_TUNNEL };
const certificate = '0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33';

test.each<{ reason: string; body: Json }>([
  { reason: 'http by IPv4 without ports', body: web() },
  { reason: 'http with both ports', body: web({ http_port: 80, https_port: 65_535 }) },
  { reason: 'nulls for what is unset', body: web({ http_port: null, tls_settings: null, tcp_port: null }) },
  { reason: 'tcp without a port, which the reference calls optional', body: { ...orders(), tcp_port: null } },
  { reason: 'by IPv6', body: web({ host: { ipv6: '2001:DB8::1', network } }) },
  { reason: 'dual stack', body: web({ host: { ipv4: '10.0.0.1', ipv6: '::1', network } }) },
  {
    reason: 'five keys of host, as answered',
    body: web({ host: { ipv4: '10.0.0.1', network, ipv6: null, hostname: null, resolver_network: null } }),
  },
  { reason: 'a single label', body: orders({ host: { hostname: 'localhost', resolver_network: network } }) },
  { reason: 'underscores', body: orders({ host: { hostname: '_pg._tcp.Internal', resolver_network: network } }) },
  {
    reason: 'resolvers of both sorts',
    body: orders({
      host: { hostname: 'a', resolver_network: { ...network, resolver_ips: ['10.0.0.53', 'fd00::53'] } },
    }),
  },
  {
    reason: 'no resolvers',
    body: orders({ host: { hostname: 'a', resolver_network: { ...network, resolver_ips: [] } } }),
  },
  {
    reason: 'a certificate authority',
    body: orders({ tls_settings: { cert_verification_mode: 'verify_ca', certificate_authority: certificate } }),
  },
  {
    reason: 'a client certificate without verification',
    body: orders({ tls_settings: { cert_verification_mode: 'disabled', client_certificate: certificate } }),
  },
  { reason: 'unknown fields', body: web({ labels: ['a'], host: { ipv4: '10.0.0.1', network, zone: 1 } }) },
])('accepts $reason', ({ body }) => {
  expect(findBodyProblems(body)).toEqual([]);
});

test.each<{ reason: string; body: Json; at: string[] }>([
  { reason: 'no object', body: 'orders', at: [''] },
  { reason: 'nothing in it', body: {}, at: ['/type'] },
  { reason: 'an unknown type', body: web({ type: 'udp' }), at: ['/type'] },
  { reason: 'neither name nor host', body: { type: 'http' }, at: ['/name', '/host'] },
  { reason: 'an empty name', body: web({ name: '' }), at: ['/name'] },
  { reason: 'a name that is a number', body: web({ name: 7 }), at: ['/name'] },
  { reason: 'port 0', body: web({ http_port: 0 }), at: ['/http_port'] },
  { reason: 'port 65536', body: web({ https_port: 65_536 }), at: ['/https_port'] },
  { reason: 'half a port', body: orders({ tcp_port: 1.5 }), at: ['/tcp_port'] },
  { reason: 'a port as text', body: orders({ tcp_port: '5432' }), at: ['/tcp_port'] },
  { reason: 'another protocol', body: orders({ app_protocol: 'redis' }), at: ['/app_protocol'] },
  { reason: 'a tcp port on http', body: web({ tcp_port: 1 }), at: ['/tcp_port'] },
  { reason: 'http ports on tcp', body: orders({ http_port: 1, https_port: 2 }), at: ['/http_port', '/https_port'] },
  { reason: 'a host of neither sort', body: web({ host: {} }), at: ['/host'] },
  {
    reason: 'a host of both sorts',
    body: web({ host: { ipv4: '10.0.0.1', network, hostname: 'a', resolver_network: network } }),
    at: ['/host'],
  },
  { reason: 'an address without network', body: web({ host: { ipv4: '10.0.0.1' } }), at: ['/host/network'] },
  {
    reason: 'an address with the other network',
    body: web({ host: { ipv4: '10.0.0.1', resolver_network: network } }),
    at: ['/host/network', '/host/resolver_network'],
  },
  { reason: 'a hostname without network', body: web({ host: { hostname: 'a' } }), at: ['/host/resolver_network'] },
  {
    reason: 'a hostname with the other network',
    body: web({ host: { hostname: 'a', network } }),
    at: ['/host/resolver_network', '/host/network'],
  },
  { reason: 'a bad IPv4', body: web({ host: { ipv4: '10.0.0.256', network } }), at: ['/host/ipv4'] },
  { reason: 'a bad IPv6', body: web({ host: { ipv6: '10.0.0.1', network } }), at: ['/host/ipv6'] },
  { reason: 'an IPv6 with a zone', body: web({ host: { ipv6: 'fe80::1%eth0', network } }), at: ['/host/ipv6'] },
  {
    reason: 'a hostname with a port',
    body: orders({ host: { hostname: 'a:1', resolver_network: network } }),
    at: ['/host/hostname'],
  },
  {
    reason: 'a hostname with a scheme',
    body: orders({ host: { hostname: 'http://a', resolver_network: network } }),
    at: ['/host/hostname'],
  },
  {
    reason: 'a tunnel that is no UUID',
    body: web({ host: { ipv4: '10.0.0.1', network: { tunnel_id: 'x' } } }),
    at: ['/host/network/tunnel_id'],
  },
  {
    reason: 'a bad resolver',
    body: orders({ host: { hostname: 'a', resolver_network: { ...network, resolver_ips: ['10.0.0.1', 'x'] } } }),
    at: ['/host/resolver_network/resolver_ips/1'],
  },
  {
    reason: 'TLS settings without mode',
    body: web({ tls_settings: {} }),
    at: ['/tls_settings/cert_verification_mode'],
  },
  {
    reason: 'an unknown mode',
    body: web({ tls_settings: { cert_verification_mode: 'none' } }),
    at: ['/tls_settings/cert_verification_mode'],
  },
  {
    reason: 'an authority without verification',
    body: web({ tls_settings: { cert_verification_mode: 'disabled', certificate_authority: certificate } }),
    at: ['/tls_settings/certificate_authority'],
  },
])('refuses $reason, and names the place', async ({ body, at }) => {
  const { call, emulator } = await emulated();
  const reply = await call('POST', '', body);
  expect(reply.status).toBe(400);
  expect(reply.body).toMatchObject({
    success: false,
    errors: at.map((pointer) => ({ code: 5102, message: expect.any(String), source: { pointer } })),
    result: null,
  });
  expect(emulator.services()).toEqual([]);
});
