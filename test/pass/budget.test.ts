import { expect, test } from 'vitest';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { parseRate } from '../../src/core/base/rate.ts';
import { exampleTunnel } from '../../src/emulator/emulator.ts';
import { served, success } from '../cloudflare/server.ts';
import { stage } from './stage.ts';

const FULL = process.env['FULL'] === '1';

const id = (number: number) => `0199a0c4-2b10-7c3e-8a51-${String(number).padStart(12, '0')}`;
const web = (number: number, http_port = 80): JsonObject => ({
  service_id: id(number),
  name: `web-${number}`,
  type: 'http',
  http_port,
  host: { ipv4: '10.0.0.1', network: { tunnel_id: exampleTunnel } },
});
const webs = (count: number, http_port?: number) =>
  Array.from({ length: count }, (_, number) => web(number, http_port));

test('a server that enforces the budget and blocks who crosses it never has to, and nobody waits longer than need be', async ({
  annotate,
}) => {
  const [count, text, windowMs] = FULL ? [300, '120/3s', 3000] : [100, '40/1s', 1000];
  const rate_limit = parseRate(text) ?? { requests: 0, ms: 0, text };
  const { write, pass, emulator } = await stage({
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
  expect(emulator.requests.map(({ status }) => status)).toEqual(Array.from({ length: count + 1 }, () => 200));
  // The list and the changes are two windows full and a part of a third.
  const leastMs = 2 * windowMs;
  expect(report.api.throttled_ms).toBeGreaterThan(leastMs * 0.8);
  expect(ms).toBeGreaterThanOrEqual(leastMs);
  await annotate(`${Math.round(ms)} ms, least possible ${leastMs}: ${(ms / leastMs).toFixed(3)}`);
});

test('a Retry-After holds up all updates, and none is sent before', async () => {
  const { write, pass, emulator } = await stage({
    services: webs(20, 1),
    scenario: { seed: 1, share: 1, faults: [429], methods: ['PUT'], stops_after: 1, retry_after: 1000 },
  });
  write('all.yaml', webs(20));
  expect(await pass()).toMatchObject({ outcome: 'converged', counts: { updated: 20 }, api: { retries: 1 } });
  const [, refused, ...rest] = emulator.requests;
  expect(refused).toMatchObject({ status: 429 });
  for (const { at } of rest) expect(at.getTime() - (refused?.at.getTime() ?? 0)).toBeGreaterThanOrEqual(999);
});

test('a Retry-After of more than ten minutes ends the pass, and the next one asks nothing', async () => {
  const { write, pass, emulator } = await stage({
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

test('a budget that is too small for the changes spreads them over passes, each as far as its time goes', async () => {
  const { write, pass, putCount } = await stage({
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

test('a service that the API always refuses costs a call at once and then one an hour; a signal, a change, a restart try it again', async ({
  annotate,
}) => {
  const options = { services: [web(1, 1), web(2, 1), web(3)], scenario: { refuse: ['web-1'] } };
  const { write, pass, goBy, emulator } = await stage(options);
  write('all.yaml', webs(4).slice(1));
  const refusals = () => emulator.requests.filter(({ method, status }) => method === 'PUT' && status === 400).length;

  expect(await pass({ trigger: 'startup' })).toMatchObject({ counts: { updated: 1, failed: 1 } });
  const calls: number[] = [];
  for (let passes = 2; passes <= 50; passes += 1) {
    goBy(5 * 60_000);
    const { services } = await pass({ trigger: 'interval' });
    expect(services).toHaveLength(1);
    calls.push(refusals());
  }
  expect(calls.slice(0, 3)).toEqual([1, 1, 2]);
  expect(refusals()).toBe(6);
  await annotate(`50 passes, five minutes apart: ${refusals()} calls`);

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
  { kept: 'app_protocol', value: null, reason: 'unset' },
  { kept: 'host.hostname', value: 'elsewhere.internal', reason: 'something else' },
])('a field that the server makes $reason costs one PUT in 50 passes', async ({ kept, value }) => {
  const database = (tcp_port: number): JsonObject => ({
    service_id: id(1),
    name: 'db',
    type: 'tcp',
    tcp_port,
    app_protocol: 'mysql',
    host: { hostname: 'db.internal', resolver_network: { tunnel_id: exampleTunnel } },
  });
  const { write, pass, goBy, putCount, emulator } = await stage({
    services: [database(1)],
    scenario: { keep: { [kept]: value } },
  });
  write('db.yaml', [database(2)]);
  expect((await pass()).services).toMatchObject([
    { result: 'unsettled', reason: expect.stringContaining(`the API keeps something else: ${kept} `) },
  ]);
  for (let passes = 2; passes <= 50; passes += 1) {
    goBy(60 * 60_000);
    const { services } = await pass({ trigger: passes % 2 === 0 ? 'interval' : 'signal' });
    expect(services).toMatchObject([{ result: 'withheld', reason: expect.stringContaining(kept) }]);
  }
  expect(putCount()).toBe(1);
  emulator.change(id(1), (service) => ({ ...service, tcp_port: 9 }));
  await pass();
  expect(putCount()).toBe(2);
  write('db.yaml', [database(3)]);
  await pass();
  expect(putCount()).toBe(3);
});

test('a token that may only read costs one refused update a pass, however many differ', async () => {
  const { write, pass, putCount } = await stage({
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

test('a plan beyond the limit of a pass is withheld whole, in every pass, and costs a list', async () => {
  const { write, pass, putCount } = await stage({ services: webs(10, 1), rules: { maxChanges: 9 } });
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

test('an API that is down for updates is left alone after five of them', async () => {
  const { write, pass, putCount } = await stage({
    services: webs(40, 1),
    scenario: { share: 1, faults: [503], methods: ['PUT'], retry_after: 0 },
    client: { attempts: 2 },
  });
  write('all.yaml', webs(40));
  const report = await pass();
  expect(report).toMatchObject({ outcome: 'partial', counts: { failed: 5, withheld: 35 } });
  expect(putCount()).toBe(10);
});

/** An API of our own: it has these services, and answers a PUT as it is told, given the service and what was sent. */
async function answering(services: JsonObject[], answer: (live: JsonObject, sent: JsonObject) => JsonObject | null) {
  const puts: string[] = [];
  const { url } = await served(({ method, url: path, body }, response) => {
    if (method !== 'PUT') return void response.end(JSON.stringify(success(services)));
    puts.push(path);
    const live = services.find(({ service_id }) => service_id === path.split('/').at(-1)) ?? {};
    const answered = answer(live, JSON.parse(body));
    if (answered === null) response.writeHead(500).end();
    else response.end(JSON.stringify(success(answered)));
  });
  return { url, puts };
}

test('services that fail again and again keep nobody else from being updated', async () => {
  const live = webs(25, 1);
  const api = await answering(live, ({ service_id }, sent) => {
    const place = live.findIndex((each) => each['service_id'] === service_id);
    if (place < 5) return null;
    live[place] = { ...sent, service_id: id(place) };
    return live[place];
  });
  const { write, pass } = await stage({ client: { baseUrl: api.url, attempts: 2, connections: 1 } });
  write('all.yaml', webs(25));
  expect(await pass()).toMatchObject({ counts: { updated: 0, failed: 5, withheld: 20 } });
  expect(await pass()).toMatchObject({ counts: { updated: 20, failed: 5, withheld: 0 } });
});

test('what a signal asked for is done by the next pass that gets so far', async () => {
  const { write, pass, emulator } = await stage({
    services: [web(1, 1)],
    scenario: { refuse: ['web-1'] },
  });
  write('all.yaml', [web(1)]);
  const refusals = () => emulator.requests.filter(({ fault }) => fault === 'refused').length;
  await pass({ trigger: 'startup' });
  const stop = AbortSignal.abort(new FailureError(failure('interrupted', 'told to stop')));
  expect(await pass({ trigger: 'signal', stop })).toMatchObject({ outcome: 'interrupted' });
  expect(refusals()).toBe(1);
  await pass({ trigger: 'interval' });
  expect(refusals()).toBe(2);
  await pass({ trigger: 'interval' });
  expect(refusals()).toBe(2);
});

type Answering = {
  readonly what: string;
  readonly answer: (live: JsonObject, sent: JsonObject) => JsonObject;
  readonly puts: number;
};

test.for<Answering>([
  { what: 'a third value', answer: (live) => ({ ...live, http_port: 3 }), puts: 1 },
  { what: 'only a part', answer: () => ({ service_id: id(1), name: 'web-1' }), puts: 1 },
  { what: 'what was sent', answer: (live, sent) => ({ ...live, ...sent }), puts: 3 },
])('a PUT answered with $what, while the list stays as it was, is sent $puts times', async ({ answer, puts }) => {
  const api = await answering([web(1, 1)], answer);
  const { write, pass } = await stage({ client: { baseUrl: api.url } });
  write('all.yaml', [web(1)]);
  for (let passes = 0; passes < 10; passes += 1) await pass({ trigger: 'interval' });
  expect(api.puts).toHaveLength(puts);
});
