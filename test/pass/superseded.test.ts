import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAKE_ACCOUNT_ID } from '../../src/emulator/fake-account.ts';
import { drawFault } from '../../src/emulator/scenario/faults.ts';
import type { HandledRequest } from '../../src/emulator/server.ts';
import { openFixture } from './pass-fixture.ts';
import { declaration, idOf, liveService } from './watching/web-service.ts';

/* Between the plan and a write, the folder or the account changes. Each test makes the change while a request is being answered. */

const OLD = 1000;
const NEW = 2000;
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
const documents = (count: number, port: number) =>
  numbers(count)
    .map((number) => `---\n${declaration(number, port)}`)
    .join('');
const lives = (count: number) => numbers(count).map((number) => liveService(number, OLD));
const isPut = ({ method }: HandledRequest) => method === 'PUT';

/** Calls `react` with the number of each request that matches, before its answer is sent. */
function onNth(matches: (request: HandledRequest) => boolean, react: (nth: number) => void) {
  let count = 0;
  return (request: HandledRequest) => {
    if (matches(request)) react((count += 1));
  };
}

/** The first PUT fails in a way that is retried after a second. */
const firstPutFails = {
  share: 1,
  faults: [503],
  methods: ['PUT' as const],
  stops_after: 1,
  retry_after: 1000,
};

test('writes nothing if the commit is taken back before the first write', async () => {
  const { write, pass, putCount } = await openFixture({
    services: lives(5),
    latencyMs: 300,
    onRequest: (request) => {
      if (request.method === 'GET') write('all.yaml', documents(5, OLD));
    },
  });
  write('all.yaml', documents(5, NEW));
  const report = await pass();
  expect(report).toMatchObject({
    outcome: 'partial',
    superseded: true,
    counts: { drifted: 5, withheld: 5 },
    error: null,
  });
  expect(report.services[0]).toMatchObject({
    action: 'update',
    result: 'withheld',
    reason: 'superseded: the folder has changed since this pass read it; the next pass makes a new plan',
    attempts: 0,
  });
  expect(putCount()).toBe(0);
  expect(await pass()).toMatchObject({ outcome: 'in_sync', superseded: false });
});

test('does not retry the write of a folder that is deleted meanwhile', async () => {
  const { write, pass, putCount, folder } = await openFixture({
    services: lives(5),
    scenario: firstPutFails,
    onRequest: onNth(isPut, () => rmSync(folder, { recursive: true })),
  });
  write('all.yaml', documents(5, NEW));
  const report = await pass();
  expect(report).toMatchObject({ outcome: 'partial', superseded: true, counts: { withheld: 5 } });
  expect(report.services[0]).toMatchObject({ attempts: 1, reason: expect.stringMatching(/^superseded: the folder/) });
  expect(putCount()).toBe(1);
  expect(await pass()).toMatchObject({ outcome: 'failed', error: { kind: 'source' } });
});

test('ends at once although the API asked for a long wait', async () => {
  const { write, pass, putCount } = await openFixture({
    services: lives(5),
    scenario: { ...firstPutFails, retry_after: 60_000 },
    onRequest: onNth(isPut, () => write('all.yaml', documents(5, OLD))),
  });
  write('all.yaml', documents(5, NEW));
  const startedAt = performance.now();
  expect(await pass()).toMatchObject({ superseded: true });
  expect(performance.now() - startedAt).toBeLessThan(5000);
  expect(putCount()).toBe(1);
});

test('keeps a field that a person adds while the write waits', async () => {
  const { write, pass, putCount, emulator, advanceClock } = await openFixture({
    services: lives(3),
    scenario: firstPutFails,
    onRequest: onNth(isPut, (nth) => {
      if (nth > 1) return;
      advanceClock(6000);
      emulator.change(idOf(0), (service) => ({ ...service, labels: { team: 'web' } }));
    }),
  });
  write('all.yaml', documents(3, NEW));
  const report = await pass();
  expect(report).toMatchObject({ outcome: 'partial', superseded: true, counts: { updated: 2, withheld: 1 } });
  expect(report.services[0]).toMatchObject({
    reason: 'superseded: the live service has changed since this pass listed it; the next pass makes a new plan',
    attempts: 1,
  });
  expect(putCount()).toBe(3);
  expect(await pass()).toMatchObject({ outcome: 'converged' });
  expect(emulator.services()[0]).toMatchObject({ http_port: NEW, labels: { team: 'web' } });
});

test('withholds the update of a service that is deleted while the write waits', async () => {
  const { write, pass, emulator, advanceClock } = await openFixture({
    services: lives(3),
    scenario: firstPutFails,
    onRequest: onNth(isPut, (nth) => {
      if (nth === 1) advanceClock(6000);
    }),
  });
  write('all.yaml', documents(3, NEW));
  const deletion = async () =>
    fetch(`${emulator.url}/accounts/${emulator.accountId}/connectivity/directory/services/${idOf(0)}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${emulator.token}` },
    });
  const passing = pass();
  await expect.poll(() => emulator.requests.some(isPut)).toBe(true);
  expect((await deletion()).status).toBe(200);
  const report = await passing;
  expect(report).toMatchObject({ superseded: true, counts: { updated: 2, withheld: 1 } });
  expect(await pass()).toMatchObject({ counts: { missing: 1 } });
});

/** Moves the clock to when the list is too old, once the first PUT has arrived. */
const agesList = (advanceClock: () => (ms: number) => void) =>
  onNth(isPut, (nth) => {
    if (nth === 1) advanceClock()(6000);
  });

test('counts an update whose answer was lost as done if the next list shows it', async () => {
  const fixture = await openFixture({
    services: lives(3).map((service) => ({ ...service, labels: { team: 'web' } })),
    scenario: { share: 1, faults: ['lost'], methods: ['PUT'], stops_after: 1 },
    onRequest: agesList(() => fixture.advanceClock),
  });
  fixture.write('all.yaml', documents(3, NEW));
  const report = await fixture.pass();
  expect(report).toMatchObject({ outcome: 'converged', superseded: false, counts: { updated: 3, withheld: 0 } });
  expect(report.services[0]).toMatchObject({ result: 'updated', attempts: 1, reason: null });
  expect(fixture.putCount()).toBe(3);
  expect(await fixture.pass()).toMatchObject({ outcome: 'in_sync', unconfirmed: [] });
});

test('says that a service is as declared if another writer makes the change while the write waits', async () => {
  const fixture = await openFixture({
    services: lives(3),
    scenario: firstPutFails,
    onRequest: onNth(isPut, (nth) => {
      if (nth > 1) return;
      fixture.advanceClock(6000);
      fixture.emulator.change(idOf(1), (service) => ({ ...service, http_port: NEW }));
    }),
  });
  fixture.write('all.yaml', documents(3, NEW));
  const report = await fixture.pass();
  expect(report).toMatchObject({ superseded: true, counts: { updated: 2, withheld: 1 } });
  expect(report.services[1]).toMatchObject({
    reason: 'superseded: the live service is now as declared; the next pass makes a new plan',
    attempts: 0,
  });
  expect(await fixture.pass()).toMatchObject({ outcome: 'in_sync' });
});

test('lists once for all writes that waited', async () => {
  const fixture = await openFixture({
    services: lives(20),
    latencyMs: 50,
    onRequest: agesList(() => fixture.advanceClock),
  });
  fixture.write('all.yaml', documents(20, NEW));
  expect(await fixture.pass()).toMatchObject({ outcome: 'converged', superseded: false, counts: { updated: 20 } });
  expect(fixture.emulator.requests.filter(({ method }) => method === 'GET')).toHaveLength(2);
  expect(fixture.putCount()).toBe(20);
});

test('gives up the plan if the account cannot be listed again', async () => {
  const share = 0.5;
  const occasion = `GET /client/v4/accounts/${FAKE_ACCOUNT_ID}/connectivity/directory/services?page=1`;
  const isFaulty = (seed: number, nth: number) => drawFault({ seed, share, kinds: [500] }, { occasion, nth }) !== null;
  // The first list succeeds, and the three attempts at the second one fail.
  const seed = numbers(1000).find((each) => !isFaulty(each, 1) && [2, 3, 4].every((nth) => isFaulty(each, nth)));
  const fixture = await openFixture({
    services: lives(20),
    scenario: { seed: seed ?? 0, share, faults: [500], methods: ['GET'] },
    onRequest: agesList(() => fixture.advanceClock),
  });
  fixture.write('all.yaml', documents(20, NEW));
  const report = await fixture.pass();
  expect(report).toMatchObject({ outcome: 'partial', superseded: false, counts: { updated: 1, withheld: 19 } });
  expect(report.services[5]?.reason).toMatch(/^not started: the live services could not be listed again: HTTP 500/);
  expect(fixture.emulator.requests.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'GET', 'GET']);
});

test('makes progress although the budget is smaller than a list and a write', async () => {
  const { write, pass, putCount, emulator, advanceClock } = await openFixture({
    services: lives(3),
    rates: ['1/250ms'],
    onRequest: () => advanceClock(6000),
  });
  write('all.yaml', documents(3, NEW));
  expect(await pass()).toMatchObject({ outcome: 'converged', counts: { updated: 3 } });
  expect(putCount()).toBe(3);
  expect(emulator.requests.filter(({ method }) => method === 'GET').length).toBeLessThanOrEqual(4);
});
