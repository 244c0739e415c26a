import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderProblem } from '../../../src/core/load/problem.ts';
import { FAULT_NAMES } from '../../../src/emulator/scenario/faults.ts';
import { OBSERVED_QUIRKS } from '../../../src/emulator/scenario/quirks.ts';
import { describeScenario, parseScenario, withDefaults } from '../../../src/emulator/scenario/scenario.ts';
import type { Scenario } from '../../../src/emulator/scenario/scenario.ts';
import { emulated, namesIn, orders, ordersId, pathOf, resultOf, web } from '../client.ts';

function scenarioOf(text: string): Scenario {
  const parsed = parseScenario('trouble.yaml', text);
  if (parsed.kind === 'valid') return parsed.scenario;
  throw new Error(parsed.problems.map(renderProblem).join('\n'));
}

function problemsIn(text: string): string[] {
  const parsed = parseScenario('trouble.yaml', text);
  return parsed.kind === 'invalid' ? parsed.problems.map(renderProblem) : [];
}

const sample = readFileSync(new URL('../../../config/scenario.yaml', import.meta.url), 'utf8');

test('config/scenario.yaml shows and explains every key, fault and quirk', () => {
  const scenario = scenarioOf(sample);
  expect(Object.keys(scenario)).toEqual(Object.keys(withDefaults({})));
  expect(scenario.faults?.filter((fault) => typeof fault === 'string')).toEqual(FAULT_NAMES);
  expect(Object.keys(scenario.quirks ?? {})).toEqual(Object.keys(OBSERVED_QUIRKS));
  for (const paragraph of sample.trim().split('\n\n')) expect(paragraph).toMatch(/^# \w/);
});

test('config/scenario.yaml is a realistic scenario', () => {
  expect(scenarioOf(sample)).toMatchObject({
    seed: 8,
    share: 0.25,
    methods: ['GET', 'PUT'],
    stops_after: 200,
    retry_after: 1000,
    slow_by: 3000,
    latency: 300,
    rate_limit: { requests: 120, ms: 3000, text: '120/3s' },
    block: 10_000,
    ratelimit_headers: false,
    refuse: ['search'],
    refuse_create: ['search-new'],
    refuse_delete: ['legacy-search'],
    lose_create: ['shipping'],
    keep: { app_protocol: null, 'host.resolver_network.resolver_ips': ['10.0.0.1'] },
    quirks: { resultInfo: 'absent', ignorePage: false, maxPerPage: 20, emptyResolvers: '[]' },
  });
});

test.each(['', '# nothing\n', '{}'])('an empty scenario (%j) causes no failures', async (text) => {
  const { call, emulator } = await emulated({ scenario: scenarioOf(text), services: [web()] });
  for (let nth = 0; nth < 50; nth += 1) expect(namesIn(await call('GET'))).toEqual(['web']);
  expect(new Set(emulator.requests.map(({ fault }) => fault))).toEqual(new Set([null]));
});

test.each([
  { text: 'faults: [503]', share: 0.3, kinds: 1 },
  { text: 'share: 0.1', share: 0.1, kinds: 6 + FAULT_NAMES.length },
  { text: 'share: 0.1\nfaults: [lost, 500]', share: 0.1, kinds: 2 },
  { text: 'seed: 5', share: 0, kinds: 6 + FAULT_NAMES.length },
])('$text means a share of $share and $kinds kinds', ({ text, share, kinds }) => {
  const scenario = withDefaults(scenarioOf(text));
  expect(scenario.share).toBe(share);
  expect(scenario.faults).toHaveLength(kinds);
});

/** The statuses of twenty requests, about half of which fail. */
async function statusesWith(seed: number): Promise<string> {
  const { ask, emulator } = await emulated({ scenario: scenarioOf(`seed: ${seed}\nshare: 0.5\nfaults: [503]`) });
  for (let nth = 0; nth < 20; nth += 1) await ask('GET');
  return emulator.requests.map(({ status }) => status).join(' ');
}

test('seed: the same seed injects the same faults, another seed different ones', async () => {
  expect(await statusesWith(1)).toBe(await statusesWith(1));
  expect(await statusesWith(1)).not.toBe(await statusesWith(2));
});

test('methods: only these fail', async () => {
  const { call } = await emulated({ scenario: scenarioOf('share: 1\nfaults: [500]\nmethods: [PUT, DELETE]') });
  expect((await call('GET')).status).toBe(200);
  expect((await call('POST', '', web())).status).toBe(200);
  expect((await call('PUT', '/x', web())).status).toBe(500);
  expect((await call('DELETE', '/x')).status).toBe(500);
});

test('stops_after: no request fails after this number of faults', async () => {
  const { call, emulator } = await emulated({ scenario: scenarioOf('share: 1\nfaults: [500]\nstops_after: 3') });
  for (let nth = 0; nth < 6; nth += 1) await call('GET', nth % 2 === 0 ? '' : '?page=2');
  expect(emulator.requests.map(({ status }) => status)).toEqual([500, 500, 500, 200, 200, 200]);
});

test.each([
  { text: 'retry_after: 2s', header: '2' },
  { text: 'retry_after: 1m', header: '60' },
  { text: 'retry_after: 0', header: null },
])('$text: the Retry-After of 429 and 503, and of no other fault', async ({ text, header }) => {
  for (const [status, asked] of [
    [429, header],
    [503, header],
    [500, null],
  ] as const) {
    const { call } = await emulated({ scenario: scenarioOf(`share: 1\nfaults: [${status}]\n${text}`) });
    expect((await call('GET')).headers.get('retry-after')).toBe(asked);
  }
});

test('latency: delays every answer, and latencyMs overrides it', async () => {
  const scenario = scenarioOf('latency: 40ms');
  const { call, emulator } = await emulated({ scenario });
  await call('GET');
  expect(emulator.requests[0]?.durationMs).toBeGreaterThanOrEqual(39);
  const quick = await emulated({ scenario: scenarioOf('latency: 1h'), latencyMs: 0 });
  expect((await quick.call('GET')).status).toBe(200);
});

/** An account with a limit, and a clock that moves only when it is set. */
async function limited(text: string) {
  const clock = { ms: Date.parse('2026-09-01T00:00:00Z') };
  const client = await emulated({ scenario: scenarioOf(text), now: () => new Date(clock.ms) });
  const statuses = () => client.emulator.requests.map(({ status, fault }) => (fault === null ? status : fault));
  return { ...client, statuses, wait: (ms: number) => void (clock.ms += ms) };
}

test('rate_limit: answers 429 over the limit, and to every request for five minutes', async () => {
  const { call, statuses, wait } = await limited('rate_limit: 3/10s');
  await call('GET');
  await call('POST', '', web());
  await call('GET', '/unknown');
  wait(9500);
  const crossing = await call('GET');
  expect(crossing.status).toBe(429);
  expect(crossing.headers.get('retry-after')).toBe('300');
  expect(crossing.body).toEqual({
    success: false,
    errors: [
      {
        code: 10_429,
        message: 'More than 3 requests per 10 seconds reached. Please wait and consider throttling your request speed',
      },
    ],
    messages: [],
    result: null,
  });
  wait(1500);
  expect((await call('DELETE', '/x')).headers.get('retry-after')).toBe('299');
  wait(298_500);
  expect((await call('GET')).status).toBe(200);
  expect(statuses()).toEqual([200, 200, 404, 'limited', 'limited', 200]);
});

test('rate_limit: the window slides', async () => {
  const { call, statuses, wait } = await limited('rate_limit: 2/10s\nblock: 0');
  for (const ms of [6000, 4000, 5999, 1, 0]) {
    await call('GET');
    wait(ms);
  }
  expect(statuses()).toEqual([200, 200, 200, 'limited', 200]);
});

test('block: sets the duration of the block', async () => {
  const { call, statuses, wait } = await limited('rate_limit: 1/1s\nblock: 2500ms');
  await call('GET');
  expect((await call('GET')).headers.get('retry-after')).toBe('3');
  wait(2499);
  expect((await call('GET')).headers.get('retry-after')).toBe('1');
  wait(1);
  await call('GET');
  expect(statuses()).toEqual([200, 'limited', 'limited', 200]);
});

test('an exceeded limit takes precedence over a fault', async () => {
  const { call, statuses } = await limited('rate_limit: 1/1s\nshare: 1\nfaults: [500]\nstops_after: 2');
  for (let nth = 0; nth < 3; nth += 1) await call('GET');
  expect(statuses()).toEqual(['500', 'limited', 'limited']);
});

test.each([
  { text: 'rate_limit: 2/3s', policy: '"default";q=1200;w=300', left: Array(3).fill('"default";r=1199;t=1') },
  {
    text: 'rate_limit: 2/3s\nratelimit_headers: true',
    policy: '"default";q=2;w=3',
    left: ['"default";r=1;t=3', '"default";r=0;t=2', '"default";r=0;t=300'],
  },
])('with "$text" the headers report $left', async ({ text, policy, left }) => {
  const { call, wait } = await limited(text);
  const replies = [];
  for (let nth = 0; nth < 3; nth += 1) {
    replies.push(await call('GET'));
    wait(1000);
  }
  expect(replies.map(({ headers }) => headers.get('ratelimit'))).toEqual(left);
  for (const { headers } of replies) expect(headers.get('ratelimit-policy')).toBe(policy);
});

test.each([
  { refuse: 'orders-db', reason: 'the name that it has' },
  { refuse: 'orders-new', reason: 'the name that it would have' },
  { refuse: ordersId.toUpperCase(), reason: 'its id' },
])('refuse: refuses every update of a service by $reason', async ({ refuse }) => {
  const { call, emulator } = await emulated({
    services: [orders({ service_id: ordersId }), web()],
    scenario: scenarioOf(`refuse: [${refuse}]`),
  });
  for (let nth = 0; nth < 2; nth += 1) {
    const reply = await call('PUT', `/${ordersId}`, orders({ name: 'orders-new' }));
    expect(reply.status).toBe(400);
    expect(reply.body).toMatchObject({ success: false, errors: [{ code: 5101, message: 'Tunnel ID Not Found' }] });
  }
  expect((await call('GET', `/${ordersId}`)).status).toBe(200);
  const other = emulator.services()[1] ?? {};
  expect((await call('PUT', pathOf(other), web())).status).toBe(200);
  expect(emulator.requests.map(({ fault }) => fault)).toEqual(['refused', 'refused', null, null]);
});

test('refuse: missing rights and unknown services are reported first', async () => {
  const { call } = await emulated({
    services: [orders({ service_id: ordersId })],
    readOnlyToken: 'may-read',
    scenario: scenarioOf('refuse: [orders-db]'),
  });
  const asReader = { headers: { authorization: 'Bearer may-read' } };
  expect((await call('PUT', `/${ordersId}`, orders(), asReader)).status).toBe(403);
  expect((await call('PUT', '/unknown', orders())).status).toBe(404);
});

test('keep: stores other values than were sent', async () => {
  const { call } = await emulated({
    services: [orders({ service_id: ordersId })],
    scenario: scenarioOf('keep: {app_protocol: null}'),
  });
  expect(resultOf(await call('PUT', `/${ordersId}`, orders())).app_protocol).toBe(null);
});

test('quirks: change the format of answers, and the option of a test overrides them', async () => {
  const scenario = scenarioOf(
    'quirks: {unused_host_keys: absent, unset_ports: null, empty_resolvers: [], max_per_page: 1}',
  );
  const { call } = await emulated({ services: [orders(), web()], scenario });
  expect((await call('GET')).body).toMatchObject({ result_info: { per_page: 1, total_count: 2 } });
  const first = (await call('GET')).body.result;
  expect(first).toMatchObject([{ host: { resolver_network: { resolver_ips: [] } } }]);
  expect(JSON.stringify(first)).not.toContain('ipv4');
  const other = await emulated({ services: [orders(), web()], scenario, quirks: { maxPerPage: 1000 } });
  expect(namesIn(await other.call('GET'))).toEqual(['orders-db', 'web']);
});

const aStatus = `a status from 400 to 599, ${FAULT_NAMES.slice(0, -1).join(', ')} or slow`;

test.each([
  { text: 'fautls: [lost]', message: '1:1 fautls: unknown key; did you mean "faults"?' },
  { text: 'unknown: 1', message: '1:1 unknown: unknown key' },
  { text: 'seed: 1.5', message: '1:7 seed: expected a whole number from 0 to 4294967295, found 1.5' },
  { text: 'share: 2', message: '1:8 share: expected a number from 0 to 1, found 2' },
  { text: 'share: 30%', message: '1:8 share: expected a number from 0 to 1, found "30%"' },
  { text: 'faults: [lost, 399]', message: `1:16 faults[1]: expected ${aStatus}, found 399` },
  { text: 'faults: [500.5]', message: `1:10 faults[0]: expected ${aStatus}, found 500.5` },
  {
    text: 'faults: [truncate]',
    message: `1:10 faults[0]: expected ${aStatus}, found "truncate"; did you mean "truncated"?`,
  },
  { text: 'faults: [{503: 1}]', message: `1:10 faults[0]: expected ${aStatus}, found a mapping` },
  { text: 'faults: lost', message: '1:9 faults: expected a list of statuses and names of faults, found "lost"' },
  { text: 'faults: []', message: '1:9 faults: expected a list of statuses and names of faults, found an empty list' },
  {
    text: 'methods: [put]',
    message: '1:11 methods[0]: expected GET, PUT, POST or DELETE, found "put"; did you mean "PUT"?',
  },
  { text: 'stops_after: -1', message: '1:14 stops_after: expected a whole number from 0 to 1000000000, found -1' },
  {
    text: 'retry_after: 1500ms',
    message: '1:14 retry_after: expected whole seconds such as 2s, or 0, at most 480h, found "1500ms"',
  },
  { text: 'slow_by: 5', message: '1:10 slow_by: expected a duration such as 500ms, 2s or 5m, at most 480h, found 5' },
  {
    text: 'latency:',
    message: '1:1 latency: expected a duration such as 500ms, 2s or 5m, at most 480h, found nothing',
  },
  {
    text: 'rate_limit: 120',
    message: '1:13 rate_limit: expected a number of requests in a duration, such as 120/3s, found 120',
  },
  {
    text: 'rate_limit: 0/3s',
    message: '1:13 rate_limit: expected a number of requests in a duration, such as 120/3s, found "0/3s"',
  },
  {
    text: 'block: 481h',
    message: '1:8 block: expected a duration such as 500ms, 2s or 5m, at most 480h, found "481h"',
  },
  { text: 'ratelimit_headers: yes', message: '1:20 ratelimit_headers: expected true or false, found "yes"' },
  { text: 'refuse: [1]', message: '1:10 refuse[0]: expected a name or an id, found 1' },
  { text: 'keep: [a]', message: '1:7 keep: expected a mapping of fields to values, found a list' },
  { text: 'keep:\n  tcp_prot: 1', message: '2:13 keep.tcp_prot: unknown field; did you mean "tcp_port"?' },
  { text: 'quirks: 1', message: '1:9 quirks: expected a mapping of quirks, found 1' },
  { text: 'quirks:\n  ignorepages: true', message: '2:3 quirks.ignorepages: unknown key; did you mean "ignore_page"?' },
  {
    text: 'quirks: {ipv6: uper}',
    message: '1:16 quirks.ipv6: expected as-sent, compressed, expanded or upper, found "uper"; did you mean "upper"?',
  },
  {
    text: 'quirks: {max_per_page: 0}',
    message: '1:24 quirks.max_per_page: expected a whole number from 1 to 1000, found 0',
  },
  { text: '- lost', message: '1:1 expected a mapping such as "share: 0.3", found a list' },
  { text: 'seed: 1\n---\nseed: 2', message: '3:1 expected one scenario, found a second document' },
  {
    text: 'seed: 1\nseed: 2',
    message: '2:1 seed: duplicate key "seed", first used at line 1; keep one of them',
  },
  { text: 'faults: [', message: '1:9 not valid YAML: this [ is never closed; add the missing ]' },
])('$text is reported as $message', ({ text, message }) => {
  expect(problemsIn(text)).toEqual([`trouble.yaml:${message}`]);
});

test('reports all problems, one a line, in the order of the lines', () => {
  const problems = problemsIn('quirks: {hostname: x}\nseed: -1\nfautls: 1\nfaults: [a, b]\nkeep: {name: "a\\nb"}\n');
  expect(problems.map((line) => line.split(' ', 2).join(' '))).toEqual([
    'trouble.yaml:1:20 quirks.hostname:',
    'trouble.yaml:2:7 seed:',
    'trouble.yaml:3:1 fautls:',
    'trouble.yaml:4:10 faults[0]:',
    'trouble.yaml:4:13 faults[1]:',
    'trouble.yaml:5:14 keep.name:',
  ]);
});

test('is described with one line for each kind of failure', () => {
  expect(describeScenario({})).toEqual(['no failures']);
  expect(describeScenario(scenarioOf('faults: [503, lost]\nmethods: [PUT]\nstops_after: 9\nshare: 0.125'))).toEqual([
    '12.5 % of PUT fail with 503, lost (seed 1)',
    'stops after 9 faults',
  ]);
  const rest =
    'latency: 300ms\nrate_limit: 120/3s\nrefuse: [search, "a\\nb"]\nkeep: {app_protocol: null}\nquirks: {ignore_page: true}';
  expect(describeScenario(scenarioOf(rest))).toEqual([
    'latency 300ms',
    'limit 120/3s, blocked for 5m',
    'refuses search, "a\\nb"',
    'stores other values in app_protocol',
    'quirks ignore_page true',
  ]);
});
