import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { OBSERVED_QUIRKS } from '../../../src/emulator/scenario/quirks.ts';
import type { Quirks } from '../../../src/emulator/scenario/quirks.ts';
import { formatService } from '../../../src/emulator/scenario/answer-format.ts';

const id = '0191E3a4-5b6c-7d8e-9f00-112233445566';
const tunnel = '0191Dce4-9ab4-7fce-b660-8e5dec5172da';
const certificate = '0d1f6f5e-8A55-4b0e-9d0a-2f1c5a7e9b33';

const http: JsonObject = {
  service_id: id,
  name: 'web',
  type: 'http',
  host: { ipv4: '10.0.0.1', network: { tunnel_id: tunnel } },
};
const tcp: JsonObject = {
  service_id: id,
  name: 'orders-db',
  type: 'tcp',
  host: { hostname: 'Orders.Internal', resolver_network: { tunnel_id: tunnel } },
};

const answer = (service: JsonObject, quirks: Partial<Quirks> = {}): JsonObject =>
  formatService(service, { ...OBSERVED_QUIRKS, ...quirks });

test('an http answer has five host keys, both ports, no tcp keys and no TLS settings', () => {
  expect(answer(http)).toEqual({
    service_id: id,
    name: 'web',
    type: 'http',
    http_port: null,
    https_port: null,
    host: { hostname: null, ipv4: '10.0.0.1', ipv6: null, network: { tunnel_id: tunnel }, resolver_network: null },
  });
});

test('a tcp answer has no http keys, a lower-case hostname and no resolvers that were not sent', () => {
  expect(answer({ ...tcp, tcp_port: 5432, http_port: null })).toEqual({
    service_id: id,
    name: 'orders-db',
    type: 'tcp',
    tcp_port: 5432,
    app_protocol: null,
    host: {
      hostname: 'orders.internal',
      ipv4: null,
      ipv6: null,
      network: null,
      resolver_network: { tunnel_id: tunnel },
    },
  });
});

test('TLS settings are returned as sent, and resolvers in their order', () => {
  const sent = {
    ...tcp,
    host: { hostname: 'a', resolver_network: { tunnel_id: tunnel, resolver_ips: ['10.0.0.2', '10.0.0.1'] } },
    tls_settings: { cert_verification_mode: 'verify_full' },
  };
  expect(answer(sent)).toMatchObject(sent);
});

test('a service of an unknown shape is returned as it is', () => {
  const strange = { service_id: id, name: 'q', type: 'quic', host: ['a'], tls_settings: 'none', quic_port: 443 };
  expect(answer(strange)).toEqual(strange);
});

test('unused host keys and unset ports can be omitted', () => {
  expect(answer(http, { unusedHostKeys: 'absent', unsetPorts: 'absent' })).toEqual(http);
  expect(answer(tcp, { unusedHostKeys: 'absent', unsetPorts: 'absent', hostname: 'as-sent' })).toEqual(tcp);
});

test.each([
  { ipv6: 'as-sent', address: '2001:db8:0::A', resolver: '::FFFF:10.0.0.1' },
  { ipv6: 'compressed', address: '2001:db8::a', resolver: '::ffff:a00:1' },
  {
    ipv6: 'expanded',
    address: '2001:0db8:0000:0000:0000:0000:0000:000a',
    resolver: '0000:0000:0000:0000:0000:ffff:0a00:0001',
  },
  { ipv6: 'upper', address: '2001:DB8:0::A', resolver: '::FFFF:10.0.0.1' },
] as const)('IPv6 addresses can be spelled $ipv6', ({ ipv6, address, resolver }) => {
  const byAddress = { ...http, host: { ipv6: '2001:db8:0::A', network: { tunnel_id: tunnel } } };
  const resolved = {
    hostname: 'a',
    resolver_network: { tunnel_id: tunnel, resolver_ips: ['10.0.0.1', '::FFFF:10.0.0.1'] },
  };
  expect(answer(byAddress, { ipv6 })).toMatchObject({ host: { ipv6: address } });
  expect(answer({ ...tcp, host: resolved }, { ipv6 })).toMatchObject({
    host: { resolver_network: { resolver_ips: ['10.0.0.1', resolver] } },
  });
});

test.each([
  { sent: '::', expanded: '0000:0000:0000:0000:0000:0000:0000:0000' },
  { sent: '::1', expanded: '0000:0000:0000:0000:0000:0000:0000:0001' },
  { sent: 'fd00::', expanded: 'fd00:0000:0000:0000:0000:0000:0000:0000' },
  { sent: '1:2:3:4:5:6:7:8', expanded: '0001:0002:0003:0004:0005:0006:0007:0008' },
])('$sent can be returned in full length', ({ sent, expanded }) => {
  const service = { ...http, host: { ipv6: sent, network: { tunnel_id: tunnel } } };
  expect(answer(service, { ipv6: 'expanded' })).toMatchObject({ host: { ipv6: expanded } });
});

test.each([
  { uuids: 'as-sent', spell: (uuid: string) => uuid },
  { uuids: 'upper', spell: (uuid: string) => uuid.toUpperCase() },
  { uuids: 'lower', spell: (uuid: string) => uuid.toLowerCase() },
] as const)('ids can come back $uuids', ({ uuids, spell }) => {
  const tls = {
    cert_verification_mode: 'verify_ca',
    certificate_authority: certificate,
    client_certificate: certificate,
  };
  expect(answer({ ...http, tls_settings: tls }, { uuids })).toMatchObject({
    service_id: spell(id),
    host: { network: { tunnel_id: spell(tunnel) } },
    tls_settings: {
      cert_verification_mode: 'verify_ca',
      certificate_authority: spell(certificate),
      client_certificate: spell(certificate),
    },
  });
  expect(answer(tcp, { uuids })).toMatchObject({ host: { resolver_network: { tunnel_id: spell(tunnel) } } });
});

test.each([
  { emptyResolvers: 'absent', back: { tunnel_id: tunnel } },
  { emptyResolvers: 'null', back: { tunnel_id: tunnel, resolver_ips: null } },
  { emptyResolvers: '[]', back: { tunnel_id: tunnel, resolver_ips: [] } },
] as const)('no resolvers can be $emptyResolvers, whichever way none were sent', ({ emptyResolvers, back }) => {
  for (const none of [{}, { resolver_ips: null }, { resolver_ips: [] }]) {
    const host = { hostname: 'a', resolver_network: { tunnel_id: tunnel, ...none } };
    const { host: written } = answer({ ...tcp, host }, { emptyResolvers, unusedHostKeys: 'absent' });
    expect(written).toEqual({ hostname: 'a', resolver_network: back });
  }
});

const full = { cert_verification_mode: 'verify_full' };
const withClient = { ...full, client_certificate: certificate };

test.each([
  { verifyFull: 'as-sent', sent: undefined, back: undefined },
  { verifyFull: 'as-sent', sent: null, back: undefined },
  { verifyFull: 'as-sent', sent: full, back: full },
  { verifyFull: 'absent', sent: full, back: undefined },
  { verifyFull: 'absent', sent: { ...full, certificate_authority: null }, back: undefined },
  { verifyFull: 'absent', sent: withClient, back: withClient },
  { verifyFull: 'explicit', sent: undefined, back: full },
  { verifyFull: 'explicit', sent: null, back: full },
  { verifyFull: 'explicit', sent: full, back: full },
] as const)('default TLS "$verifyFull": $sent comes back as $back', ({ verifyFull, sent, back }) => {
  const { tls_settings: written } = answer(
    { ...http, ...(sent === undefined ? {} : { tls_settings: sent }) },
    { verifyFull },
  );
  expect(written).toEqual(back);
});

test('TLS settings can show unset certificates as null, but not if there are no TLS settings', () => {
  const tls = { cert_verification_mode: 'verify_ca', client_certificate: certificate };
  const quirks = { tlsNulls: true };
  expect(answer({ ...http, tls_settings: tls }, quirks).tls_settings).toEqual({ ...tls, certificate_authority: null });
  expect(answer(http, quirks)).not.toHaveProperty('tls_settings');
});

test.each<Partial<Quirks>>([
  {},
  { ipv6: 'expanded', uuids: 'upper', emptyResolvers: 'null', verifyFull: 'explicit', tlsNulls: true },
  { ipv6: 'compressed', uuids: 'lower', emptyResolvers: '[]', verifyFull: 'absent', unusedHostKeys: 'absent' },
])('formatting a formatted service changes nothing: %j', (quirks) => {
  for (const service of [
    http,
    tcp,
    { ...tcp, host: { ipv6: '2001:DB8::', network: { tunnel_id: tunnel } }, tls_settings: full },
  ]) {
    expect(answer(answer(service, quirks), quirks)).toEqual(answer(service, quirks));
  }
});
