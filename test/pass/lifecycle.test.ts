import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.ts';
import type { Report } from '../../src/core/report/report.ts';
import type { FaultKind } from '../../src/emulator/scenario/faults.ts';
import { id, otherTunnel, tunnel } from '../core/builders.ts';
import { openFixture } from './pass-fixture.ts';
import type { PassFixture } from './pass-fixture.ts';

const host = { ipv4: '10.0.0.12', network: { tunnel_id: tunnel } };
const web = (name: string, fields: JsonObject = {}): JsonObject => ({
  name,
  type: 'http',
  http_port: 80,
  host,
  ...fields,
});
const absent = (fields: JsonObject): JsonObject => ({ ...fields, reconcile: { ensure: 'absent' } });

const writes = ({ emulator }: PassFixture) =>
  emulator.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, status }) =>
      `${method} ${path.split('/').slice(9).join('/')} ${status}`.replaceAll('  ', ' '),
    );
const lists = ({ emulator }: PassFixture) => emulator.requests.filter(({ method }) => method === 'GET').length;
const namesIn = ({ emulator }: PassFixture) => emulator.services().map(({ name }) => name);
const resultsIn = ({ services }: Report) => services.map(({ name, action, result }) => `${name} ${action} ${result}`);

const tunnels = [tunnel, otherTunnel];

test('creates a service that is declared by name, then updates it by name, and is in sync after each', async () => {
  const fixture = await openFixture({ tunnels, rules: { policy: 'upsert' } });
  fixture.write('web.json', [web('web')]);
  const created = await fixture.pass();
  expect(created).toMatchObject({
    outcome: 'converged',
    counts: { missing: 1, created: 1, live: 0 },
    services: [{ finding: 'missing', action: 'create', result: 'created', attempts: 1 }],
  });
  expect(created.services[0]?.service_id).toBe(fixture.emulator.services()[0]?.['service_id']);
  expect(await fixture.pass()).toMatchObject({ outcome: 'in_sync', api: { requests: 1 } });
  fixture.write('web.json', [web('web', { http_port: 81 })]);
  expect(resultsIn(await fixture.pass())).toEqual(['web update updated']);
  expect((await fixture.pass()).outcome).toBe('in_sync');
  expect(fixture.emulator.services()).toMatchObject([{ name: 'web', http_port: 81 }]);
});

test('writes no instructions', async () => {
  const fixture = await openFixture({ tunnels, rules: { policy: 'upsert' } });
  fixture.write('web.json', [web('web', { reconcile: { ensure: 'present', ignore: ['tls_settings'] } })]);
  await fixture.pass();
  expect(fixture.emulator.requests.at(-1)?.body).toEqual(web('web'));
});

test('renames the live service of the previous name', async () => {
  const fixture = await openFixture({
    tunnels,
    services: [{ service_id: id(1), ...web('old') }],
    rules: { policy: 'sync' },
  });
  fixture.write('web.json', [web('new', { reconcile: { renamed_from: 'old' } })]);
  expect(resultsIn(await fixture.pass())).toEqual(['new update updated']);
  expect(fixture.emulator.services()).toMatchObject([{ service_id: id(1), name: 'new' }]);
  expect((await fixture.pass()).outcome).toBe('in_sync');
});

describe('a create whose answer is not usable', () => {
  test.for<readonly [fault: FaultKind, posts: number]>([
    ['lost', 1],
    ['truncated', 1],
    ['garbage', 1],
    ['null_result', 1],
    ['late', 1],
    ['slow', 1],
    ['reset', 2],
    ['hang', 2],
    ['html', 2],
    ['empty', 2],
    ['unsuccessful', 2],
    [408, 2],
    [429, 2],
    [500, 2],
    [503, 2],
    [504, 2],
  ])('(%s) leads to exactly one service', async ([fault, posts]) => {
    const fixture = await openFixture({
      tunnels,
      rules: { policy: 'upsert' },
      scenario: { share: 1, faults: [fault], methods: ['POST'], stops_after: 1, retry_after: 0, slow_by: 100 },
      client: { requestTimeoutMs: 1000 },
    });
    fixture.write('web.json', [web('web')]);
    const report = await fixture.pass();
    expect(report).toMatchObject({ outcome: 'converged', services: [{ result: 'created', attempts: posts }] });
    expect(fixture.emulator.services()).toHaveLength(1);
    expect(report.services[0]?.service_id).toBe(fixture.emulator.services()[0]?.['service_id']);
    expect(await fixture.pass()).toMatchObject({ outcome: 'in_sync', api: { requests: 1 } });
  });

  test('is not repeated if the service exists with other values; the next pass updates it', async () => {
    const fixture = await openFixture({
      tunnels,
      rules: { policy: 'upsert' },
      scenario: { share: 1, faults: ['lost'], methods: ['POST'], stops_after: 1, keep: { http_port: 99 } },
    });
    fixture.write('web.json', [web('web')]);
    const report = await fixture.pass();
    expect(report).toMatchObject({ superseded: true, services: [{ result: 'withheld' }] });
    expect((await fixture.pass()).services).toMatchObject([{ action: 'update', result: 'unsettled' }]);
    expect(writes(fixture).filter((write) => write.startsWith('POST'))).toHaveLength(1);
  });

  test('is repeated after the time that a 429 after it asks for', async () => {
    const fixture = await openFixture({
      tunnels,
      rules: { policy: 'upsert' },
      // With this seed, the first POST is reset, and the second one gets the 429.
      scenario: { seed: 3, share: 1, faults: ['reset', 429], methods: ['POST'], stops_after: 2, retry_after: 1000 },
    });
    fixture.write('web.json', [web('web')]);
    expect(resultsIn(await fixture.pass())).toEqual(['web create created']);
    const posts = fixture.emulator.requests.filter(({ method }) => method === 'POST');
    expect(posts.map(({ status }) => status)).toEqual([0, 429, 200]);
    const [, limited = 0, last = 0] = posts.map(({ at }) => at.getTime());
    expect(last - limited).toBeGreaterThan(900);
    expect(fixture.emulator.services()).toHaveLength(1);
  });

  test('is repeated only a few times while the API is down', async () => {
    const fixture = await openFixture({
      tunnels,
      rules: { policy: 'upsert' },
      scenario: { share: 1, faults: [503], methods: ['POST'], retry_after: 0 },
    });
    fixture.write('web.json', [web('web')]);
    const report = await fixture.pass();
    expect(report).toMatchObject({ outcome: 'partial', services: [{ result: 'failed', attempts: 3 }] });
    expect(report.services[0]?.error?.kind).toBe('transient');
  });
});

test('loses answers and refuses writes as a scenario says', async () => {
  const services = [{ service_id: id(1), ...web('old') }];
  const scenario = { lose_create: ['lost'], refuse_create: ['refused'], refuse_delete: ['old'] };
  const fixture = await openFixture({ tunnels, services, rules: { policy: 'sync' }, scenario });
  fixture.write('all.json', [web('lost'), web('refused'), absent({ service_id: id(1) })]);
  const report = await fixture.pass();
  expect(resultsIn(report)).toEqual(['lost create created', 'refused create failed', 'old delete failed']);
  expect(report.services[0]?.reason).toContain('found in the list');
  expect(new Set(namesIn(fixture))).toEqual(new Set(['old', 'lost']));
});

test('parks a create that the API refuses', async () => {
  const fixture = await openFixture({ tunnels: [otherTunnel], rules: { policy: 'upsert' } });
  fixture.write('web.json', [web('web')]);
  expect((await fixture.pass()).services).toMatchObject([{ result: 'failed', attempts: 1 }]);
  const parked = await fixture.pass({ trigger: 'interval' });
  expect(parked.services).toMatchObject([{ action: null, result: 'withheld' }]);
  expect(parked.services[0]?.reason).toContain('the API refused the last create');
});

test('two reconcilers create a service once, and both converge', async () => {
  const first = await openFixture({ tunnels, rules: { policy: 'upsert' } });
  const second = await openFixture({ rules: { policy: 'upsert' }, client: { baseUrl: first.emulator.url } });
  const declared = Array.from({ length: 20 }, (_, index) => web(`web-${index}`));
  for (const each of [first, second]) each.write('web.json', declared);
  const reports = await Promise.all([first.pass(), second.pass()]);
  for (const report of reports)
    expect(report).toMatchObject({ outcome: 'converged', counts: { created: 20, failed: 0 } });
  expect(first.emulator.services()).toHaveLength(20);
  expect(writes(first).length).toBeLessThanOrEqual(40);
  expect(lists(first)).toBeLessThanOrEqual(10);
  for (const each of [first, second]) expect((await each.pass()).outcome).toBe('in_sync');
});

test('does not create a service again while the list lags behind, nor alarm about one that was deleted', async () => {
  const services = [{ service_id: id(1), ...web('old') }];
  const fixture = await openFixture({ tunnels, services, rules: { policy: 'sync' }, scenario: { list_lag: 600_000 } });
  fixture.write('all.json', [web('new'), absent({ service_id: id(1) })]);
  expect(await fixture.pass()).toMatchObject({ outcome: 'converged', counts: { created: 1, deleted: 1 } });
  const second = await fixture.pass();
  expect(second).toMatchObject({ outcome: 'converged', counts: { in_sync: 2, created: 0, deleted: 0 }, services: [] });
  expect(second.unconfirmed).toHaveLength(2);
  expect(writes(fixture)).toHaveLength(2);
});

/** Deletes a service as another client does. */
async function removeByHand({ emulator: { url, accountId, token } }: PassFixture, serviceId: string): Promise<void> {
  const path = `/accounts/${accountId}/connectivity/directory/services/${serviceId}`;
  const { ok } = await fetch(url + path, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
  expect(ok).toBe(true);
}

test('creates a service again that someone deletes half a minute after it was created, also if updates have followed', async () => {
  const fixture = await openFixture({ tunnels, rules: { policy: 'upsert' } });
  let serviceId = '';
  for (const http_port of [80, 81]) {
    fixture.write('web.json', [web('web', { http_port })]);
    const { outcome, services } = await fixture.pass();
    expect(outcome).toBe('converged');
    serviceId = services[0]?.service_id ?? '';
    fixture.advanceClock(20_000);
  }
  await removeByHand(fixture, serviceId);
  expect(await fixture.pass()).toMatchObject({ unconfirmed: [], counts: { created: 1 } });
});

test('does not take a service that was created recently and its replacement for two', async () => {
  const fixture = await openFixture({ tunnels, rules: { policy: 'sync' } });
  const { emulator } = fixture;
  fixture.write('web.json', [web('web')]);
  const created = (await fixture.pass()).services[0]?.service_id;
  const request = async (method: string, path: string, body: JsonObject | null = null) =>
    fetch(`${emulator.url}/accounts/${emulator.accountId}/connectivity/directory/services${path}`, {
      method,
      headers: { authorization: `Bearer ${emulator.token}` },
      body: body === null ? null : JSON.stringify(body),
    });
  await request('DELETE', `/${created}`);
  await request('POST', '', web('web', { http_port: 81 }));
  expect(await fixture.pass()).toMatchObject({
    outcome: 'converged',
    counts: { invalid: 0 },
    services: [{ finding: 'drifted', result: 'updated', service_id: emulator.services()[0]?.['service_id'] }],
  });
  expect(await fixture.pass()).toMatchObject({ outcome: 'in_sync', unconfirmed: [] });
});

describe('a tombstone', () => {
  const services = [{ service_id: id(1), ...web('web') }];

  test.for([
    ['by id', absent({ service_id: id(1) })],
    ['by name', absent({ name: 'web' })],
    ['with all fields', absent({ service_id: id(1), ...web('web') })],
  ] as const)('%s deletes the service under policy sync, once', async ([, tombstone]) => {
    const fixture = await openFixture({ tunnels, services, rules: { policy: 'sync' } });
    fixture.write('web.json', [tombstone]);
    const report = await fixture.pass();
    expect(report).toMatchObject({
      outcome: 'converged',
      services: [{ finding: 'unwanted', action: 'delete', result: 'deleted', name: 'web', service_id: id(1) }],
    });
    expect(report.services[0]?.hint).toContain('Hyperdrive bindings');
    expect(await fixture.pass()).toMatchObject({ outcome: 'in_sync', services: [], counts: { in_sync: 1 } });
    expect(writes(fixture)).toHaveLength(1);
  });

  test.for(['update', 'upsert'] as const)(
    'deletes nothing under policy %s, and says what would allow it',
    async (policy) => {
      const fixture = await openFixture({ tunnels, services, rules: { policy } });
      fixture.write('web.json', [absent({ service_id: id(1) })]);
      const report = await fixture.pass();
      expect(report).toMatchObject({ outcome: 'partial', services: [{ finding: 'unwanted', result: 'withheld' }] });
      expect(report.services[0]?.reason).toContain('set policy to sync');
      expect(writes(fixture)).toEqual([]);
    },
  );

  test('whose fields contradict the live service deletes nothing, and names the place', async () => {
    const fixture = await openFixture({ tunnels, services, rules: { policy: 'sync' } });
    fixture.write('web.json', [absent({ service_id: id(1), name: 'other' })]);
    const [service] = (await fixture.pass()).services;
    expect(service?.result).toBe('withheld');
    expect(service?.reason).toMatch(/web\.json:\d+ name: expected the value of the live service, web, found other/);
    expect(writes(fixture)).toEqual([]);
  });

  test('that disappears deletes nothing', async () => {
    const fixture = await openFixture({
      tunnels,
      services: [...services, { service_id: id(2), ...web('db') }],
      rules: { policy: 'sync' },
    });
    fixture.write('web.json', [{ service_id: id(2), ...web('db') }]);
    expect(await fixture.pass()).toMatchObject({ outcome: 'in_sync', counts: { unmanaged: 1 } });
    expect(writes(fixture)).toEqual([]);
  });

  test('deletes once even if the answer is lost: a 404 counts as success', async () => {
    const scenario = { share: 1, faults: ['lost'], methods: ['DELETE'], stops_after: 1 } as const;
    const fixture = await openFixture({ tunnels, services, rules: { policy: 'sync' }, scenario });
    fixture.write('web.json', [absent({ service_id: id(1) })]);
    expect(await fixture.pass()).toMatchObject({
      outcome: 'converged',
      services: [{ result: 'deleted', attempts: 2 }],
    });
  });

  test('is withheld together with all others if there are more than max_deletes', async () => {
    const many = [1, 2, 3, 4].map((number) => ({ service_id: id(number), ...web(`web-${number}`) }));
    const fixture = await openFixture({ tunnels, services: many, rules: { policy: 'sync' } });
    fixture.write(
      'web.json',
      many.map(({ service_id }) => absent({ service_id })),
    );
    const report = await fixture.pass();
    expect(report.counts).toMatchObject({ unwanted: 4, withheld: 4, deleted: 0 });
    expect(report.services[0]?.reason).toContain('max_deletes is 3');
    expect(writes(fixture)).toEqual([]);
  });
});

describe('a name that is handed over in one commit', () => {
  const [a, b] = [id(1), id(2)];
  const services = [
    { service_id: a, ...web('a') },
    { service_id: b, ...web('b') },
  ];
  const declared = [absent({ service_id: a }), { service_id: b, ...web('a') }, web('b', { http_port: 82 })];

  test('takes three calls in the right order', async () => {
    const fixture = await openFixture({ tunnels, services, rules: { policy: 'sync' } });
    fixture.write('all.json', declared);
    expect((await fixture.pass()).outcome).toBe('converged');
    expect(writes(fixture)).toEqual(
      [`DELETE ${a} 200`, `PUT ${b} 200`, 'POST 200'].map((line) => expect.stringContaining(line.split(' ')[0] ?? '')),
    );
    expect(new Set(namesIn(fixture))).toEqual(new Set(['a', 'b']));
    expect(fixture.emulator.services().find(({ name }) => name === 'a')?.['service_id']).toBe(b);
    expect((await fixture.pass()).outcome).toBe('in_sync');
  });

  test('is not done again while the list lags behind', async () => {
    const scenario = { list_lag: 600_000 };
    const fixture = await openFixture({ tunnels, services, rules: { policy: 'sync' }, scenario });
    fixture.write('all.json', declared);
    expect((await fixture.pass()).outcome).toBe('converged');
    expect(await fixture.pass()).toMatchObject({ outcome: 'converged', counts: { in_sync: 3 }, services: [] });
    expect(writes(fixture)).toHaveLength(3);
  });

  test('stops after the delete if that is refused, and says so', async () => {
    const scenario = { share: 1, faults: [400], methods: ['DELETE'] } as const;
    const fixture = await openFixture({ tunnels, services, rules: { policy: 'sync' }, scenario });
    fixture.write('all.json', declared);
    const report = await fixture.pass();
    expect(resultsIn(report)).toEqual(['b create withheld', 'a delete failed', 'a update withheld']);
    expect(report.services[2]?.reason).toMatch(
      /the name "a" is still held by .*, whose delete has the result "failed": HTTP 400/,
    );
    expect(report.services[0]?.reason).toContain('whose update has the result "withheld"');
    expect(writes(fixture)).toHaveLength(1);
  });
});

describe('a paused service', () => {
  const services = [{ service_id: id(1), ...web('web', { http_port: 81 }) }];
  const paused = (pause: JsonObject | true, fields: JsonObject = {}) => web('web', { reconcile: { pause }, ...fields });

  test('is reported with its changes, and the pass succeeds', async () => {
    const fixture = await openFixture({ tunnels, services });
    fixture.write('web.json', [paused({ until: '2026-01-03', reason: 'vendor migration' })]);
    const report = await fixture.pass();
    expect(report).toMatchObject({
      outcome: 'in_sync',
      next_expiry: '2026-01-03T00:00:00.000Z',
      counts: { drifted: 1, paused: 1, withheld: 0 },
      services: [
        { result: 'paused', reason: 'paused until 2026-01-03: vendor migration', changes: [{ path: 'http_port' }] },
      ],
    });
    expect(writes(fixture)).toEqual([]);
  });

  test('is updated once the time has come', async () => {
    const fixture = await openFixture({ tunnels, services });
    fixture.write('web.json', [paused({ until: '2026-01-02T03:04:05Z' })]);
    expect(await fixture.pass()).toMatchObject({ outcome: 'converged', next_expiry: null, counts: { updated: 1 } });
  });

  test('is neither created nor deleted', async () => {
    const fixture = await openFixture({ tunnels, services, rules: { policy: 'sync' } });
    fixture.write('new.json', [web('new', { reconcile: { pause: true } })]);
    fixture.write('old.json', [{ service_id: id(1), reconcile: { ensure: 'absent', pause: true } }]);
    expect(await fixture.pass()).toMatchObject({ outcome: 'in_sync', counts: { paused: 2 } });
    expect(writes(fixture)).toEqual([]);
  });
});

describe('an ignored difference', () => {
  const services = [{ service_id: id(1), ...web('web', { http_port: 81 }) }];
  const ignoring = (ignore: JsonObject['ignore'], fields: JsonObject = {}) =>
    web('web', { reconcile: { ignore: ignore ?? [] }, ...fields });

  test('is listed and is not drift', async () => {
    const fixture = await openFixture({ tunnels, services });
    fixture.write('web.json', [ignoring(['http_port'])]);
    expect(await fixture.pass()).toMatchObject({
      outcome: 'in_sync',
      counts: { in_sync: 1, ignored: 1 },
      services: [{ finding: 'in_sync', changes: [], ignored: [{ path: 'http_port', live: 81, declared: 80 }] }],
    });
  });

  test('keeps its live value when the service is updated for another reason', async () => {
    const fixture = await openFixture({ tunnels, services });
    fixture.write('web.json', [ignoring(['http_port'], { https_port: 443 })]);
    expect(await fixture.pass()).toMatchObject({ outcome: 'converged' });
    expect(fixture.emulator.services()).toMatchObject([{ http_port: 81, https_port: 443 }]);
    expect((await fixture.pass()).outcome).toBe('in_sync');
  });

  test('is drift again once the time has come', async () => {
    const fixture = await openFixture({ tunnels, services });
    fixture.write('web.json', [ignoring([{ path: 'http_port', until: '2026-01-02' }])]);
    expect(await fixture.pass()).toMatchObject({ outcome: 'converged', counts: { updated: 1, ignored: 0 } });
  });

  test('that does not fit to the declared fields withholds the update', async () => {
    const fixture = await openFixture({ tunnels, services });
    const byName = { hostname: 'web.internal', resolver_network: { tunnel_id: tunnel } };
    fixture.write('web.json', [ignoring(['host.ipv4'], { host: byName })]);
    const [service] = (await fixture.pass()).services;
    expect(service?.result).toBe('withheld');
    expect(service?.reason).toContain('host.ipv4');
  });
});

test('sets both declarations aside if one live service is declared by its id and by its name', async () => {
  const services = [{ service_id: id(1), ...web('web') }];
  const fixture = await openFixture({ tunnels, services, rules: { policy: 'sync' } });
  fixture.write('a.json', [absent({ service_id: id(1) })]);
  fixture.write('b.json', [web('web')]);
  const report = await fixture.pass();
  expect(report).toMatchObject({ outcome: 'partial', counts: { invalid: 2 } });
  expect(report.problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/b\.json:\d+; keep one/),
    expect.stringMatching(/a\.json:\d+; keep one/),
  ]);
  expect(writes(fixture)).toEqual([]);
});
