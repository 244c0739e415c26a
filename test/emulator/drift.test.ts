import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.ts';
import { simulateDrift, withRetired } from '../../src/emulator/drift.ts';
import type { DriftKind } from '../../src/emulator/drift.ts';
import { EXAMPLE_TUNNEL } from '../../src/emulator/emulator.ts';
import { emulated, orders, pathOf, web } from './client.ts';

const id = (digit: number): string => `0191e3a4-5b6c-7d8e-9f00-${String(digit).padStart(12, '0')}`;
const byName = (hostname: string, ...ips: string[]): JsonObject => ({
  hostname,
  resolver_network: { tunnel_id: EXAMPLE_TUNNEL, ...(ips.length > 0 ? { resolver_ips: ips } : {}) },
});

const samples: readonly JsonObject[] = [
  orders({ service_id: id(1) }),
  web({ service_id: id(2), name: 'in-sync' }),
  web({ service_id: id(3), name: 'intranet', http_port: 80 }),
  orders({ service_id: id(4), name: 'users-db', host: byName('users.internal', '10.0.0.53', '10.0.0.54') }),
  web({ service_id: id(5), name: 'api', https_port: 8443, host: byName('api.internal', '10.0.0.53') }),
  orders({ service_id: id(6), name: 'cache', tcp_port: 6379, app_protocol: null }),
  web({ service_id: id(7), name: 'wiki' }),
];

const allKinds: Record<DriftKind, true> = {
  'app_protocol unset': true,
  'ipv4 changed': true,
  'resolver_ips removed': true,
  'resolver_ips changed': true,
  'https_port added': true,
  'hostname changed': true,
  renamed: true,
  'TLS relaxed': true,
  'port changed': true,
};

test('a few services show every kind of drift, one in sync, and one that is not declared', () => {
  const { services, summary } = simulateDrift(samples);
  expect(new Set(summary.drifted.flatMap(({ kinds }) => kinds))).toEqual(new Set(Object.keys(allKinds)));
  expect(summary.inSync).toEqual([id(2)]);
  expect(services[1]).toEqual(samples[1]);
  expect(services.at(-1)).toMatchObject({ service_id: summary.unmanaged[0], name: expect.stringMatching(/^legacy-/) });
  expect(services).toHaveLength(samples.length + 1);
  for (const { service_id, kinds } of summary.drifted) {
    const live = services.find((service) => service.service_id === service_id);
    expect(live).not.toEqual(samples.find((service) => service.service_id === service_id));
    expect(kinds.length).toBeLessThanOrEqual(2);
  }
});

test.each<{ declared: JsonObject; kinds: DriftKind[]; live: JsonObject }>([
  {
    declared: orders(),
    kinds: ['app_protocol unset', 'resolver_ips changed'],
    live: orders({ app_protocol: null, host: byName('orders.internal', '10.0.0.2') }),
  },
  {
    declared: orders({ app_protocol: null, host: byName('orders.internal', '10.0.0.53') }),
    kinds: ['resolver_ips removed', 'port changed'],
    live: orders({ app_protocol: null, tcp_port: 5433, host: byName('orders.internal') }),
  },
  {
    declared: web({ http_port: 80 }),
    kinds: ['ipv4 changed', 'https_port added'],
    live: web({ http_port: 80, https_port: 443, host: { ipv4: '10.0.0.99', network: { tunnel_id: EXAMPLE_TUNNEL } } }),
  },
  {
    declared: { name: 'db', type: 'tcp', host: byName('db') },
    kinds: ['resolver_ips changed', 'hostname changed'],
    live: { name: 'db', type: 'tcp', host: byName('db-old', '10.0.0.2') },
  },
  {
    declared: web({ host: { ipv6: 'fd00::1', network: { tunnel_id: EXAMPLE_TUNNEL } } }),
    kinds: ['TLS relaxed', 'renamed'],
    live: web({
      name: 'web-old',
      host: { ipv6: 'fd00::1', network: { tunnel_id: EXAMPLE_TUNNEL } },
      tls_settings: { cert_verification_mode: 'disabled' },
    }),
  },
])('a single service drifts by $kinds', ({ declared, kinds, live }) => {
  const { services, summary } = simulateDrift([{ service_id: id(1), ...declared }]);
  expect(summary.drifted).toEqual([{ service_id: id(1), name: declared.name, kinds }]);
  expect(services[0]).toEqual({ service_id: id(1), ...live });
});

test('the same declarations drift in the same way, in any order', () => {
  expect(simulateDrift(samples.toReversed())).toEqual(simulateDrift(samples));
});

test('does not modify its input', () => {
  const before = structuredClone(samples);
  simulateDrift(samples);
  expect(samples).toEqual(before);
});

test('no two live services have the same name, even after a rename', () => {
  const names = ['legacy-metrics', 'a', 'a-old', 'a-old-old', 'b-old', 'b'];
  const ipv6 = { ipv6: 'fd00::1', network: { tunnel_id: EXAMPLE_TUNNEL } };
  for (const copies of [1, 2, 3]) {
    const declared = names.flatMap((name, index) =>
      Array.from({ length: copies }, (_, copy) =>
        web({ service_id: id(index * 10 + copy), name: name + (copy === 0 ? '' : copy), host: ipv6 }),
      ),
    );
    const live = simulateDrift(declared).services.map(({ name }) => name);
    expect(new Set(live).size).toBe(live.length);
  }
});

test('a declaration without an id has no live service', () => {
  const { services, summary } = simulateDrift([web()]);
  expect(summary).toMatchObject({ drifted: [], inSync: [] });
  expect(services.map(({ name }) => name)).toEqual(['legacy-metrics']);
});

test('the undeclared service is not added again after it was imported', () => {
  const [extra] = simulateDrift([]).services;
  const { services, summary } = simulateDrift(extra === undefined ? [] : [extra]);
  expect(summary.unmanaged).toEqual([]);
  expect(services).toHaveLength(1);
});

test('drifted services are valid for the API', async () => {
  const { services } = simulateDrift(samples);
  const { call } = await emulated({ services });
  for (const service of services) {
    expect((await call('PUT', pathOf(service), service)).status).toBe(200);
  }
  for (const service of samples) {
    expect((await call('PUT', pathOf(service), service)).status).toBe(200);
  }
});

test('services that are declared absent are live, with made-up values for what is not declared', () => {
  const retired = [
    { service_id: id(9), name: 'old' },
    { ...web(), service_id: null, name: 'older' },
    { service_id: id(8) },
  ];
  expect(withRetired([web({ service_id: id(1) })], retired)).toMatchObject([
    { service_id: id(1) },
    { service_id: id(9), name: 'old', type: 'http', http_port: 9090 },
    { ...web(), service_id: null, name: 'older' },
    { service_id: id(8), name: 'retired-3' },
  ]);
});

test('a service that is live already is not live twice because it is declared absent', () => {
  const live = [web({ service_id: id(1), name: 'web' })];
  expect(
    withRetired(live, [
      { service_id: id(1), name: 'x' },
      { service_id: null, name: 'web' },
    ]),
  ).toEqual(live);
});
