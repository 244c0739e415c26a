import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import pLimit from 'p-limit';
import { expect, test, vi } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import type { PreventedWrite } from '../../../src/core/plan/assertions/violation.ts';
import type { Report } from '../../../src/core/report/report.ts';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import type { Emulator, EmulatorOptions } from '../../../src/emulator/emulator.ts';
import { documents as toYaml } from '../fleet.ts';
import { openReconciler } from '../pass-fixture.ts';
import type { RunningReconciler } from '../pass-fixture.ts';
import { accountAndFolder, fields, idOf, TUNNELS, world } from './worlds.ts';
import type { World } from './worlds.ts';

/*
 * A check right before a write must never stop a write that is right: it would stop it for ever. So no step of any plan may be stopped,
 * for any folder and any account, in peace and in trouble.
 */

const FULL = process.env['FULL'] === '1';
const AT_ONCE = 32;
vi.setConfig({ testTimeout: FULL ? 1_200_000 : 120_000 });

type Played = Pick<RunningReconciler, 'pass' | 'advanceClock'> & {
  readonly emulator: Emulator;
  readonly commit: (documents: readonly JsonObject[]) => void;
};

/** Plays with the folder and the account of a world. Returns the reports, and the writes that were stopped. */
async function play(given: World, options: EmulatorOptions, passes: (played: Played) => Promise<readonly Report[]>) {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-legitimate-'));
  const { services, documents } = accountAndFolder(given);
  const emulator = await startEmulator({ services, quirks: given.quirks, tunnels: TUNNELS, ...options });
  const prevented: PreventedWrite[] = [];
  const { policy, unknownFields, canary } = given;
  const reconciler = openReconciler({
    folder,
    emulator,
    rules: { policy, unknownFields, canary, maxDeletes: 100 },
    onPrevented: (write) => prevented.push(write),
  });
  const commit = (all: readonly JsonObject[]) => writeFileSync(join(folder, 'all.yaml'), toYaml(all) || '[]');
  try {
    commit(documents);
    return { prevented, reports: await passes({ ...reconciler, emulator, commit }) };
  } finally {
    await reconciler.close();
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function playPeace(given: World): Promise<void> {
  const { prevented, reports } = await play(given, { scenario: { list_lag: given.lag } }, async ({ pass }) => {
    const ended: Report[] = [];
    while (ended.length < 5) ended.push(await pass());
    return ended;
  });
  expect(prevented).toEqual([]);
  const odd = reports.flatMap(({ services }) =>
    services.filter(
      ({ result, reason }) => result === 'failed' || /superseded|contested|stored a different/.test(reason ?? ''),
    ),
  );
  expect(odd).toEqual([]);
  expect(reports.at(-1)).toMatchObject({ error: null, counts: { created: 0, updated: 0, deleted: 0 } });
}

test('in peace, no step is stopped, and nothing is left to write', async () => {
  await fc.assert(fc.asyncProperty(world, playPeace), { numRuns: FULL ? 3000 : 60 });
});

const round = fc.record({
  /** The events during the pass. */
  event: fc.constantFrom('nothing', 'nothing', 'commit', 'change', 'rename'),
  afterMs: fc.nat(25),
  index: fc.nat(6),
  values: fields,
  commits: fc.boolean(),
  waitMs: fc.constantFrom(0, 2000, 6000, 31_000),
});
type Round = typeof round extends fc.Arbitrary<infer Each> ? Each : never;

const trouble = fc.record({
  given: world,
  other: world,
  seed: fc.nat(),
  share: fc.constantFrom(0, 0.3, 0.6),
  list_lag: fc.constantFrom(0, 3000, 20_000),
  latencyMs: fc.constantFrom(0, 0, 5),
  rounds: fc.array(round, { minLength: 3, maxLength: 6 }),
});
type Trouble = typeof trouble extends fc.Arbitrary<infer Each> ? Each : never;

const FAULTS = [500, 503, 'reset', 'lost', 'truncated', 'garbage', 'null_result', 'unsuccessful'] as const;

async function playTrouble({ given, other, seed, share, list_lag, latencyMs, rounds }: Trouble) {
  const folders = [given, { ...other, names: given.names }].map((each) => accountAndFolder(each).documents);
  let elapsedMs = 0;
  const options: EmulatorOptions = {
    latencyMs,
    now: () => new Date(Date.now() + elapsedMs),
    scenario: { seed, share, faults: FAULTS, retry_after: 0, list_lag },
  };
  return play(given, options, async ({ pass, advanceClock, commit, emulator }) => {
    const reports: Report[] = [];
    for (const [turn, { event, afterMs, index, values, commits, waitMs }] of rounds.entries()) {
      const next = folders[(turn + 1) % 2] ?? [];
      const timer = setTimeout(() => {
        if (event === 'commit') commit(next);
        else actByHand(emulator, { event, index, values });
      }, afterMs);
      reports.push(await pass());
      clearTimeout(timer);
      if (commits) commit(next);
      elapsedMs += waitMs;
      advanceClock(waitMs);
    }
    return reports;
  });
}

/** Changes a service behind the back of the reconciler, if there is such a service. */
function actByHand(emulator: Emulator, { event, index, values }: Pick<Round, 'event' | 'index' | 'values'>): void {
  const id = idOf(index);
  const isLive = JSON.stringify(emulator.services()).toLowerCase().includes(`"service_id":"${id}"`);
  if (event === 'nothing' || !isLive) return;
  emulator.change(id, (service) =>
    event === 'rename'
      ? { ...service, name: `by-hand-${performance.now()}` }
      : { ...values, service_id: id, name: service['name'] ?? '' },
  );
}

test('in trouble, no step is stopped either', async () => {
  const limit = pLimit(AT_ONCE);
  const seed = FULL ? Date.now() : 1;
  const run = async (each: Trouble) => {
    const { prevented, reports } = await playTrouble(each);
    const bugs = reports.flatMap(({ error, services }) =>
      [error, ...services.map((service) => service.error)].filter((failure) => failure?.kind === 'internal'),
    );
    const replay = `seed ${seed}: ${JSON.stringify(each)}`;
    expect({ prevented, bugs }, replay).toEqual({ prevented: [], bugs: [] });
  };
  await Promise.all(fc.sample(trouble, { numRuns: FULL ? 1000 : 24, seed }).map(async (each) => limit(run, each)));
});
