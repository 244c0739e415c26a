import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { openFixture } from './pass-fixture.ts';

const TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';
const id = (number: number) => `0199a0c4-2b10-7c3e-8a51-${String(number).padStart(12, '0')}`;
const web = (number: number, fields: JsonObject = {}): JsonObject => ({
  service_id: id(number),
  name: `web-${number}`,
  type: 'http',
  http_port: 80,
  host: { ipv4: '10.0.0.1', network: { tunnel_id: TUNNEL } },
  ...fields,
});

test('fails without a request if the folder cannot be read', async () => {
  const { folder, pass, emulator } = await openFixture({ services: [web(1)] });
  expect(await pass()).toMatchObject({
    outcome: 'failed',
    error: { kind: 'source', message: expect.stringContaining('found none') },
  });
  rmSync(folder, { recursive: true });
  expect(await pass()).toMatchObject({
    outcome: 'failed',
    error: { kind: 'source', message: expect.stringContaining(folder) },
  });
  expect(emulator.requests).toEqual([]);
});

test('reports the problems of the files even if the list fails', async () => {
  const { write, pass, emulator } = await openFixture();
  write('a.yaml', 'name: [');
  write('b.yaml', [web(1)]);
  await emulator.close();
  expect(await pass()).toMatchObject({
    outcome: 'failed',
    error: { kind: 'transient' },
    problems: [{ line: 1 }],
    services: [{ finding: 'invalid' }],
    counts: { declared: 2, invalid: 1, live: 0 },
  });
});

test('skips only the declarations of a broken file', async () => {
  const live = [web(1, { http_port: 1 }), web(2, { http_port: 1 }), web(3, { http_port: 1 })];
  const { write, pass, puts } = await openFixture({ services: live });
  write('good.yaml', [web(1)]);
  write('broken.yaml', `service_id: ${id(2)}\nname: [`);
  write(
    'mixed.yaml',
    `---\nservice_id: ${id(3)}\nname: web-3\ntype: http\nhttp_prot: 80\nhost: {ipv4: 10.0.0.1, network: {tunnel_id: ${TUNNEL}}}\n`,
  );
  const report = await pass();
  expect(report).toMatchObject({
    outcome: 'partial',
    counts: { declared: 3, updated: 1, invalid: 2, unmanaged: 0 },
    services: [
      { service_id: id(1), finding: 'drifted', result: 'updated' },
      { service_id: id(2), finding: 'invalid', name: 'web-2' },
      { service_id: id(3), finding: 'invalid', reason: expect.stringContaining('http_prot') },
    ],
  });
  expect([...puts().keys()]).toEqual([id(1)]);
});

test('updates the other services if the API refuses one', async () => {
  const live = [1, 2, 3].map((number) => web(number, { http_port: 1 }));
  const { write, pass } = await openFixture({ services: live });
  write('all.yaml', [web(1), web(2, { host: { ipv4: '10.0.0.1', network: { tunnel_id: id(99) } } }), web(3)]);
  const report = await pass();
  expect(report).toMatchObject({ outcome: 'partial', counts: { updated: 2, failed: 1 } });
  expect(report.services[1]).toMatchObject({
    result: 'failed',
    attempts: 1,
    reason: expect.stringContaining('Tunnel ID Not Found'),
    error: { kind: 'rejected', status: 400, code: 5101, ray: expect.any(String) },
  });
});

test('ends the pass at a denied PUT and starts no further update', async () => {
  const live = Array.from({ length: 40 }, (_, number) => web(number, { http_port: 1 }));
  const { write, pass, putCount } = await openFixture({
    services: live,
    readOnlyToken: 'may-read',
    credential: 'may-read',
  });
  write(
    'all.yaml',
    live.map((_, number) => web(number)),
  );
  const report = await pass();
  expect(report).toMatchObject({ outcome: 'denied', error: { kind: 'denied', status: 403, code: 10_000 } });
  expect(putCount()).toBeLessThanOrEqual(10); // The updates that were in flight.
  expect(report.counts.failed + report.counts.withheld).toBe(40);
});

test('ends the pass after one request with a wrong token', async () => {
  const wrong = await openFixture({ credential: 'wrong' });
  wrong.write('a.yaml', [web(1)]);
  expect(await wrong.pass()).toMatchObject({ outcome: 'denied', api: { requests: 1 }, error: { kind: 'denied' } });
});

test('renames a chain of services from its end, without a name conflict', async () => {
  const live = [web(1, { name: 'a' }), web(2, { name: 'b' }), web(3, { name: 'c' })];
  const { write, pass, emulator } = await openFixture({ services: live });
  write('all.yaml', [web(1, { name: 'b' }), web(2, { name: 'c' }), web(3, { name: 'd' })]);
  expect(await pass()).toMatchObject({ outcome: 'converged', counts: { updated: 3 } });
  expect(emulator.requests.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(await pass()).toMatchObject({ outcome: 'in_sync' });
});

test('withholds every service in a cycle of names', async () => {
  const live = [web(1, { name: 'a' }), web(2, { name: 'b' }), web(3, { name: 'c', http_port: 1 })];
  const { write, pass, puts } = await openFixture({ services: live });
  write('all.yaml', [web(1, { name: 'b' }), web(2, { name: 'a' }), web(3, { name: 'c' })]);
  const report = await pass();
  expect(report).toMatchObject({ outcome: 'partial', counts: { withheld: 2, updated: 1 } });
  expect(report.services[0]?.reason).toMatch(/^the names form a cycle/);
  expect([...puts().keys()]).toEqual([id(3)]);
});

test('withholds a service that waits for a name if the rename of its holder fails', async () => {
  const live = [web(1, { name: 'a' }), web(2, { name: 'b' })];
  const { write, pass, putCount } = await openFixture({ services: live });
  const unknownTunnel = { ipv4: '10.0.0.1', network: { tunnel_id: id(99) } };
  write('all.yaml', [web(1, { name: 'b' }), web(2, { name: 'c', host: unknownTunnel })]);
  const report = await pass();
  expect(report.services).toMatchObject([
    { service_id: id(1), result: 'withheld', reason: expect.stringContaining(id(2)) },
    { service_id: id(2), result: 'failed' },
  ]);
  expect(putCount()).toBe(1);
});

test('reports missing services with a hint and never creates them', async () => {
  const { write, pass, emulator } = await openFixture({ services: [web(7, { name: 'web-1' }), web(2)] });
  write('all.yaml', [web(1), web(2)]);
  const report = await pass();
  expect(report).toMatchObject({ outcome: 'partial', counts: { missing: 1, unmanaged: 1, in_sync: 1 } });
  expect(report.services[0]).toMatchObject({ finding: 'missing', hint: expect.stringContaining(id(7)) });
  expect(emulator.requests.map(({ method }) => method)).toEqual(['GET']);
});

test('ends at once without writing if it is stopped before the list arrives', async () => {
  const { write, pass, emulator } = await openFixture({ services: [web(1, { http_port: 1 })], latencyMs: 60_000 });
  write('all.yaml', [web(1)]);
  const stop = new AbortController();
  const report = pass({ stop: stop.signal });
  stop.abort(new FailureError(failure('interrupted', 'stopped by SIGTERM')));
  expect(await report).toMatchObject({ outcome: 'interrupted', error: { message: 'stopped by SIGTERM' } });
  expect(emulator.services()).toMatchObject([{ http_port: 1 }]);
});

test('finishes updates in flight and withholds the rest if it is stopped while applying', async () => {
  const live = Array.from({ length: 40 }, (_, number) => web(number, { http_port: 1 }));
  const stop = new AbortController();
  const { write, pass } = await openFixture({
    services: live,
    onRequest: ({ method }) => {
      if (method === 'PUT') stop.abort(new FailureError(failure('interrupted', 'stopped by SIGTERM')));
    },
  });
  write(
    'all.yaml',
    live.map((_, number) => web(number)),
  );
  const report = await pass({ stop: stop.signal });
  expect(report).toMatchObject({ outcome: 'interrupted', counts: { failed: 0 } });
  expect(report.counts.updated).toBeGreaterThan(0);
  expect(report.counts.withheld).toBeGreaterThan(0);
  expect(report.counts.updated + report.counts.withheld).toBe(40);
});

test('reports the cause of drift for a service that it has seen in sync', async () => {
  const { write, pass, emulator } = await openFixture({ services: [web(1, { http_port: 1 }), web(2)] });
  write('all.yaml', [web(1), web(2)]);
  expect((await pass()).services).toMatchObject([{ service_id: id(1), cause: null }]);
  write('all.yaml', [web(1, { http_port: 90 }), web(2)]);
  emulator.change(id(2), (service) => ({ ...service, http_port: 91 }));
  expect((await pass()).services).toMatchObject([
    { service_id: id(1), cause: 'declaration', result: 'updated' },
    { service_id: id(2), cause: 'live', result: 'updated' },
  ]);
});

test('withholds an update with unknown fields or drops them, depending on unknown_fields', async () => {
  const live = web(1, { http_port: 1, labels: { a: 'b' } });
  const withhold = await openFixture({ services: [live], rules: { unknownFields: 'withhold' } });
  withhold.write('a.yaml', [web(1)]);
  expect((await withhold.pass()).services).toMatchObject([
    { result: 'withheld', reason: expect.stringContaining('labels') },
  ]);
  expect(withhold.putCount()).toBe(0);

  const drop = await openFixture({ services: [live], rules: { unknownFields: 'drop' } });
  drop.write('a.yaml', [web(1)]);
  expect((await drop.pass()).services).toMatchObject([
    { result: 'updated', unknown_fields: ['labels'], reason: expect.stringContaining('removes') },
  ]);
  expect(drop.emulator.services()[0]).not.toHaveProperty('labels');
});
