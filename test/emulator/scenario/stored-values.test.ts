import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { EXAMPLE_TUNNEL } from '../../../src/emulator/emulator.ts';
import { replaceValues, storedValueFault } from '../../../src/emulator/scenario/stored-values.ts';
import { emulated, orders, pathOf, resultOf, web } from '../client.ts';

const network = { tunnel_id: EXAMPLE_TUNNEL };
const byName = (more: JsonObject) => ({ hostname: 'orders.internal', resolver_network: { ...network, ...more } });

test.each<{ path: string; value: null | number | string | string[]; service: JsonObject; kept: JsonObject }>([
  { path: 'app_protocol', value: null, service: orders(), kept: orders({ app_protocol: null }) },
  { path: 'tcp_port', value: 1, service: orders(), kept: orders({ tcp_port: 1 }) },
  { path: 'http_port', value: 1, service: web(), kept: web({ http_port: 1 }) },
  {
    path: 'host.resolver_network.resolver_ips',
    value: ['10.0.0.1'],
    service: orders(),
    kept: orders({ host: byName({ resolver_ips: ['10.0.0.1'] }) }),
  },
  { path: 'host.ipv4', value: '10.9.9.9', service: web(), kept: web({ host: { ipv4: '10.9.9.9', network } }) },
  { path: 'labels', value: ['new'], service: web(), kept: web({ labels: ['new'] }) },
])('stores another value in $path', async ({ path, value, service, kept }) => {
  const { call } = await emulated({ scenario: { keep: { [path]: value } } });
  const calm = await emulated();
  const expected = resultOf(await calm.call('POST', '', kept));
  const ignored = { service_id: expect.any(String), created_at: expect.any(String), updated_at: expect.any(String) };

  const created = resultOf(await call('POST', '', service));
  expect(created).toEqual({ ...expected, ...ignored });
  expect(resultOf(await call('PUT', pathOf(created), service))).toEqual({ ...expected, ...ignored });
  expect(resultOf(await call('GET', pathOf(created)))).toEqual({ ...expected, ...ignored });
});

test.each<{ path: string; service: JsonObject; reason: string }>([
  { path: 'http_port', service: orders(), reason: 'only http has it' },
  { path: 'app_protocol', service: web(), reason: 'only tcp has it' },
  { path: 'host.ipv6', service: web(), reason: 'the host would have another shape' },
  { path: 'host.ipv4', service: orders(), reason: 'the host is a name' },
  { path: 'host.hostname', service: orders({ host: 'odd' }), reason: 'the host is no mapping' },
  { path: 'host.network.tunnel_id', service: orders(), reason: 'the host is a name' },
  { path: 'tls_settings.client_certificate', service: web(), reason: 'there are no TLS settings' },
])('skips $path if $reason', ({ path, service }) => {
  expect(replaceValues(service, { [path]: 'x' })).toEqual(service);
});

test('validates the body before it replaces values', async () => {
  const { call } = await emulated({ scenario: { keep: { app_protocol: null } } });
  expect((await call('POST', '', orders({ app_protocol: 'ftp' }))).status).toBe(400);
  expect((await call('PUT', '/missing', orders())).status).toBe(404);
});

test('leaves seeded services and dashboard edits alone', async () => {
  const { emulator } = await emulated({ services: [orders()], scenario: { keep: { app_protocol: null } } });
  expect(emulator.services()).toMatchObject([{ app_protocol: 'postgresql' }]);
});

test.each([
  { path: 'name', message: 'does not identify the service' },
  { path: 'host', message: 'found a group of fields' },
  { path: 'host..ipv4', message: 'separated by dots' },
  { path: 'htp_port', message: 'did you mean "http_port"?' },
  { path: 'host.resolver_network.resolverIps', message: 'did you mean "host.resolver_network.resolver_ips"?' },
])('rejects $path as a typo', ({ path, message }) => {
  expect(storedValueFault(path)).toContain(message);
});

test.each(['tls_settings', 'host.hostname', 'labels', 'tls_settings.minimum_version'])('accepts %s', (path) => {
  expect(storedValueFault(path)).toBe(null);
});
