import { FAULTS } from '../../world/network.ts';
import { during, deliver, changeAll, correctLive } from './scene.ts';
import type { Actions, Scene } from './scene.ts';

/** The network, the limits of the API, its lists and its tokens. */
export const API_ACTIONS = {
  'slow api': (scene) => {
    const { conditions } = scene.world.network;
    conditions.latencyMs = scene.random.pick([
      [1000, 6000],
      [5000, 12_000],
      [0, 40_000],
    ]);
    return during(scene, () => {
      conditions.latencyMs = [300, 770];
    });
  },
  'flaky api': (scene) => {
    const kinds = scene.random.sample(FAULTS, scene.random.int(1, 4));
    return withFaults(scene, scene.random.pick([0.1, 0.3, 0.6]), kinds);
  },
  'api down': (scene) =>
    withFaults(scene, 1, [scene.random.pick(['refused', '503', '502', 'lost request', '500'] as const)]),
  'writes fail': (scene) => {
    const { world, random } = scene;
    if (random.chance(0.5)) world.repository.addNamed(random);
    for (let count = random.int(1, 3); count > 0; count -= 1) world.repository.change(random);
    const isDown = random.chance(0.4);
    if (isDown || random.chance(0.5)) changeAll(scene);
    if (random.chance(0.5)) correctLive(scene);
    const kinds = isDown
      ? [random.pick(['refused', 'reset', '500', 'lost answer'] as const)]
      : random.sample(FAULTS, 2);
    const length = withFaults(scene, isDown ? 1 : 0.5, kinds, { onlyWrites: true });
    return `${deliver(scene)}, ${length}`;
  },
  'busy api': (scene) => {
    // Only requests that wait together can begin together.
    if (scene.random.chance(0.5)) changeAll(scene);
    if (scene.random.chance(0.5)) correctLive(scene);
    return withFaults(scene, scene.random.pick([0.2, 0.7, 1]), ['429']);
  },
  'lagging list': (scene) => {
    const { conditions } = scene.world.api;
    conditions.lagMs = scene.random.pick([500, 3000, 20_000]);
    // Only a pass right after a write notices.
    for (let changes = 0; changes < 3; changes += 1) scene.world.repository.change(scene.random);
    deliver(scene);
    for (const ms of [4000, 8000]) scene.world.time.inWorld(ms, scene.control.requestPass);
    return during(scene, () => {
      conditions.lagMs = 0;
    });
  },
  paging: (scene) => {
    const { conditions } = scene.world.api;
    conditions.resultInfo = scene.random.pick(['full', 'empty', 'absent']);
    // Without totals, no client can tell a short page from the last one, unless servers often have pages of that size.
    conditions.maxPerPage = scene.random.pick(conditions.resultInfo === 'full' ? [20, 3, 2] : [20, 10]);
    conditions.ignoresPage = scene.random.chance(0.5);
    return during(scene, () => {
      conditions.maxPerPage = 1000;
      conditions.resultInfo = 'full';
      conditions.ignoresPage = false;
    });
  },
  'few requests left': (scene) => {
    const { conditions } = scene.world.api;
    conditions.ratelimit = scene.random.pick([0, 3, 50]);
    return during(scene, () => {
      conditions.ratelimit = null;
    });
  },
  'other tools': (scene) => {
    const { conditions } = scene.world.api;
    conditions.limit = scene.random.int(2, 20);
    return during(scene, () => {
      conditions.limit = 1200;
    });
  },
  challenge: (scene) => {
    const { conditions } = scene.world.api;
    conditions.isChallenging = true;
    return during(scene, () => {
      conditions.isChallenging = false;
    });
  },
  'token revoked': (scene) => {
    const { conditions } = scene.world.api;
    conditions.tokens.clear();
    return during(scene, () => conditions.tokens.add(scene.world.token.current()));
  },
  'token rotated': ({ world, random }) => {
    const { tokens } = world.api.conditions;
    const before = world.token.current();
    if (random.chance(0.3)) tokens.delete(before);
    else world.time.inWorld(10_000, () => before !== world.token.current() && tokens.delete(before));
    const token = world.token.rotate();
    // A new token can take seconds to work.
    world.time.inWorld(random.pick([0, 5000]), () => tokens.add(token));
  },
  'token read-only': (scene) => {
    const { conditions } = scene.world.api;
    for (const token of conditions.tokens) conditions.readOnlyTokens.add(token);
    conditions.tokens.clear();
    return during(scene, () => {
      conditions.readOnlyTokens.clear();
      conditions.tokens.add(scene.world.token.current());
    });
  },
} satisfies Actions;

function withFaults(
  scene: Scene,
  probability: number,
  kinds: readonly (typeof FAULTS)[number][],
  { onlyWrites = false } = {},
): string {
  const { conditions } = scene.world.network;
  const faults = { probability, kinds, onlyWrites };
  conditions.faults = faults;
  const length = during(scene, () => {
    if (conditions.faults === faults) conditions.faults = { probability: 0, kinds: [] };
  });
  return `${kinds.join(', ')} with ${probability} ${length}`;
}
