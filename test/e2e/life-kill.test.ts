import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import { accountAt, emulated, temporaryFolder } from '../cli/command.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { planActions } from '../pass/life/actions.ts';
import { faultsIn, scenarioOf } from '../pass/life/account.ts';
import { correction, drawFrom, firstCommit, nextCommit, TUNNEL, writeCommit } from '../pass/life/commits.ts';
import type { Commit, Draw } from '../pass/life/commits.ts';
import { describeRuns } from '../pass/life/figures.ts';
import type { Run } from '../pass/life/figures.ts';
import { ACTORS, openJudge } from '../pass/life/judge.ts';
import type { Judge, Reconciler } from '../pass/life/judge.ts';
import { openPerson } from '../pass/life/person.ts';
import { ran, start } from './program.ts';
import type { Program } from './program.ts';

/*
 * The same as test/pass/life/chaos.test.ts, with the program in processes of its own, which are killed at random moments. Two work on one
 * account in every second seed.
 */

const FULL = process.env['FULL'] === '1';
const BATCHES = FULL ? 20 : 1;
const SEEDS = FULL ? 10 : 2;
const AT_ONCE = 10;
const FIRST_SEED = 10_000;
const MAX_RUNS = 30;
const MAX_KILLS = 2;
const MAX_REQUESTS = 30;

const FLAGS = ['--policy', 'sync', '--max-deletes', 'none', '--request-timeout', '4s', '--request-budget', '100000/1s'];

type Workers = {
  readonly folder: string;
  readonly emulator: Emulator;
  readonly judge: Judge;
  readonly draw: Draw;
  /** Called for each request of a reconciler. */
  readonly listeners: Map<string, () => void>;
};

/** Starts a daemon and kills it after a random number of requests, or after its first pass. */
async function startAndKill(actor: Reconciler, { folder, emulator, judge, draw, listeners }: Workers): Promise<void> {
  judge.begin(actor);
  const environment = { ...accountAt(emulator.url), CLOUDFLARE_ACCOUNT_ID: ACTORS[actor] };
  const reached = Promise.withResolvers<void>();
  const delayMs = draw() < 0.5 ? 0 : draw() * 20;
  let left = 1 + Math.floor(draw() * MAX_REQUESTS);
  let program: Program | null = null;
  listeners.set(ACTORS[actor], () => {
    left -= 1;
    if (left !== 0) return;
    // Before the answer to this request is sent.
    if (delayMs === 0) program?.send('SIGKILL');
    reached.resolve();
  });
  program = start(['run', '--services', folder, '--interval', '0', ...FLAGS], { environment });
  const reported = program.until((stdout) => stdout.includes('"reconciliation_report"')).catch(() => {});
  await Promise.race([reached.promise, reported]);
  await sleep(delayMs);
  program.send('SIGKILL');
  expect(await program.ended).toMatchObject({ code: null, stderr: '' });
  listeners.delete(ACTORS[actor]);
}

/** Runs the program until it reports that all services are in sync. */
async function runUntilInSync(actor: Reconciler, { folder, emulator, judge }: Workers): Promise<number> {
  const environment = { ...accountAt(emulator.url), CLOUDFLARE_ACCOUNT_ID: ACTORS[actor] };
  for (let runs = 1; ; runs += 1) {
    expect(runs, `${actor} does not converge`).toBeLessThan(MAX_RUNS);
    judge.begin(actor);
    const { code } = await ran(['run', '--once', '--services', folder, ...FLAGS], { environment });
    if (code === 0) return runs;
  }
}

async function runSeed(seed: number): Promise<Run> {
  const draw = drawFrom(seed);
  const folder = temporaryFolder();
  const { services, commit: first } = firstCommit();
  const listeners = new Map<string, () => void>();
  let onRequest: (() => void) | null = null;
  let judge: Judge | null = null;
  const emulator = await emulated({
    accountId: ACTORS.first,
    services,
    tunnels: [TUNNEL],
    scenario: scenarioOf(seed, { faults: 15 }),
    onRequest: (request) => {
      judge?.judge(request);
      listeners.get(request.path.split('/')[4] ?? '')?.();
      onRequest?.();
    },
  });
  judge = openJudge(emulator.services, () => false);
  const person = openPerson({ emulator, judge, draw });
  let commit = first;
  const declare = (next: Commit) => {
    commit = next;
    judge.expect(next);
    writeCommit(folder, next);
  };
  declare(nextCommit(first, 0, draw));
  const actions = planActions(draw, {
    act: () => person.act(commit),
    correct: () => declare(correction(commit, 0, draw)),
  });
  ({ onRequest } = actions);
  const workers = { folder, emulator, judge, draw, listeners };
  const actors: readonly Reconciler[] = seed % 2 === 0 ? ['first', 'second'] : ['first'];
  let [kills, passes] = [0, 0];
  const work = async (actor: Reconciler) => {
    for (let left = 1 + Math.floor(draw() * MAX_KILLS); left > 0; left -= 1) {
      await startAndKill(actor, workers);
      kills += 1;
    }
    passes += await runUntilInSync(actor, workers);
  };
  await Promise.all(actors.map(work));
  actions.finish();
  await person.rest();
  // The last act may have been later than the last list.
  const again = async () => Promise.all(actors.map(async (actor) => runUntilInSync(actor, workers)));
  for (const runs of await again()) passes += runs;
  const { writes } = judge.figures();
  for (const runs of await again()) passes += runs;
  expect(judge.figures().writes, `seed ${seed}: writes of a quiet pass`).toEqual(writes);
  expect(faultsIn(emulator.services(), commit), `seed ${seed}`).toEqual([]);
  expect(judge.violations, `seed ${seed}`).toEqual([]);
  await emulator.close();
  return { ...judge.figures(), passes: passes + kills, crashes: kills, acts: person.acts() };
}

test.for(Array.from({ length: BATCHES }, (_, batch) => batch))(
  'processes that are killed at any moment leave no second service and no needless write (batch %i)',
  { timeout: SEEDS * 60_000 },
  async (batch, { annotate }) => {
    const limit = pLimit(AT_ONCE);
    const seeds = Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + batch * SEEDS + index);
    const results = await Promise.allSettled(seeds.map((seed) => limit(async () => runSeed(seed))));
    const runs = results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    await annotate(describeRuns(runs));
  },
);
