import { expect, test } from 'vitest';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { parseRate } from '../../src/core/base/rate.ts';
import { EXAMPLE_TUNNEL } from '../../src/emulator/emulator.ts';
import { served, success } from '../cloudflare/server.ts';
import { openFixture } from './pass-fixture.ts';

const FULL = process.env['FULL'] === '1';

const id = (number: number) => `0199a0c4-2b10-7c3e-8a51-${String(number).padStart(12, '0')}`;
const web = (number: number, http_port = 80): JsonObject => ({
  service_id: id(number),
  name: `web-${number}`,
  type: 'http',
  http_port,
  host: { ipv4: '10.0.0.1', network: { tunnel_id: EXAMPLE_TUNNEL } },
});
const webs = (count: number, http_port?: number) =>
  Array.from({ length: count }, (_, number) => web(number, http_port));

test('never exceeds the rate limit of the API, and waits no longer than necessary', async ({ annotate }) => {
  const [count, text, windowMs] = FULL ? [300, '120/3s', 3000] : [100, '40/1s', 1000];
  const rate_limit = parseRate(text) ?? { requests: 0, ms: 0, text };
  const { write, pass, putCount, emulator } = await openFixture({
    services: webs(count, 1),
    rates: [text],
    scenario: { rate_limit, block: 60_000 },
    client: { connections: 30 },
  });
  write('all.yaml', webs(count));
  const start = performance.now();
  const report = await pass();
  const ms = performance.now() - start;

  expect(report).toMatchObject({ outcome: 'converged', counts: { updated: count }, api: { retries: 0 } });
  expect(putCount()).toBe(count);
  // After five seconds, the account is listed again.
  expect(emulator.requests.length).toBeLessThanOrEqual(count + 1 + Math.floor(ms / 5000));
  expect(new Set(emulator.requests.map(({ status }) => status))).toEqual(new Set([200]));
  // The list and the updates fill two windows and a part of a third.
  const minimumMs = 2 * windowMs;
  expect(report.api.throttled_ms).toBeGreaterThan(minimumMs * 0.8);
  expect(ms).toBeGreaterThanOrEqual(minimumMs);
  await annotate(`${Math.round(ms)} ms, minimum ${minimumMs} ms: ${(ms / minimumMs).toFixed(3)}`);
});

test('sends no update before the time in Retry-After', async () => {
  const { write, pass, emulator } = await openFixture({
    services: webs(20, 1),
    scenario: { seed: 1, share: 1, faults: [429], methods: ['PUT'], stops_after: 1, retry_after: 1000 },
  });
  write('all.yaml', webs(20));
  expect(await pass()).toMatchObject({ outcome: 'converged', counts: { updated: 20 }, api: { retries: 1 } });
  const [, refused, ...rest] = emulator.requests;
  expect(refused).toMatchObject({ status: 429 });
  for (const { at } of rest) expect(at.getTime() - (refused?.at.getTime() ?? 0)).toBeGreaterThanOrEqual(999);
});

test('ends the pass at a Retry-After of more than ten minutes, and sends nothing in the next one', async () => {
  const { write, pass, emulator } = await openFixture({
    services: webs(20, 1),
    scenario: { share: 1, faults: [429], methods: ['PUT'], retry_after: 601_000 },
  });
  write('all.yaml', webs(20));
  const report = await pass();
  expect(report).toMatchObject({ outcome: 'partial', counts: { failed: 1, withheld: 19 } });
  expect(report.services[0]).toMatchObject({
    reason: expect.stringContaining('the API asked the client to wait 10m 1s'),
  });
  expect(report.services[1]).toMatchObject({
    action: 'update',
    reason: 'not started: the API asked the client to wait 10m 1s; a pass waits at most 10m',
  });
  expect(await pass()).toMatchObject({ outcome: 'failed', api: { requests: 0 }, error: { kind: 'transient' } });
  expect(emulator.requests).toHaveLength(2);
});

test('spreads updates over several passes if the budget is too small for one', async () => {
  const { write, pass, putCount } = await openFixture({
    services: webs(12, 1),
    rates: ['5/300ms'],
    passTimeoutMs: 200,
  });
  write('all.yaml', webs(12));
  const first = await pass();
  expect(first).toMatchObject({ outcome: 'partial', counts: { updated: 4, failed: 0, withheld: 8 } });
  expect(first.services.at(-1)?.reason).toMatch(/^not started: the pass did not finish within pass_timeout/);
  let passes = 1;
  for (; (await pass()).outcome !== 'in_sync'; passes += 1) expect(passes).toBeLessThan(10);
  expect(putCount()).toBe(12);
});

test('retries a refused update less and less often, down to once an hour, and at once on a signal or a change', async ({
  annotate,
}) => {
  const options = { services: [web(1, 1), web(2, 1), web(3)], scenario: { refuse: ['web-1'] } };
  const { write, pass, advanceClock, emulator } = await openFixture(options);
  write('all.yaml', webs(4).slice(1));
  const refusals = () => emulator.requests.filter(({ method, status }) => method === 'PUT' && status === 400).length;

  expect(await pass({ trigger: 'startup' })).toMatchObject({ counts: { updated: 1, failed: 1 } });
  const refusalCounts: number[] = [];
  for (let passes = 2; passes <= 50; passes += 1) {
    advanceClock(5 * 60_000);
    const { services } = await pass({ trigger: 'interval' });
    expect(services).toHaveLength(1);
    refusalCounts.push(refusals());
  }
  expect(refusalCounts.slice(0, 3)).toEqual([1, 1, 2]);
  expect(refusals()).toBe(6);
  await annotate(`50 passes, five minutes apart: ${refusals()} requests`);

  const parked = await pass({ trigger: 'interval' });
  expect(parked.services).toMatchObject([
    {
      service_id: id(1),
      action: null,
      result: 'withheld',
      reason: expect.stringMatching(
        /^parked because the API refused the last update: HTTP 400, code 5101: Tunnel ID Not/,
      ),
      error: { kind: 'rejected', code: 5101 },
    },
  ]);
  await pass({ trigger: 'change' });
  expect(refusals()).toBe(6);
  await pass({ trigger: 'signal' });
  expect(refusals()).toBe(7);
  write('all.yaml', [web(1, 81), web(2), web(3)]);
  await pass({ trigger: 'change' });
  expect(refusals()).toBe(8);
});

test.for([
  { path: 'app_protocol', value: null, outcome: 'unsets' },
  { path: 'host.hostname', value: 'elsewhere.internal', outcome: 'changes' },
])('sends one PUT in 50 passes for a field that the API $outcome', async ({ path, value }) => {
  const database = (tcp_port: number): JsonObject => ({
    service_id: id(1),
    name: 'db',
    type: 'tcp',
    tcp_port,
    app_protocol: 'mysql',
    host: { hostname: 'db.internal', resolver_network: { tunnel_id: EXAMPLE_TUNNEL } },
  });
  const { write, pass, advanceClock, putCount, emulator } = await openFixture({
    services: [database(1)],
    scenario: { keep: { [path]: value } },
  });
  write('db.yaml', [database(2)]);
  expect((await pass()).services).toMatchObject([
    { result: 'unsettled', reason: expect.stringContaining(`the API stored a different value: ${path} is `) },
  ]);
  for (let passes = 2; passes <= 50; passes += 1) {
    advanceClock(60 * 60_000);
    const { services } = await pass({ trigger: passes % 2 === 0 ? 'interval' : 'signal' });
    expect(services).toMatchObject([{ result: 'withheld', reason: expect.stringContaining(path) }]);
  }
  expect(putCount()).toBe(1);
  emulator.change(id(1), (service) => ({ ...service, tcp_port: 9 }));
  await pass();
  expect(putCount()).toBe(2);
  write('db.yaml', [database(3)]);
  await pass();
  expect(putCount()).toBe(3);
});

test('sends one update per pass with a read-only token, however many services have drifted', async () => {
  const { write, pass, putCount } = await openFixture({
    services: webs(40, 1),
    readOnlyToken: 'may-read',
    credential: 'may-read',
    client: { connections: 30 },
  });
  write('all.yaml', webs(40));
  for (let passes = 1; passes <= 3; passes += 1) {
    expect(await pass()).toMatchObject({
      outcome: 'denied',
      counts: { failed: 1, withheld: 39 },
      api: { requests: 2 },
    });
    expect(putCount()).toBe(passes);
  }
});

test('withholds a plan beyond max_changes in every pass', async () => {
  const { write, pass, putCount } = await openFixture({ services: webs(10, 1), rules: { maxChanges: 9 } });
  write('all.yaml', webs(10));
  for (let passes = 0; passes < 2; passes += 1) {
    const report = await pass();
    expect(report).toMatchObject({ outcome: 'partial', counts: { withheld: 10 }, api: { requests: 1 } });
    expect(report.services[0]?.reason).toContain('allow it once: vpc-reconciler apply --max-changes 10');
  }
  expect(putCount()).toBe(0);
  write('all.yaml', [...webs(9), web(9, 1)]);
  expect(await pass()).toMatchObject({ outcome: 'converged', counts: { updated: 9 } });
});

test('ends the pass after five failed updates in a row', async () => {
  const { write, pass, putCount } = await openFixture({
    services: webs(40, 1),
    scenario: { share: 1, faults: [503], methods: ['PUT'], retry_after: 0 },
    client: { attempts: 2 },
  });
  write('all.yaml', webs(40));
  const report = await pass();
  expect(report).toMatchObject({ outcome: 'partial', counts: { failed: 5, withheld: 35 } });
  expect(putCount()).toBe(10);
});

/** Starts an API with these services. `answer` returns the answer to a PUT, or null for a 500. */
async function startApi(services: JsonObject[], answer: (live: JsonObject, sent: JsonObject) => JsonObject | null) {
  const puts: string[] = [];
  const { url } = await served(({ method, url: path, body }, response) => {
    if (method !== 'PUT') return void response.end(JSON.stringify(success(services)));
    puts.push(path);
    const live = services.find(({ service_id }) => service_id === path.split('/').at(-1)) ?? {};
    const result = answer(live, JSON.parse(body));
    if (result === null) response.writeHead(500).end();
    else response.end(JSON.stringify(success(result)));
  });
  return { url, puts };
}

test('updates the other services even if some fail in every pass', async () => {
  const live = webs(25, 1);
  const api = await startApi(live, ({ service_id }, sent) => {
    const place = live.findIndex((each) => each['service_id'] === service_id);
    if (place < 5) return null;
    live[place] = { ...sent, service_id: id(place) };
    return live[place];
  });
  const { write, pass } = await openFixture({ client: { baseUrl: api.url, attempts: 2, connections: 1 } });
  write('all.yaml', webs(25));
  expect(await pass()).toMatchObject({ counts: { updated: 0, failed: 5, withheld: 20 } });
  expect(await pass()).toMatchObject({ counts: { updated: 20, failed: 5, withheld: 0 } });
});

test('retries parked updates in the next complete pass if the pass of a signal was interrupted', async () => {
  const { write, pass, emulator } = await openFixture({
    services: [web(1, 1)],
    scenario: { refuse: ['web-1'] },
  });
  write('all.yaml', [web(1)]);
  const refusals = () => emulator.requests.filter(({ fault }) => fault === 'refused').length;
  await pass({ trigger: 'startup' });
  const stop = AbortSignal.abort(new FailureError(failure('interrupted', 'stopped')));
  expect(await pass({ trigger: 'signal', stop })).toMatchObject({ outcome: 'interrupted' });
  expect(refusals()).toBe(1);
  await pass({ trigger: 'interval' });
  expect(refusals()).toBe(2);
  await pass({ trigger: 'interval' });
  expect(refusals()).toBe(2);
});

test('spreads the retries of a signal over several passes if the budget does not last for all', async () => {
  const names = [1, 2, 3, 4, 5].map((number) => `web-${number}`);
  const { write, pass, puts, putCount } = await openFixture({
    services: webs(5, 1),
    scenario: { refuse: names },
    spareRequests: () => 2,
  });
  write('all.yaml', webs(5));
  await pass({ trigger: 'startup' });
  expect(putCount()).toBe(5);
  const counts: number[] = [];
  for (const trigger of ['signal', 'change', 'interval'] as const) {
    await pass({ trigger });
    counts.push(putCount() - 5);
  }
  expect(counts).toEqual([2, 4, 6]);
  expect(puts().size).toBe(5);
});

test('does not retry parked updates because another update was superseded', async () => {
  const { write, pass, emulator } = await openFixture({
    services: webs(2, 1),
    scenario: { refuse: ['web-1'] },
    latencyMs: 300,
    onRequest: ({ method }) => {
      if (method === 'GET' && emulator.requests.length === 3) write('all.yaml', [web(0, 3), web(1)]);
    },
  });
  const refusals = () => emulator.requests.filter(({ fault }) => fault === 'refused').length;
  write('all.yaml', [web(0, 1), web(1)]);
  await pass({ trigger: 'startup' });
  write('all.yaml', [web(0, 2), web(1)]);
  expect(await pass({ trigger: 'change' })).toMatchObject({ superseded: true });
  expect(await pass({ trigger: 'change' })).toMatchObject({ counts: { updated: 1, withheld: 1 } });
  expect(refusals()).toBe(1);
});

type Api = {
  readonly what: string;
  readonly answer: (live: JsonObject, sent: JsonObject) => JsonObject;
  readonly puts: number;
};

test.for<Api>([
  { what: 'a third value', answer: (live) => ({ ...live, http_port: 3 }), puts: 1 },
  { what: 'only a part of the service', answer: () => ({ service_id: id(1), name: 'web-1' }), puts: 1 },
  { what: 'the sent values', answer: (live, sent) => ({ ...live, ...sent }), puts: 3 },
])('sends a PUT $puts times if the answer holds $what and the list does not change', async ({ answer, puts }) => {
  const api = await startApi([web(1, 1)], answer);
  const { write, pass, advanceClock } = await openFixture({ client: { baseUrl: api.url } });
  write('all.yaml', [web(1)]);
  for (let passes = 0; passes < 10; passes += 1) {
    await pass({ trigger: 'interval' });
    // Until then, the list may only be late.
    advanceClock(31_000);
  }
  expect(api.puts).toHaveLength(puts);
});
