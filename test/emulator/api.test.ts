import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { emulated, namesIn, orders, ordersId, pathOf, resultOf, web } from './client.ts';

test('creates with 200, reads, replaces, deletes with a null result, and then answers 404', async () => {
  const { call } = await emulated();
  const created = await call('POST', '', orders());
  const path = pathOf(resultOf(created));

  expect(created.status).toBe(200);
  expect(created.body).toEqual({ success: true, errors: [], messages: [], result: resultOf(created) });
  expect(resultOf(await call('GET', path))).toEqual(resultOf(created));
  expect(resultOf(await call('PUT', path, orders({ tcp_port: 5433 })))).toMatchObject({ tcp_port: 5433 });

  const deleted = await call('DELETE', path);
  expect(deleted.status).toBe(200);
  expect(deleted.body).toEqual({ success: true, errors: [], messages: [], result: null });
  for (const [method, body] of [['GET'], ['PUT', orders()], ['DELETE']] as const) {
    const gone = await call(method, path, body);
    expect(gone.status).toBe(404);
    expect(gone.body).toEqual({
      success: false,
      errors: [{ code: 5104, message: 'Service not found' }],
      messages: [],
      result: null,
    });
  }
});

test('every answer, including errors, has CF-Ray and the rate limit headers', async () => {
  const { call } = await emulated();
  for (const path of ['', '/unknown', '?page=0']) {
    const { headers } = await call('GET', path);
    expect(headers.get('cf-ray')).toMatch(/^[0-9a-f]{16}-[A-Z]{3}$/);
    expect(headers.get('ratelimit')).toBe('"default";r=1199;t=1');
    expect(headers.get('ratelimit-policy')).toBe('"default";q=1200;w=300');
    expect(headers.get('content-type')).toBe('application/json');
  }
});

test.each([
  { path: '/accounts/ffffffffffffffffffffffffffffffff/connectivity/directory/services', reason: 'another account' },
  { path: '/accounts/0123456789abcdef0123456789abcdef/connectivity/directory/tunnels', reason: 'another resource' },
  { path: '/accounts/0123456789abcdef0123456789abcdef/connectivity/directory/services/a/b', reason: 'too deep' },
  { path: '/user/tokens/verify', reason: 'another part of the API' },
])('does not route to $reason', async ({ path }) => {
  const { call, emulator } = await emulated();
  const reply = await call('GET', emulator.url + path);
  expect(reply.status).toBe(404);
  expect(reply.body.errors).toEqual([
    { code: 7003, message: `Could not route to ${path}, perhaps your object identifier is invalid?` },
  ]);
});

test('does not route outside its base path', async () => {
  const { call, emulator } = await emulated();
  const reply = await call('GET', new URL('/accounts', emulator.url).href);
  expect(reply.status).toBe(404);
  expect(reply.body.errors).toMatchObject([{ code: 7003 }]);
});

test.each(['//', '//x?page=1', 'http://[', '*', '/client/v4'])(
  'does not stumble over a request for %s',
  async (path) => {
    const { emulator } = await emulated();
    const sent = request(emulator.url, { path, headers: { authorization: `Bearer ${emulator.token}` } }).end();
    const [answer]: IncomingMessage[] = await once(sent, 'response');
    answer?.resume();
    expect(answer?.statusCode).toBe(404);
  },
);

test('finds an id in any case', async () => {
  const { call } = await emulated({ services: [orders({ service_id: ordersId })] });
  expect((await call('GET', `/${ordersId.toUpperCase()}`)).status).toBe(200);
});

test.each([
  { method: 'PATCH', path: `/${ordersId}`, allow: 'GET, PUT, DELETE' },
  { method: 'POST', path: `/${ordersId}`, allow: 'GET, PUT, DELETE' },
  { method: 'PUT', path: '', allow: 'GET, POST' },
  { method: 'DELETE', path: '', allow: 'GET, POST' },
])('rejects $method of "$path"', async ({ method, path, allow }) => {
  const { call } = await emulated({ services: [orders({ service_id: ordersId })] });
  const reply = await call(method, path, {});
  expect(reply.status).toBe(405);
  expect(reply.headers.get('allow')).toBe(allow);
  expect(reply.body).toMatchObject({ success: false, errors: [{ code: 7001 }] });
});

test.each([
  { body: '{"name":', reason: 'cut short' },
  { body: new Uint8Array([0x22, 0xff, 0x22]), reason: 'not UTF-8' },
  { body: '', reason: 'empty' },
  { body: '[]', reason: 'a list' },
])('refuses a body that is $reason', async ({ body }) => {
  const { call } = await emulated();
  const reply = await call('POST', '', undefined, { body });
  expect(reply.status).toBe(400);
  expect(reply.body).toMatchObject({ success: false, errors: [{ code: 5102, source: { pointer: '' } }] });
});

test('takes a body of 1 MiB and refuses a larger one, with an answer', async () => {
  const { call } = await emulated();
  const body = JSON.stringify(orders());
  const fits = await call('POST', '', undefined, { body: body.padEnd(1024 * 1024) });
  const tooLarge = await call('POST', '', undefined, { body: body.padEnd(8 * 1024 * 1024) });
  expect(fits.status).toBe(200);
  expect(tooLarge.status).toBe(413);
  expect(tooLarge.body).toMatchObject({ success: false, result: null });
});

test('survives a client that disconnects during its request', async () => {
  const { call, emulator } = await emulated();
  const { port, pathname } = new URL(emulator.url);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`POST ${pathname}/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`, () => socket.destroy());
  await once(socket, 'close');
  expect((await call('GET')).status).toBe(200);
});

const three = [web({ name: 'a' }), orders({ name: 'b' }), web({ name: 'c' })];

test.each([
  { query: '', names: ['a', 'b', 'c'], info: { count: 3, page: 1, per_page: 1000, total_count: 3, total_pages: 1 } },
  { query: '?per_page=2', names: ['a', 'b'], info: { count: 2, page: 1, per_page: 2, total_count: 3, total_pages: 2 } },
  {
    query: '?page=2&per_page=2',
    names: ['c'],
    info: { count: 1, page: 2, per_page: 2, total_count: 3, total_pages: 2 },
  },
  {
    query: '?type=http',
    names: ['a', 'c'],
    info: { count: 2, page: 1, per_page: 1000, total_count: 2, total_pages: 1 },
  },
  { query: '?type=tcp', names: ['b'], info: { count: 1, page: 1, per_page: 1000, total_count: 1, total_pages: 1 } },
])('lists with "$query" the services $names', async ({ query, names, info }) => {
  const { call } = await emulated({ services: three });
  const reply = await call('GET', query);
  expect(namesIn(reply)).toEqual(names);
  expect(reply.body.result_info).toEqual(info);
});

test.each([{ query: '' }, { query: '?page=9' }])('an empty list ("$query") has no result_info', async ({ query }) => {
  const { call } = await emulated({ services: query === '' ? [] : three });
  const reply = await call('GET', query);
  expect(reply.body).toEqual({ success: true, errors: [], messages: [], result: [] });
});

test.each([
  'page=0',
  'page=-1',
  'page=1.5',
  'page=x',
  'page=',
  'page=2147483648',
  'per_page=0',
  'per_page=1001',
  'per_page=many',
  'type=udp',
])('refuses to list with %s', async (query) => {
  const { call } = await emulated({ services: three });
  const reply = await call('GET', `?${query}`);
  expect(reply.status).toBe(400);
  expect(reply.body).toMatchObject({
    success: false,
    errors: [{ code: 5102, source: { pointer: `/${query.split('=')[0]}` } }],
  });
});

test('can omit result_info, or leave it empty', async () => {
  const absent = await emulated({ services: three, quirks: { resultInfo: 'absent' } });
  const empty = await emulated({ services: three, quirks: { resultInfo: 'empty' } });
  expect((await absent.call('GET')).body).not.toHaveProperty('result_info');
  expect((await empty.call('GET')).body.result_info).toEqual({});
});

test('can ignore the page', async () => {
  const { call } = await emulated({ services: three, quirks: { ignorePage: true } });
  const reply = await call('GET', '?page=2&per_page=2');
  expect(namesIn(reply)).toEqual(['a', 'b']);
  expect(reply.body.result_info).toMatchObject({ page: 1, total_count: 3 });
});

test('can cap the page size silently', async () => {
  const { call } = await emulated({ services: three, quirks: { maxPerPage: 2 } });
  const reply = await call('GET', '?per_page=1000');
  expect(namesIn(reply)).toEqual(['a', 'b']);
  expect(reply.body.result_info).toMatchObject({ per_page: 2, total_pages: 2 });
});

test('can list in another, stable order', async () => {
  const names = Array.from({ length: 10 }, (_, digit) => `web-${digit}`);
  const services = names.map((name, digit) => web({ name, service_id: ordersId.replace(/.$/, String(digit)) }));
  const { call } = await emulated({ services, quirks: { order: 'shuffled' } });
  const first = namesIn(await call('GET'));
  expect(first).not.toEqual(names);
  expect(new Set(first)).toEqual(new Set(names));
  expect(namesIn(await call('GET'))).toEqual(first);
});
