import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { drawFault, FAULT_NAMES, occasionOf, TRANSIENT_FAULTS } from '../../../src/emulator/scenario/faults.ts';
import type { FaultKind, FaultPlan } from '../../../src/emulator/scenario/faults.ts';
import type { Scenario } from '../../../src/emulator/scenario/scenario.ts';
import type { HandledRequest } from '../../../src/emulator/server.ts';
import { emulated, orders, ordersId, resultOf } from '../client.ts';
import type { Client } from '../client.ts';

const plan: FaultPlan = { seed: 1, share: 0.3, kinds: TRANSIENT_FAULTS };
const turns = Array.from({ length: 4000 }, (_, index) => ({
  occasion: `PUT /${index % 1000}`,
  nth: 1 + (index >> 10),
}));

/** The faults of the first six requests of an occasion. */
function six(seed: number, occasion = 'PUT /a') {
  const kinds = [429, 'lost', 'html'] as const;
  return [1, 2, 3, 4, 5, 6].map((nth) => drawFault({ seed, share: 0.7, kinds }, { occasion, nth }));
}

test('a fault depends only on the seed, the request and its count', () => {
  expect(six(1)).toEqual(six(1));
  expect(six(1)).not.toEqual(six(2));
  expect(six(1)).not.toEqual(six(1, 'PUT /b'));
  // A seed injects the same faults in every later version.
  const lost = { kind: 'lost' };
  expect(six(1)).toEqual([null, { kind: 'html', status: 522 }, lost, null, lost, lost]);
});

test.each([0, 0.1, 0.3, 1])('about a share of %d fails', (share) => {
  const struck = turns.filter((turn) => drawFault({ ...plan, share }, turn) !== null).length;
  expect(struck / turns.length).toBeGreaterThanOrEqual(share * 0.9);
  expect(struck / turns.length).toBeLessThanOrEqual(share * 1.1);
});

test('all kinds are equally likely', () => {
  const kinds: readonly FaultKind[] = [...FAULT_NAMES, 503];
  const counts = new Map<string, number>();
  for (const turn of turns) {
    const kind = drawFault({ seed: 7, share: 1, kinds }, turn)?.kind ?? 'none';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual([...FAULT_NAMES, 'status'].sort());
  for (const count of counts.values()) {
    expect(count).toBeGreaterThan((0.8 * turns.length) / kinds.length);
    expect(count).toBeLessThan((1.2 * turns.length) / kinds.length);
  }
});

test('a request that fails with one share fails in the same way with a larger one', () => {
  for (const turn of turns) {
    const fault = drawFault({ ...plan, share: 0.2 }, turn);
    if (fault !== null) expect(drawFault({ ...plan, share: 0.5 }, turn)).toEqual(fault);
  }
});

test.each([
  { method: 'PUT', path: '/a/b', occasion: 'PUT /a/b' },
  { method: 'GET', path: '/a?per_page=5&type=tcp', occasion: 'GET /a' },
  { method: 'GET', path: '/a?per_page=5&page=2', occasion: 'GET /a?page=2' },
  { method: 'GET', path: '//?', occasion: 'GET //' },
])('$method $path counts as $occasion', ({ method, path, occasion }) => {
  expect(occasionOf(method, path)).toBe(occasion);
});

test('the same requests have the same faults, in any order of arrival', async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `${ordersId.slice(0, -2)}${index + 10}`);
  const fates = async (order: readonly string[]) => {
    const { ask, emulator } = await emulated({ scenario: { share: 0.5, faults: [503, 'lost', 'html'] } });
    for (const path of [order, order.toReversed()]) {
      await Promise.all(path.map((id) => ask('GET', `/${id}`).catch(() => null)));
    }
    const of = (id: string) => emulator.requests.filter(({ path }) => path.endsWith(id));
    return ids.map((id) => of(id).map(({ fault, status }) => `${fault} ${status}`));
  };
  const first = await fates(ids);
  expect(new Set(first.flat()).size).toBeGreaterThan(4);
  expect(await fates(ids.toReversed())).toEqual(first);
});

/** An account with one service, in which every request fails with one of these faults. */
async function struckBy(kind: FaultKind, more: Scenario = {}): Promise<Client & { readonly written: () => boolean }> {
  const client = await emulated({
    services: [orders({ service_id: ordersId })],
    scenario: { share: 1, faults: [kind], ...more },
  });
  return { ...client, written: () => client.emulator.services()[0]?.tcp_port === 1 };
}

const update = ['PUT', `/${ordersId}`, orders({ tcp_port: 1 })] as const;

test.each([
  { status: 400, code: 5102, message: 'Bad Request' },
  { status: 401, code: 10_000, message: 'Unauthorized' },
  { status: 403, code: 10_000, message: 'Forbidden' },
  { status: 404, code: 5104, message: 'Not Found' },
  { status: 408, code: 1000, message: 'Request Timeout' },
  { status: 429, code: 10_429, message: 'Too Many Requests', retryAfter: '1' },
  { status: 500, code: 1000, message: 'Internal Server Error' },
  { status: 503, code: 1000, message: 'Service Unavailable', retryAfter: '1' },
  { status: 599, code: 1000, message: 'Status 599' },
])('$status is answered with an API error', async ({ status, code, message, retryAfter }) => {
  const { call, emulator, written } = await struckBy(status);
  const reply = await call(...update);
  expect(reply.status).toBe(status);
  expect(reply.body).toEqual({ success: false, errors: [{ code, message }], messages: [], result: null });
  expect(reply.headers.get('retry-after')).toBe(retryAfter ?? null);
  expect(reply.headers.get('cf-ray')).toMatch(/-EMU$/);
  expect(emulator.requests).toMatchObject([{ status, fault: String(status), body: update[2] }]);
  expect(written()).toBe(false);
});

test('html: answers with an error page of the edge and changes nothing', async () => {
  const { ask, emulator, written } = await struckBy('html');
  for (let nth = 0; nth < 30; nth += 1) {
    const response = await ask(...update);
    expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    expect(response.headers.get('cf-ray')).toMatch(/-EMU$/);
    expect(await response.text()).toContain(`<h1>Error ${response.status}</h1>`);
  }
  expect(new Set(emulator.requests.map(({ status }) => status))).toEqual(new Set([502, 520, 522, 524]));
  expect(new Set(emulator.requests.map(({ fault }) => fault))).toEqual(new Set(['html']));
  expect(written()).toBe(false);
});

test('empty: answers 5xx without a body and changes nothing', async () => {
  const { ask, emulator, written } = await struckBy('empty');
  for (let nth = 0; nth < 30; nth += 1) {
    const response = await ask(...update);
    expect(response.headers.get('content-length')).toBe('0');
    expect(await response.text()).toBe('');
  }
  expect(new Set(emulator.requests.map(({ status }) => status))).toEqual(new Set([500, 502, 503, 504]));
  expect(written()).toBe(false);
});

test.each([
  { kind: 'reset', done: false },
  { kind: 'lost', done: true },
] as const)('$kind resets the connection; written: $done', async ({ kind, done }) => {
  const { ask, emulator, written } = await struckBy(kind);
  await expect(ask(...update)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  expect(emulator.requests).toMatchObject([{ method: 'PUT', status: 0, fault: kind, body: update[2] }]);
  expect(written()).toBe(done);
});

test('truncated: carries out the request and sends half of the announced body', async () => {
  const { ask, emulator, written } = await struckBy('truncated');
  const response = await ask(...update);
  const chunks: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of response.body ?? []) chunks.push(chunk);
  })();
  await expect(reading).rejects.toThrow('terminated');
  const text = Buffer.concat(chunks).toString();
  expect(response.status).toBe(200);
  expect(text).toMatch(/^\{"success":true,/);
  expect(text).toHaveLength(Math.floor(Number(response.headers.get('content-length')) / 2));
  expect(emulator.requests).toMatchObject([{ status: 200, fault: 'truncated' }]);
  expect(written()).toBe(true);
});

test('garbage: carries out the request and answers 200 without JSON', async () => {
  const { ask, emulator, written } = await struckBy('garbage');
  const response = await ask(...update);
  expect(response.status).toBe(200);
  const text = await response.text();
  expect(() => JSON.parse(text)).toThrow(SyntaxError);
  expect(emulator.requests).toMatchObject([{ status: 200, fault: 'garbage' }]);
  expect(written()).toBe(true);
});

test('unsuccessful: answers 200 with success: false and changes nothing', async () => {
  const { call, emulator, written } = await struckBy('unsuccessful');
  const reply = await call(...update);
  expect(reply.status).toBe(200);
  expect(reply.body).toMatchObject({ success: false, errors: [{ code: 1000 }], messages: [], result: null });
  expect(emulator.requests).toMatchObject([{ status: 200, fault: 'unsuccessful' }]);
  expect(written()).toBe(false);
});

test('null_result: carries out the request and answers 200 with a null result', async () => {
  const { call, emulator, written } = await struckBy('null_result');
  const reply = await call(...update);
  expect(reply.status).toBe(200);
  expect(reply.body).toEqual({ success: true, errors: [], messages: [], result: null });
  expect(emulator.requests).toMatchObject([{ status: 200, fault: 'null_result' }]);
  expect(written()).toBe(true);
});

test.each([
  { kind: 'hang', done: false },
  { kind: 'late', done: true },
] as const)('$kind leaves the client waiting until it goes away; written: $done', async ({ kind, done }) => {
  const arrived = Promise.withResolvers<HandledRequest>();
  const { call, ask, emulator } = await emulated({
    services: [orders({ service_id: ordersId })],
    scenario: { share: 1, faults: [kind], stops_after: 1 },
    onRequest: arrived.resolve,
  });
  const client = new AbortController();
  const waiting = ask(...update, { signal: client.signal }).then(
    () => 'answered',
    () => 'gave up',
  );
  expect(await arrived.promise).toMatchObject({ status: 0, fault: kind, body: update[2] });
  expect(await Promise.race([waiting, delay(20, 'waiting')])).toBe('waiting');
  client.abort();
  expect(await waiting).toBe('gave up');
  expect(resultOf(await call('GET', `/${ordersId}`)).tcp_port).toBe(done ? 1 : 5432);
  expect(emulator.requests.map(({ fault }) => fault)).toEqual([kind, null]);
});

test('a request that hangs is reported as it arrives, regardless of the latency', async () => {
  const arrived = Promise.withResolvers<HandledRequest>();
  const scenario: Scenario = { share: 1, faults: ['hang'], latency: 3_600_000 };
  const { ask } = await emulated({ scenario, onRequest: arrived.resolve });
  void ask('GET').catch(() => null); // Ended with the emulator.
  expect(await arrived.promise).toMatchObject({ status: 0, fault: 'hang' });
});

test('slow: carries out the request and answers after a delay', async () => {
  const { call, emulator } = await struckBy('slow', { slow_by: 40 });
  expect(resultOf(await call(...update)).tcp_port).toBe(1);
  expect(emulator.requests).toMatchObject([{ status: 200, fault: 'slow' }]);
  expect(emulator.requests[0]?.durationMs).toBeGreaterThanOrEqual(39);
});

test.each([
  { kind: 'hang', done: false },
  { kind: 'late', done: true },
  { kind: 'slow', done: true },
] as const)('closing ends one that is left with $kind, at once', async ({ kind, done }) => {
  const told: HandledRequest[] = [];
  const emulator = await startEmulator({
    services: [orders({ service_id: ordersId })],
    scenario: { share: 1, faults: [kind], slow_by: 3_600_000 },
    onRequest: (request) => told.push(request),
  });
  const url = `${emulator.url}/accounts/${emulator.accountId}/connectivity/directory/services/${ordersId}`;
  const headers = { authorization: `Bearer ${emulator.token}` };
  const asked = fetch(url, { method: 'PUT', headers, body: JSON.stringify(orders({ tcp_port: 1 })) }).then(
    () => 'answered',
    () => 'ended',
  );
  const written = () => emulator.services()[0]?.tcp_port === 1;
  await vi.waitUntil(() => (done ? written() : told.length === 1));
  await emulator.close();
  expect(await asked).toBe('ended');
  expect(told).toMatchObject([{ status: 0, fault: kind }]);
});
