import { expect, test } from 'vitest';
import { isObject } from '../../src/core/base/json.ts';
import type { Quirks } from '../../src/emulator/scenario/quirks.ts';
import { fleet, fleetTunnels } from './fleet.ts';
import { openFixture } from './pass-fixture.ts';

const pairs = fleet();
const declared = pairs.map((pair) => pair.declared);
const drifted = pairs.slice(0, 25);

test('updates exactly the 25 of 60 services that drifted, and none in the next pass', async () => {
  const { write, pass, puts, putCount, emulator } = await openFixture({
    services: pairs.map(({ live }) => live),
    tunnels: fleetTunnels,
  });
  write('all.yaml', declared);

  const first = await pass();
  expect(first).toMatchObject({
    outcome: 'converged',
    counts: { declared: 60, live: 60, drifted: 25, updated: 25, in_sync: 35 },
  });
  expect(first.api.requests).toBe(26);
  expect(putCount()).toBe(25);
  expect([...puts().keys()].sort()).toEqual(drifted.map((pair) => pair.declared.service_id).sort());

  const second = await pass();
  expect(second).toMatchObject({ outcome: 'in_sync', counts: { in_sync: 60, drifted: 0 }, services: [] });
  expect(second.api.requests).toBe(1);
  expect(putCount()).toBe(25);
  expect(emulator.requests.every(({ status }) => status === 200)).toBe(true);
});

test('sends complete canonical bodies without read-only keys, nulls or undeclared fields', async () => {
  const { write, pass, puts } = await openFixture({ services: pairs.map(({ live }) => live), tunnels: fleetTunnels });
  write('all.yaml', declared);
  await pass();

  const tunnel_id = '0191dce4-9ab4-7fce-b660-8e5dec5172da';
  const bodyOf = (index: number) => puts().get(pairs[index]?.declared.service_id ?? '');
  expect(bodyOf(0)).toEqual({ name: 'service-0', type: 'http', host: { ipv4: '10.0.0.1', network: { tunnel_id } } });
  expect(bodyOf(9)).toEqual({
    name: 'service-9',
    type: 'http',
    https_port: 8443,
    host: { ipv4: '10.0.0.2', ipv6: 'fd00::2', network: { tunnel_id } },
  });
  expect(bodyOf(16)).toEqual({
    name: 'service-16',
    type: 'tcp',
    tcp_port: 5432,
    app_protocol: 'postgresql',
    host: { hostname: 'pg.internal', resolver_network: { tunnel_id, resolver_ips: ['10.0.0.53', 'fd00::53'] } },
  });
  expect(bodyOf(20)).toEqual({
    name: 'service-20',
    type: 'tcp',
    tcp_port: 6379,
    host: { ipv6: 'fd00::3', network: { tunnel_id } },
    tls_settings: { cert_verification_mode: 'disabled' },
  });
  expect(bodyOf(21)).toEqual({
    name: 'service-21',
    type: 'tcp',
    tcp_port: 9092,
    host: { ipv4: '10.0.0.4', ipv6: 'fd00::4', network: { tunnel_id } },
  });
  expect(bodyOf(23)).toEqual({
    name: 'service-23',
    type: 'http',
    https_port: 443,
    host: { ipv4: '10.0.0.5', network: { tunnel_id } },
    tls_settings: { cert_verification_mode: 'verify_full', client_certificate: '6f2c1a90-4c1e-4d0f-8c55-3d1b7f0a2e11' },
  });
});

/** The forms in which the API may return values, where its reference leaves them open. */
const QUIRKS: readonly Partial<Quirks>[] = [
  { resultInfo: 'absent' },
  { resultInfo: 'empty' },
  { ignorePage: true },
  { maxPerPage: 20 },
  { maxPerPage: 20, resultInfo: 'absent' },
  { maxPerPage: 7 },
  { unusedHostKeys: 'absent' },
  { unsetPorts: 'absent' },
  { ipv6: 'compressed' },
  { ipv6: 'expanded' },
  { ipv6: 'upper' },
  { uuids: 'upper' },
  { uuids: 'lower' },
  { hostname: 'as-sent' },
  { emptyResolvers: 'null' },
  { emptyResolvers: '[]' },
  { verifyFull: 'absent' },
  { verifyFull: 'explicit' },
  { tlsNulls: true },
  { order: 'shuffled' },
  {
    ipv6: 'expanded',
    uuids: 'upper',
    emptyResolvers: '[]',
    verifyFull: 'explicit',
    tlsNulls: true,
    order: 'shuffled',
    unsetPorts: 'absent',
  },
];

test.for(QUIRKS)('sends no needless update if the API answers with %o', async (quirks) => {
  const { write, pass, putCount } = await openFixture({
    services: pairs.map(({ live }) => live),
    tunnels: fleetTunnels,
    quirks,
  });
  write('all.yaml', declared);
  expect(await pass()).toMatchObject({ outcome: 'converged', counts: { updated: 25, in_sync: 35 } });
  expect(await pass()).toMatchObject({ outcome: 'in_sync', counts: { in_sync: 60 } });
  expect(putCount()).toBe(25);
});

test('preserves unknown fields in an update and reports them', async () => {
  const [pair] = pairs.slice(25);
  const live = {
    ...pair?.live,
    http_port: 81,
    labels: { team: 'web' },
    tls_settings: { cert_verification_mode: 'verify_full', new_thing: [1] },
  };
  const { write, pass, emulator } = await openFixture({ services: [live], tunnels: fleetTunnels });
  write('one.yaml', [pair?.declared ?? {}]);

  const report = await pass();
  expect(report.services).toMatchObject([{ result: 'updated', unknown_fields: ['labels', 'tls_settings.new_thing'] }]);
  expect(emulator.services()).toMatchObject([
    {
      http_port: null,
      labels: { team: 'web' },
      tls_settings: { cert_verification_mode: 'verify_full', new_thing: [1] },
    },
  ]);
  expect(await pass()).toMatchObject({ outcome: 'in_sync' });
});

test('names the unknown fields that the API removed although the update contained them', async () => {
  const [pair] = pairs.slice(25);
  const live = { ...pair?.live, http_port: 81, labels: { team: 'web', tier: 1 }, owner: 'net' };
  const { write, pass, putCount } = await openFixture({
    services: [live],
    tunnels: fleetTunnels,
    scenario: { keep: { 'labels.team': null, owner: null } },
  });
  write('one.yaml', [pair?.declared ?? {}]);
  expect(await pass()).toMatchObject({
    outcome: 'partial',
    services: [
      {
        result: 'unsettled',
        reason: 'the API removed unknown fields that the update contained: labels.team, owner',
      },
    ],
  });
  expect(await pass()).toMatchObject({ outcome: 'in_sync' });
  expect(putCount()).toBe(1);
});

test('does not carry unknown fields of the old type over, and names them', async () => {
  const [pair] = pairs.slice(25);
  const { host } = pair?.live ?? {};
  const live = {
    ...pair?.live,
    type: 'tcp',
    tcp_port: 1,
    fast_open: true,
    tls_settings: { cert_verification_mode: 'verify_full', new_thing: [1] },
    host: { ...(isObject(host) ? host : {}), zone: 'a' },
  };
  const { write, pass, puts } = await openFixture({ services: [live], tunnels: fleetTunnels });
  write('one.yaml', [pair?.declared ?? {}]);
  expect(await pass()).toMatchObject({
    outcome: 'converged',
    services: [{ result: 'updated', reason: 'removes unknown fields of the live service: fast_open' }],
  });
  const [body] = puts().values();
  expect(body).toMatchObject({ type: 'http', host: { zone: 'a' }, tls_settings: { new_thing: [1] } });
  expect(body).not.toHaveProperty('fast_open');
});

test('names the setting if the API refuses an update that carries unknown fields over', async () => {
  const [pair] = pairs.slice(25);
  const live = { ...pair?.live, http_port: 81, labels: { team: 'web' } };
  const { write, pass } = await openFixture({
    services: [live],
    tunnels: fleetTunnels,
    scenario: { share: 1, faults: [400], methods: ['PUT'] },
  });
  write('one.yaml', [pair?.declared ?? {}]);
  const { services } = await pass();
  expect(services[0]?.reason).toMatch(
    /^HTTP 400.*; the update kept live fields that this version does not know \(labels\); if the API refuses them, set unknown_fields to drop$/,
  );
});

test('reports pending updates and writes nothing in the modes plan and detect', async () => {
  for (const mode of ['plan', 'detect'] as const) {
    const { write, pass, putCount } = await openFixture({
      services: pairs.map(({ live }) => live),
      tunnels: fleetTunnels,
      mode,
    });
    write('all.yaml', declared);
    const report = await pass();
    expect(report).toMatchObject({ outcome: 'pending', mode, counts: { drifted: 25, updated: 0, withheld: 0 } });
    expect(report.services[0]).toMatchObject({
      finding: 'drifted',
      action: 'update',
      result: null,
      changes: [{ path: 'http_port', live: 80, declared: null }],
    });
    expect(putCount()).toBe(0);
  }
});
