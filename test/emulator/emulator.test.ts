import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { EmulatorOptions } from '../../src/emulator/emulator.ts';
import type { HandledRequest } from '../../src/emulator/server.ts';
import { emulated, orders, ordersId, resultOf, web } from './client.ts';

test('returns what a client needs to connect', async () => {
  const { emulator } = await emulated({ accountId: 'mine', token: 'secret' });
  expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/client\/v4$/);
  expect(emulator).toMatchObject({ accountId: 'mine', token: 'secret' });
});

test('starts with the seeded services, under their ids or generated ones', async () => {
  const { emulator, call } = await emulated({ services: [orders({ service_id: ordersId }), web()] });
  const [first, second] = emulator.services();
  expect(first).toEqual(resultOf(await call('GET', `/${ordersId}`)));
  expect(second?.service_id).toMatch(/^[0-9a-f-]{36}$/);
  expect((await call('GET')).body.result).toEqual([first, second]);
});

test('a dashboard edit changes the live service, including unknown fields, without a request', async () => {
  const { emulator, call } = await emulated({ services: [orders({ service_id: ordersId })] });
  emulator.change(ordersId.toUpperCase(), (service) => ({ ...service, tcp_port: 1, labels: { by: 'hand' } }));
  expect(resultOf(await call('GET', `/${ordersId}`))).toMatchObject({ tcp_port: 1, labels: { by: 'hand' } });
  expect(emulator.requests).toHaveLength(1);
});

test('a dashboard edit cannot create a state that the API never has', async () => {
  const { emulator } = await emulated({ services: [orders({ service_id: ordersId }), web()] });
  expect(() => emulator.change('missing', (service) => service)).toThrow('no service missing');
  expect(() => emulator.change(ordersId, (service) => ({ ...service, name: 'web' }))).toThrow('name taken: web');
  emulator.change(ordersId, (service) => ({ ...service, service_id: 'other' }));
  expect(emulator.services()).toMatchObject([{ service_id: ordersId }, { name: 'web' }]);
});

test('records every request before its answer arrives, without credentials', async () => {
  const told: HandledRequest[] = [];
  const { emulator, call } = await emulated({
    now: () => new Date('2026-09-01T00:00:00Z'),
    onRequest: (request) => told.push(request),
  });
  await call('POST', '', web());
  await call('GET', '?page=1');
  await call('POST', '', undefined, { body: '{' });

  const path = `/client/v4/accounts/${emulator.accountId}/connectivity/directory/services`;
  const common = { durationMs: expect.any(Number), at: new Date('2026-09-01T00:00:00Z'), fault: null };
  expect(emulator.requests).toEqual([
    { ...common, method: 'POST', path, status: 200, body: web() },
    { ...common, method: 'GET', path: `${path}?page=1`, status: 200, body: undefined },
    { ...common, method: 'POST', path, status: 400, body: undefined },
  ]);
  expect(told).toEqual(emulator.requests);
  expect(JSON.stringify(told)).not.toContain(emulator.token);
});

test('delays every answer by latencyMs', async () => {
  const { emulator, call } = await emulated({ latencyMs: 40 });
  await call('GET');
  expect(emulator.requests[0]?.durationMs).toBeGreaterThanOrEqual(39);
});

test('closes at once with open connections and unanswered requests, and can be closed twice', async () => {
  const emulator = await startEmulator({ latencyMs: 60_000 });
  const idle = connect(Number(new URL(emulator.url).port), '127.0.0.1');
  await once(idle, 'connect');
  const unanswered = fetch(emulator.url).then(
    () => 'answered',
    () => 'ended',
  );
  const ended = once(idle, 'close');
  await Promise.all([emulator.close(), emulator.close()]);
  await ended;
  await emulator.close();
  expect(await unanswered).toBe('ended');
  expect(emulator.requests).toEqual([]);
});

test('a port in use is an error', async () => {
  const { emulator } = await emulated();
  await expect(startEmulator({ port: Number(new URL(emulator.url).port) })).rejects.toThrow('EADDRINUSE');
});

test.each<{ options: EmulatorOptions; message: string }>([
  { options: { accountId: '0'.repeat(33) }, message: 'accountId' },
  { options: { accountId: 'a/b' }, message: 'accountId' },
  { options: { token: 'same', readOnlyToken: 'same' }, message: 'readOnlyToken' },
  { options: { email: 'a@example.com' }, message: 'email and key' },
  { options: { quirks: { maxPerPage: 0 } }, message: 'maxPerPage' },
  { options: { services: [web(), web()] }, message: 'two services have the name web' },
  {
    options: { services: [web({ service_id: ordersId }), orders({ service_id: ordersId.toUpperCase() })] },
    message: 'two services have the id',
  },
])('does not start with an invalid $message', async ({ options, message }) => {
  await expect(startEmulator(options)).rejects.toThrow(message);
});
