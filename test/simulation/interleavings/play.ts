import { installVirtualTime } from '../time/virtual-time.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { differences } from './declared.ts';
import type { Choose } from './explore.ts';
import { possibilitiesOf } from './possibilities.ts';
import type { Situation } from './situations.ts';
import { openSmallWorld } from './small-world.ts';
import type { Player, SmallWorld } from './small-world.ts';

/** The time that each step takes. It is longer than a check of the folder stays valid, so that every write needs a new one. */
const STEP_MS = 200;

/** More steps than any pass takes. */
const MAX_STEPS = 3000;

/** After this time, a list shows every write; see "While a pass waits" in config/README.md. */
const SETTLED_MS = 40_000;

/** The passes after everything has happened, until the account must be as declared. The last one must write nothing. */
const LAST_PASSES = 4;

/** Plays a situation once, in the order that `choose` decides. Returns what went wrong. */
export async function play(situation: Situation, choose: Choose): Promise<readonly string[]> {
  const time = installVirtualTime(1);
  const broken: string[] = [];
  try {
    const world = openSmallWorld(situation, time, (message) => broken.push(message));
    time.startProcess();
    await happenInOrder({ world, time, situation, choose, broken });
    for (let round = 1; round <= LAST_PASSES && broken.length === 0; round += 1) {
      await wait(time, SETTLED_MS);
      if (round === LAST_PASSES) world.counts.writes = 0;
      for (const player of world.players) if (!(await passInPeace(world, player, time))) broken.push(NEVER_ENDS);
    }
    return broken.length > 0 ? broken : faultsAtEnd(situation, world);
  } finally {
    time.killProcess();
    time.uninstall();
  }
}

const NEVER_ENDS = 'a pass does not end';

async function wait(time: VirtualTime, ms: number): Promise<void> {
  await time.runUntil(time.now() + ms, () => {});
}

type Game = {
  readonly world: SmallWorld;
  readonly time: VirtualTime;
  readonly situation: Situation;
  readonly choose: Choose;
  readonly broken: string[];
};

/** Carries out one step after the other, until none is possible or something is wrong. */
async function happenInOrder({ world, time, situation, choose, broken }: Game): Promise<void> {
  const possibilities = possibilitiesOf(situation, world, time);
  const isWaiting = () => world.requests().length === 0 && world.players.some(({ isBusy }) => isBusy);
  while (broken.length === 0) {
    // A copy that waits without a request, for example before a retry, continues by itself after another step.
    const waits = isWaiting() ? [{ name: 'time passes', happen: null }] : [];
    const possible = [...waits, ...possibilities()];
    if (possible.length === 0) return;
    const next = possible[possible.length === 1 ? 0 : choose(possible.map(({ name }) => name))];
    next?.happen?.();
    world.note();
    await wait(time, STEP_MS);
    if (next?.happen !== null) continue;
    for (let steps = 0; isWaiting(); steps += 1) {
      if (steps > MAX_STEPS) return void broken.push(NEVER_ENDS);
      await wait(time, STEP_MS);
    }
  }
}

/** Runs a pass in which nothing is lost. Returns whether it ended. */
async function passInPeace(world: SmallWorld, player: Player, time: VirtualTime): Promise<boolean> {
  world.begin(player);
  for (let steps = 0; player.isBusy && steps < MAX_STEPS; steps += 1) {
    for (const request of world.requests()) {
      if (request.answer === null) world.arrive(request);
      world.note();
      world.deliver(request);
    }
    await wait(time, 20);
  }
  return !player.isBusy;
}

function faultsAtEnd(situation: Situation, { counts, players, services }: SmallWorld): readonly string[] {
  const missing = differences(services(), players[0]?.folder ?? '');
  return [
    ...missing.map((difference) => `at the end: ${difference}`),
    ...(counts.writes > 0 ? [`${counts.writes} writes although everything is in sync`] : []),
    ...(counts.creates > situation.creates ? [`${counts.creates} services were created`] : []),
  ];
}
