import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import { openFixture } from './pass-fixture.ts';
import type { PassFixture } from './pass-fixture.ts';
import { declaration, idOf, liveService } from './watching/web-service.ts';

/* The list shows the account as it was eight seconds ago. The clocks of the reconciler and of the emulator advance together. */

const SEEDS = process.env['FULL'] === '1' ? 200 : 20;
const AT_ONCE = 4;
const LAG_MS = 8000;
const SERVICES = 4;
const PORTS = [1000, 2000, 3000] as const;
const numbers = Array.from({ length: SERVICES }, (_, number) => number);

type Lagging = PassFixture & {
  /** Advances both clocks. */
  readonly wait: (ms: number) => void;
  readonly declare: (ports: readonly number[]) => void;
  readonly livePorts: () => unknown[];
  /** How many PUTs set a port that was live already. */
  readonly needless: () => number;
};

async function lagging(scenario = {}): Promise<Lagging> {
  let elapsedMs = 0;
  let needless = 0;
  const truth = new Map<string, unknown>(numbers.map((number) => [idOf(number), PORTS[0]]));
  const fixture = await openFixture({
    services: numbers.map((number) => liveService(number, PORTS[0])),
    scenario: { list_lag: LAG_MS, ...scenario },
    now: () => new Date(Date.now() + elapsedMs),
    onRequest: ({ method, path, body, status }) => {
      if (method !== 'PUT' || status !== 200) return;
      const id = path.split('/').at(-1) ?? '';
      const port = typeof body === 'object' && body !== null && 'http_port' in body ? body.http_port : undefined;
      if (truth.get(id) === port) needless += 1;
      truth.set(id, port);
    },
  });
  return {
    ...fixture,
    wait: (ms) => {
      elapsedMs += ms;
      fixture.advanceClock(ms);
    },
    declare: (ports) =>
      fixture.write('all.yaml', ports.map((port, number) => `---\n${declaration(number, port)}`).join('')),
    livePorts: () => fixture.emulator.services().map(({ http_port }) => http_port),
    needless: () => needless,
  };
}

/** Returns a number from 0 up to 1 that depends on the arguments alone. */
function chance(seed: number, salt: number): number {
  const x = Math.sin(seed * 12.9898 + salt * 78.233) * 43_758.5453;
  return x - Math.floor(x);
}

/** Edits and reverts services at random, with passes in between. */
async function editAndRevert(seed: number): Promise<void> {
  const { pass, wait, declare, livePorts, needless } = await lagging();
  let ports: number[] = numbers.map(() => PORTS[0]);
  let salt = 0;
  const draw = () => chance(seed, (salt += 1));
  for (let step = 0; step < 12; step += 1) {
    if (draw() < 0.6) ports = ports.map((port) => (draw() < 0.5 ? port : (PORTS[Math.floor(draw() * 3)] ?? port)));
    declare(ports);
    const { outcome, services } = await pass();
    expect(['in_sync', 'converged'], `seed ${seed}, step ${step}`).toContain(outcome);
    expect(livePorts(), `seed ${seed}, step ${step}: ${outcome}`).toEqual(ports);
    for (const { cause } of services) expect([null, 'declaration'], `seed ${seed}, step ${step}`).toContain(cause);
    wait(draw() * 6000);
  }
  expect(needless(), `seed ${seed}: needless writes`).toBe(0);
  wait(LAG_MS);
  expect(await pass(), `seed ${seed}: after the lag`).toMatchObject({ outcome: 'in_sync', unconfirmed: [] });
}

test('neither writes again nor reports in_sync too early while the list lags behind its writes', async () => {
  const limit = pLimit(AT_ONCE);
  const results = await Promise.allSettled(
    Array.from({ length: SEEDS }, (_, seed) => limit(() => editAndRevert(seed + 1))),
  );
  for (const result of results) if (result.status === 'rejected') throw result.reason;
});

test('names the services whose update the list does not show yet', async () => {
  const { pass, wait, declare, putCount } = await lagging();
  declare([2000, 1000, 1000, 1000]);
  expect(await pass()).toMatchObject({ outcome: 'converged', unconfirmed: [], counts: { updated: 1 } });
  wait(3000);
  expect(await pass()).toMatchObject({
    outcome: 'converged',
    unconfirmed: [idOf(0)],
    services: [],
    counts: { updated: 0, drifted: 0, in_sync: 4 },
  });
  wait(6000);
  expect(await pass()).toMatchObject({ outcome: 'in_sync', unconfirmed: [] });
  expect(putCount()).toBe(1);
});

test('corrects what another writer sets back at once, because its time differs', async () => {
  const { pass, wait, declare, emulator, putCount } = await lagging({ list_lag: 0 });
  declare([2000, 1000, 1000, 1000]);
  await pass();
  wait(1000);
  emulator.change(idOf(0), (service) => ({ ...service, http_port: 1000 }));
  expect(await pass()).toMatchObject({ outcome: 'converged', services: [{ cause: 'live', result: 'updated' }] });
  expect(putCount()).toBe(2);
});

test('takes the old value for drift again after half a minute', async () => {
  const { pass, wait, declare, putCount } = await lagging({ list_lag: 3_600_000 });
  declare([2000, 1000, 1000, 1000]);
  await pass();
  wait(29_000);
  expect(await pass()).toMatchObject({ unconfirmed: [idOf(0)] });
  wait(2000);
  expect(await pass()).toMatchObject({ unconfirmed: [], counts: { updated: 1 } });
  expect(putCount()).toBe(2);
});

test('takes a value for drift half a minute after it was replaced, also if updates have followed', async () => {
  const { pass, wait, declare, putCount } = await lagging({ list_lag: 3_600_000 });
  for (const port of [2000, 3000]) {
    declare([port, 1000, 1000, 1000]);
    expect(await pass()).toMatchObject({ counts: { updated: 1 } });
    wait(20_000);
  }
  expect(await pass()).toMatchObject({ unconfirmed: [], counts: { updated: 1 } });
  expect(putCount()).toBe(3);
});

test('does not report in_sync after an update whose answer was lost was taken back', async () => {
  const { pass, wait, declare, livePorts, needless } = await lagging({
    share: 1,
    faults: ['lost'],
    methods: ['PUT'],
    stops_after: 3,
  });
  declare([2000, 1000, 1000, 1000]);
  expect(await pass()).toMatchObject({ outcome: 'partial', counts: { failed: 1 } });
  declare([1000, 1000, 1000, 1000]);
  wait(1000);
  expect(await pass()).toMatchObject({ outcome: 'converged', unconfirmed: [idOf(0)] });
  wait(8000);
  expect(await pass()).toMatchObject({ outcome: 'converged', counts: { updated: 1 } });
  expect(livePorts()).toEqual([1000, 1000, 1000, 1000]);
  expect(needless()).toBeGreaterThanOrEqual(0);
});
