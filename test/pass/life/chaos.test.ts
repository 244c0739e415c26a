import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import pLimit from 'p-limit';
import { expect, onTestFinished, test } from 'vitest';
import type { Report } from '../../../src/core/report/report.ts';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import type { Emulator } from '../../../src/emulator/emulator.ts';
import type { HandledRequest } from '../../../src/emulator/server.ts';
import { openReconciler } from '../pass-fixture.ts';
import { faultsIn, scenarioOf } from './account.ts';
import { correction, drawFrom, firstCommit, nextCommit, TUNNEL, writeCommit } from './commits.ts';
import type { Commit, Draw } from './commits.ts';
import { ACTORS, openJudge } from './judge.ts';
import type { Judge, Reconciler } from './judge.ts';
import { openPerson } from './person.ts';
import { planActions } from './actions.ts';
import { describeRuns } from './figures.ts';
import type { Run } from './figures.ts';

/*
 * Commits create, change, rename and retire services, while the API fails in every way, a second reconciler works on the same account, a
 * person uses the dashboard, and reconcilers crash. `judge.ts` judges every request.
 */

const FULL = process.env['FULL'] === '1';
const BATCHES = FULL ? 32 : 4;
const SEEDS = FULL ? 25 : 3;
const AT_ONCE = 6;
const PHASES = 2;
const MAX_ROUNDS = 60;
/** Long enough for a busy machine. An answer that takes longer counts as lost. */
const REQUEST_TIMEOUT_MS = 4000;
/** The last write of a reconciler counts as unconfirmed for at most half a minute. */
const LAG_MS = 31_000;

type Slot = {
  readonly actor: Reconciler;
  /** Runs a pass. If the reconciler crashes meanwhile, another one takes its place, and the report is null. */
  readonly pass: (options: { readonly mayCrash: boolean }) => Promise<Report | null>;
  readonly onRequest: () => void;
  readonly advanceClock: (ms: number) => void;
  readonly close: () => Promise<void>;
  readonly crashes: () => number;
};

async function runSeed(seed: number): Promise<Run> {
  const draw = drawFrom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-life-'));
  const first = firstCommit();
  let commit = first.commit;
  let judge: Judge | null = null;
  const listeners: ((request: HandledRequest) => void)[] = [];
  const emulator = await startEmulator({
    accountId: ACTORS.first,
    services: first.services,
    tunnels: [TUNNEL],
    scenario: scenarioOf(seed, { faults: 60 }),
    onRequest: (request) => {
      judge?.judge(request);
      for (const listener of listeners) listener(request);
    },
  });
  onTestFinished(async () => {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const stalls = monitorEventLoopDelay();
  stalls.enable();
  const isStalled = () => stalls.max / 1e6 > REQUEST_TIMEOUT_MS / 2;
  judge = openJudge(emulator.services, isStalled);
  const person = openPerson({ emulator, judge, draw });
  const actors: readonly Reconciler[] = seed % 2 === 0 ? ['first', 'second'] : ['first'];
  const slots = actors.map((actor) => openSlot({ actor, folder, emulator, draw, onBegin: () => judge.begin(actor) }));
  const byActor = new Map<string, Slot>(slots.map((slot) => [ACTORS[slot.actor], slot]));
  listeners.push(({ path }) => byActor.get(path.split('/')[4] ?? '')?.onRequest());
  let passes = 0;

  for (let phase = 0; phase < PHASES; phase += 1) {
    commit = nextCommit(commit, phase, draw);
    const declare = (next: Commit) => {
      commit = next;
      judge.expect(next);
      writeCommit(folder, next);
    };
    declare(commit);
    const actions = planActions(draw, {
      act: () => person.act(commit),
      correct: () => declare(correction(commit, phase, draw)),
    });
    listeners.push(actions.onRequest);
    let calmRounds = 0;
    for (let round = 1; ; round += 1) {
      expect(round, `seed ${seed}, phase ${phase} does not converge`).toBeLessThan(MAX_ROUNDS);
      const areDone = actions.areDone();
      const before = judge.figures();
      const reports = await Promise.all(slots.map(async (slot) => slot.pass({ mayCrash: calmRounds === 0 })));
      passes += slots.length;
      await person.rest();
      const isInSync = reports.every((report) => report?.outcome === 'in_sync');
      if (calmRounds > 0) {
        const { requests, struck, writes } = judge.figures();
        expect(writes, `seed ${seed}: writes of a quiet pass`).toEqual(before.writes);
        if (isInSync) {
          expect(requests - before.requests, `seed ${seed}: requests of a quiet pass`).toBe(
            slots.length + struck - before.struck,
          );
          break;
        }
      } else if (isInSync && areDone) {
        calmRounds += 1;
      }
      if (round > 8) actions.finish();
      if (round > 3 || draw() < 0.5) for (const slot of slots) slot.advanceClock(LAG_MS);
    }
    expect(faultsIn(emulator.services(), commit), `seed ${seed}, phase ${phase}`).toEqual([]);
  }
  expect(judge.violations, `seed ${seed}`).toEqual([]);
  stalls.disable();
  await Promise.all(slots.map(async (slot) => slot.close()));
  const crashes = slots.reduce((sum, slot) => sum + slot.crashes(), 0);
  return { ...judge.figures(), passes, crashes, acts: person.acts() };
}

type SlotOptions = Pick<Parameters<typeof openReconciler>[0], 'folder' | 'emulator'> & {
  readonly actor: Reconciler;
  readonly draw: Draw;
  /** Called before each pass. */
  readonly onBegin: () => void;
};

/** At most this many crashes of one reconciler in a run. */
const MAX_CRASHES = 3;

function openSlot({ actor, folder, emulator, draw, onBegin }: SlotOptions): Slot {
  const open = () =>
    openReconciler({
      folder,
      emulator,
      accountId: ACTORS[actor],
      rules: { policy: 'sync', maxDeletes: null },
      client: { attempts: 3, requestTimeoutMs: REQUEST_TIMEOUT_MS, random: () => 0.02 },
    });
  let reconciler = open();
  let crashes = 0;
  let onRequest: (() => void) | null = null;
  return {
    actor,
    pass: async ({ mayCrash }) => {
      onBegin();
      if (!mayCrash || crashes === MAX_CRASHES || draw() < 0.6) return reconciler.pass({ trigger: 'signal' });
      let requestsLeft = 1 + Math.floor(draw() * 15);
      const delayMs = draw() < 0.5 ? 0 : draw() * 8;
      const crash = new AbortController();
      onRequest = () => {
        requestsLeft -= 1;
        if (requestsLeft === 0 && delayMs === 0) crash.abort();
        if (requestsLeft === 0 && delayMs > 0) setTimeout(() => crash.abort(), delayMs);
      };
      const report = await reconciler.pass({ trigger: 'signal', stop: crash.signal, kill: crash.signal });
      onRequest = null;
      if (!crash.signal.aborted) return report;
      crashes += 1;
      await reconciler.close();
      await quiet(emulator);
      reconciler = open();
      return null;
    },
    onRequest: () => onRequest?.(),
    advanceClock: (ms) => reconciler.advanceClock(ms),
    close: async () => reconciler.close(),
    crashes: () => crashes,
  };
}

/**
 * Waits until the requests of a reconciler that is gone are handled, which is when a later request is handled. The judge cannot tell them
 * from those of its successor.
 */
async function quiet({ url, token }: Emulator): Promise<void> {
  const request = fetch(`${url}/accounts/${ACTORS.person}/connectivity/directory/services`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(300),
  });
  // Faults strike this request as well.
  await request.then(async (answer) => answer.text()).catch(() => {});
}

test.for(Array.from({ length: BATCHES }, (_, batch) => batch))(
  'every declaration ends as one service, without a needless write, whatever happens meanwhile (batch %i)',
  async (batch, { annotate }) => {
    const limit = pLimit(AT_ONCE);
    const seeds = Array.from({ length: SEEDS }, (_, index) => batch * SEEDS + index + 1);
    // Waits for all runs, so that none continues after another has failed.
    const results = await Promise.allSettled(seeds.map((seed) => limit(async () => runSeed(seed))));
    const runs = results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    await annotate(describeRuns(runs));
  },
);
