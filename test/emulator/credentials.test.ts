import { expect, test } from 'vitest';
import { emulated, orders, ordersId } from './client.ts';

const accepted = { token: 'all', readOnlyToken: 'read', email: 'a@example.com', key: 'k' };

test.each([
  { reason: 'the token', headers: { authorization: 'Bearer all' } },
  { reason: 'the scheme in lower case', headers: { authorization: 'bearer all' } },
  { reason: 'email and key', headers: { 'x-auth-email': 'a@example.com', 'x-auth-key': 'k' } },
])('$reason may write', async ({ headers }) => {
  const { call } = await emulated(accepted);
  expect((await call('POST', '', orders(), { headers })).status).toBe(200);
});

test.each([
  { reason: 'no credentials', headers: {} },
  { reason: 'another token', headers: { authorization: 'Bearer other' } },
  { reason: 'an empty token', headers: { authorization: 'Bearer ' } },
  { reason: 'another scheme', headers: { authorization: 'Basic all' } },
  { reason: 'a wrong key', headers: { 'x-auth-email': 'a@example.com', 'x-auth-key': 'other' } },
  { reason: 'a wrong email', headers: { 'x-auth-email': 'b@example.com', 'x-auth-key': 'k' } },
  { reason: 'a key without email', headers: { 'x-auth-key': 'k' } },
  {
    reason: 'a wrong token beside the right key',
    headers: { authorization: 'Bearer other', 'x-auth-email': 'a@example.com', 'x-auth-key': 'k' },
  },
])('$reason has no rights', async ({ headers }) => {
  const { call } = await emulated(accepted);
  const reply = await call('GET', '', undefined, { headers });
  expect(reply.status).toBe(401);
  expect(reply.body).toEqual({
    success: false,
    errors: [{ code: 10_000, message: 'Authentication error' }],
    messages: [],
    result: null,
  });
});

test('rejects email and key if none are configured', async () => {
  const { call } = await emulated();
  const headers = { 'x-auth-email': 'undefined', 'x-auth-key': 'undefined' };
  expect((await call('GET', '', undefined, { headers })).status).toBe(401);
});

test('a read-only token can read but not write', async () => {
  const { call, emulator } = await emulated({ ...accepted, services: [orders({ service_id: ordersId })] });
  const init = { headers: { authorization: 'Bearer read' } };
  const before = emulator.services();

  expect((await call('GET', '', undefined, init)).status).toBe(200);
  expect((await call('GET', `/${ordersId}`, undefined, init)).status).toBe(200);
  for (const [method, path, body] of [
    ['POST', '', orders({ name: 'other' })],
    ['PUT', `/${ordersId}`, orders({ tcp_port: 1 })],
    ['DELETE', `/${ordersId}`, undefined],
  ] as const) {
    const reply = await call(method, path, body, init);
    expect(reply.status).toBe(403);
    expect(reply.body.errors).toEqual([
      { code: 10_000, message: 'Forbidden', documentation_url: expect.stringContaining('https://') },
    ]);
  }
  expect(emulator.services()).toEqual(before);
});
