import { during, deliver, changeAll } from './scene.ts';
import type { Actions, Scene } from './scene.ts';

/** The clock, signals, and the end of the program. */
export const PROCESS_ACTIONS = {
  'clock jump': ({ control, random }) => {
    const ms = random.pick([-1, 1]) * random.log(1000, 30 * 86_400_000);
    control.moveWallClock(ms);
    return `${ms} ms`;
  },
  hang: ({ world, random, control }) => {
    const ms = random.log(100, 600_000);
    control.onHang(ms);
    world.time.hangProcess(ms);
    return `${ms} ms`;
  },
  stop: (scene) => duringPass(scene, () => scene.control.stop(scene.random.log(100, 60_000))),
  kill: (scene) => duringPass(scene, () => scene.control.kill(scene.random.log(100, 60_000))),
  'hang up': ({ control }) => control.hangUp(),
  'request pass': ({ control }) => control.requestPass(),
  'pause writes': (scene) => {
    const { control, random, event, world } = scene;
    if (random.chance(0.5)) {
      // In the middle of the pass that follows a commit.
      world.repository.change(random);
      deliver(scene);
      world.time.inWorld(random.int(300, 3000), () => control.pauseWrites(null));
      return during(scene, control.resumeWrites);
    }
    if (random.chance(0.5)) {
      control.pauseWrites(event.forMs);
      return `for ${event.forMs} ms`;
    }
    control.pauseWrites(null);
    return during(scene, control.resumeWrites);
  },
  'request storm': ({ world, control, random, endAt }) => {
    const count = random.int(20, 200);
    const everyMs = random.int(50, 2000);
    const next = (left: number) => {
      control.requestPass();
      if (left > 0 && world.time.now() < endAt) world.time.inWorld(everyMs, () => next(left - 1));
    };
    next(count);
    return `${count} every ${everyMs} ms`;
  },
} satisfies Actions;

/** Ends the program now; or soon after a change, while a pass writes; or while a request is not answered. */
function duringPass(scene: Scene, end: () => void): string {
  const { world, random } = scene;
  if (random.chance(0.3)) {
    end();
    return 'at once';
  }
  changeAll(scene);
  const { conditions } = world.network;
  const ms = random.int(200, 3000);
  const isSilent = random.chance(0.4);
  if (isSilent) {
    const faults = { probability: 1, kinds: ['lost answer'] as const };
    world.time.inWorld(Math.max(0, ms - 1000), () => {
      conditions.faults = faults;
    });
    world.time.inWorld(ms + 1000, () => {
      if (conditions.faults === faults) conditions.faults = { probability: 0, kinds: [] };
    });
  }
  world.time.inWorld(ms, end);
  return `${ms} ms after a change${isSilent ? ', while nothing is answered' : ''}`;
}
