import { expect, test } from 'vitest';
import { EXAMPLE_TUNNEL } from '../../src/emulator/emulator.ts';
import { emulated, orders, ordersId, pathOf, resultOf, web } from './client.ts';

const webId = '0191e3a4-5b6c-7d8e-9f00-112233445577';
const otherTunnel = '0191dce4-9ab4-7fce-b660-000000000000';
const certificate = '0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33';

test('generates a UUIDv7 with the time of creation', async () => {
  const { call } = await emulated({ now: () => new Date('2026-09-01T12:00:00.000Z') });
  const created = resultOf(await call('POST', '', orders()));
  expect(created.service_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const milliseconds = Number.parseInt(pathOf(created).replaceAll(/[/-]/g, '').slice(0, 12), 16);
  expect(new Date(milliseconds).toISOString()).toBe('2026-09-01T12:00:00.000Z');
});

test('replaces the whole object: fields that a PUT omits are gone, known or not', async () => {
  const full = orders({
    service_id: ordersId,
    host: {
      hostname: 'orders.internal',
      resolver_network: { tunnel_id: EXAMPLE_TUNNEL, resolver_ips: ['10.0.0.53'], new_thing: 1 },
      new_thing: 2,
    },
    tls_settings: { cert_verification_mode: 'verify_ca', certificate_authority: certificate, new_thing: 3 },
    labels: { team: 'pay' },
  });
  const { call } = await emulated({ services: [full] });
  expect(resultOf(await call('GET', `/${ordersId}`))).toMatchObject(full);

  const bare = { name: 'orders-db', type: 'tcp', host: orders().host ?? null };
  expect(resultOf(await call('PUT', `/${ordersId}`, bare))).toEqual({
    service_id: ordersId,
    name: 'orders-db',
    type: 'tcp',
    tcp_port: null,
    app_protocol: null,
    host: {
      hostname: 'orders.internal',
      ipv4: null,
      ipv6: null,
      network: null,
      resolver_network: { tunnel_id: EXAMPLE_TUNNEL },
    },
    created_at: expect.any(String),
    updated_at: expect.any(String),
  });
});

test('stores unknown fields that a PUT sends', async () => {
  const { call } = await emulated({ services: [orders({ service_id: ordersId })] });
  const tls = { cert_verification_mode: 'verify_full', new_thing: [1] };
  const put = await call('PUT', `/${ordersId}`, orders({ labels: { a: null }, tls_settings: tls }));
  expect(resultOf(put)).toMatchObject({ labels: { a: null }, tls_settings: tls });
  expect(resultOf(await call('GET', `/${ordersId}`))).toEqual(resultOf(put));
});

test('resets both timestamps on every PUT', async () => {
  let minute = 0;
  const { call } = await emulated({ now: () => new Date(Date.UTC(2026, 8, 1, 0, minute)) });
  const created = resultOf(await call('POST', '', orders()));
  expect(created).toMatchObject({ created_at: '2026-09-01T00:00:00.000Z', updated_at: '2026-09-01T00:00:00.000Z' });
  minute = 5;
  const put = resultOf(await call('PUT', pathOf(created), orders()));
  expect(put).toMatchObject({ created_at: '2026-09-01T00:05:00.000Z', updated_at: '2026-09-01T00:05:00.000Z' });
});

test('the id survives a rename, a change of type and another host shape', async () => {
  const { call, emulator } = await emulated({ services: [orders({ service_id: ordersId })] });
  const put = resultOf(await call('PUT', `/${ordersId}`, web({ https_port: 443 })));
  expect(put).toMatchObject({ service_id: ordersId, name: 'web', type: 'http', http_port: null, https_port: 443 });
  expect(put).not.toHaveProperty('tcp_port');
  expect(put.host).toMatchObject({ ipv4: '10.0.0.1', hostname: null, resolver_network: null });
  expect(emulator.services()).toEqual([put]);
});

test('ignores read-only keys in a body', async () => {
  const { call } = await emulated({ services: [orders({ service_id: ordersId })] });
  const readOnly = { service_id: webId, created_at: '1999-01-01T00:00:00Z', updated_at: 7 };
  const put = resultOf(await call('PUT', `/${ordersId}`, orders(readOnly)));
  const post = resultOf(await call('POST', '', web(readOnly)));
  for (const service of [put, post]) {
    expect(service.service_id).not.toBe(webId);
    expect(service.created_at).toMatch(/^20/);
    expect(service.updated_at).toBe(service.created_at);
  }
});

test('accepts its own answer as a body', async () => {
  const { call } = await emulated({ now: () => new Date(0) });
  for (const body of [orders(), web(), web({ name: 'tls', tls_settings: { cert_verification_mode: 'disabled' } })]) {
    const created = resultOf(await call('POST', '', body));
    const put = await call('PUT', pathOf(created), created);
    expect(put.status).toBe(200);
    expect(resultOf(put)).toEqual(created);
  }
});

test('a name is unique, with exact match', async () => {
  const { call } = await emulated({
    services: [orders({ service_id: ordersId }), web({ service_id: webId })],
  });
  const taken = { code: 5101, message: "Service name 'orders-db' already exists" };
  const created = await call('POST', '', web({ name: 'orders-db' }));
  expect(created.status).toBe(400);
  expect(created.body.errors).toEqual([taken]);
  expect((await call('PUT', `/${webId}`, web({ name: 'orders-db' }))).body.errors).toEqual([taken]);
  expect((await call('PUT', `/${ordersId}`, orders())).status).toBe(200);
  expect((await call('POST', '', web({ name: 'Orders-DB' }))).status).toBe(200);
  expect((await call('PUT', `/${ordersId}`, orders({ name: 'renamed' }))).status).toBe(200);
  expect((await call('PUT', `/${webId}`, web({ name: 'orders-db' }))).status).toBe(200);
});

test('a tunnel must exist, in any case, for addresses and host names', async () => {
  const { call } = await emulated();
  const byName = { hostname: 'a', resolver_network: { tunnel_id: otherTunnel } };
  for (const host of [byName, { ipv4: '10.0.0.1', network: { tunnel_id: otherTunnel } }]) {
    const reply = await call('POST', '', orders({ host }));
    expect(reply.status).toBe(400);
    expect(reply.body.errors).toEqual([{ code: 5101, message: 'Tunnel ID Not Found' }]);
  }
  const upper = { hostname: 'a', resolver_network: { tunnel_id: EXAMPLE_TUNNEL.toUpperCase() } };
  expect((await call('POST', '', orders({ host: upper }))).status).toBe(200);
});

test('the existing tunnels are those of the seeded services, or those of the option', async () => {
  const elsewhere = web({ service_id: webId, host: { ipv4: '10.0.0.1', network: { tunnel_id: otherTunnel } } });
  const byDefault = await emulated({ services: [elsewhere] });
  const deleted = await emulated({ services: [elsewhere], tunnels: [EXAMPLE_TUNNEL] });
  expect((await byDefault.call('PUT', `/${webId}`, elsewhere)).status).toBe(200);
  expect((await deleted.call('GET', `/${webId}`)).status).toBe(200);
  expect((await deleted.call('PUT', `/${webId}`, elsewhere)).body.errors).toMatchObject([{ code: 5101 }]);
});

test('holds 1,000 services', async () => {
  const services = Array.from({ length: 999 }, (_, index) => web({ name: `web-${index}` }));
  const { call } = await emulated({ services });
  expect((await call('POST', '', orders())).status).toBe(200);
  const reply = await call('POST', '', web());
  expect(reply.status).toBe(400);
  expect(reply.body.errors).toMatchObject([{ code: 5101, message: expect.stringContaining('1000') }]);
});
