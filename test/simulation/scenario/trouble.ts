import { randomOf } from '../time/random.ts';
import type { Random } from '../time/random.ts';
import { inNotationOfApi } from '../world/account.ts';
import type { Treatment } from '../world/account.ts';
import { FAULTS } from '../world/network.ts';
import { changed, digits, idOf, isMapping, newService, toValue, TUNNELS } from '../world/service.ts';
import type { JsonValue, Wanted } from '../world/service.ts';
import type { World } from '../world/world.ts';
import type { EventKind, ScenarioEvent } from './scenario.ts';

/** What a scenario can do to the program itself. */
export type ProgramControl = {
  /** Stops it, or kills it, and starts it again after a while. */
  readonly stop: (downMs: number) => void;
  readonly kill: (downMs: number) => void;
  readonly hangUp: () => void;
  readonly requestPass: () => void;
  /** Pauses all writes, forever if `ms` is null, and resumes them. */
  readonly pauseWrites: (ms: number | null) => void;
  readonly resumeWrites: () => void;
  readonly moveWallClock: (ms: number) => void;
  /** Called when the program is about to hang. */
  readonly onHang: (ms: number) => void;
};

export type TroubleOptions = {
  readonly seed: number;
  /** When everything ends. */
  readonly endAt: number;
  readonly world: World;
  readonly control: ProgramControl;
  /** Called with a description of each thing that happens. */
  readonly note: (text: string) => void;
};

type Scene = TroubleOptions & { readonly random: Random; readonly event: ScenarioEvent };

/** Makes an event happen. */
export function cause(event: ScenarioEvent, options: TroubleOptions): void {
  const scene = { ...options, event, random: randomOf(options.seed, 'event', event.number) };
  const detail = ACTIONS[event.kind](scene);
  options.note(`${event.kind}${detail === undefined ? '' : `: ${detail}`}`);
}

/** Each makes one kind of event happen, and returns its details. */
const ACTIONS: Readonly<Record<EventKind, (scene: Scene) => string | void>> = {
  commit: (scene) => {
    const what = scene.world.repository.change(scene.random);
    return `${what} (${deliver(scene)})`;
  },
  'commit storm': (scene) => {
    const { world, random, endAt } = scene;
    const everyMs = random.pick([300, 2000, 6000]);
    const next = (left: number) => {
      world.repository.change(random);
      world.folder.deliver(world.repository.head(), 'swap', random);
      if (left > 0 && world.time.now() + everyMs < endAt) world.time.inWorld(everyMs, () => next(left - 1));
    };
    changeAll(scene);
    next(10);
    return `every ${everyMs} ms`;
  },
  'break files': (scene) => {
    const what = scene.world.repository.breakFiles(scene.random);
    return `${what} (${deliver(scene)})`;
  },
  'mend files': (scene) => {
    scene.world.repository.mendFiles(scene.random);
    return deliver(scene);
  },
  'revert commit': (scene) => {
    scene.world.repository.revert(scene.random);
    return deliver(scene);
  },
  'folder missing': (scene) => {
    const { folder } = scene.world;
    folder.setMissing(true);
    return during(scene, () => folder.setMissing(false));
  },
  'empty folder': (scene) => {
    const { folder, repository } = scene.world;
    folder.deliver(new Map(), 'swap', scene.random);
    return during(scene, () => folder.deliver(repository.head(), 'swap', scene.random));
  },
  'slow folder': (scene) => {
    const { conditions } = scene.world.folder;
    conditions.readMs = scene.random.pick([
      [20, 200],
      [100, 500],
      [300, 3000],
    ]);
    return during(scene, () => {
      conditions.readMs = conditions.usualReadMs;
    });
  },
  'deaf watcher': (scene) => {
    const { conditions } = scene.world.folder;
    conditions.isDeaf = true;
    return during(scene, () => {
      conditions.isDeaf = false;
    });
  },
  'live edit': (scene) => editLive(scene),
  'live revert': (scene) => editLive(scene),
  'live delete': ({ world, random }) => {
    const [id] = random.sample(world.account.ids(), 1);
    if (id === undefined || random.chance(0.5)) return 'nothing';
    world.account.set(id, null);
    return id;
  },
  'live create': (scene) => {
    const { world, random, event } = scene;
    if (random.chance(0.7)) {
      // Somebody creates what git is about to create.
      const wanted = world.repository.addNamed(random);
      deliver(scene);
      world.time.inWorld(random.int(100, 2000), () => {
        const isFree = world.account.ids().every((id) => world.account.get(id)?.['name'] !== wanted.name);
        const service = random.chance(0.5) ? wanted : changed(wanted, random);
        if (isFree) world.account.set(idOf(5000 + event.number), inNotationOfApi(toValue(service), random));
      });
      return wanted.name;
    }
    const service = newService(idOf(5000 + event.number), takenName(world, random), random);
    world.account.set(service.id, inNotationOfApi(toValue(service), random));
    return service.name;
  },
  rival: (scene) => {
    const { world, random, event, endAt } = scene;
    const service = pickService(scene);
    if (service === null) return 'nobody';
    const change = () => inNotationOfApi(toValue(changed(service, random)), random);
    let value = change();
    const everyMs = random.pick([1000, 20_000, 300_000]);
    const isFickle = random.chance(0.5);
    const end = Math.min(endAt, world.time.now() + event.forMs * 4);
    const act = () => {
      const live = world.account.get(service.id);
      if (live !== null && live['host'] !== value['host']) {
        if (isFickle) value = change();
        world.account.set(service.id, { ...value, name: live['name'] });
      }
      if (world.time.now() + everyMs < end) world.time.inWorld(everyMs, act);
    };
    act();
    return `${service.name} every ${everyMs} ms for ${event.forMs * 4} ms${isFickle ? ', another value each time' : ''}`;
  },
  'new fields': (scene) => growFields(scene),
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
  'refused service': (scene) => {
    const [status, code, message] = scene.random.pick([
      [400, 5101, 'request contained invalid parameters'],
      [400, 5102, 'invalid json'],
      [200, 5101, 'refused'],
      [422, 5199, 'refused'],
    ] as const);
    return treat(scene, { kind: 'refuse', status, code, message });
  },
  'altered value': (scene) => {
    const what = scene.random.pick(['port', 'unknown', 'unknown', 'tls'] as const);
    return treat(scene, { kind: 'alter', alter: ALTERATIONS[what] });
  },
  'forgotten write': (scene) => treat(scene, { kind: 'forget' }),
  'gone tunnel': (scene) => {
    const { goneTunnels } = scene.world.account;
    const tunnel = scene.random.pick(TUNNELS);
    goneTunnels.add(tunnel);
    return during(scene, () => goneTunnels.delete(tunnel));
  },
  'full account': (scene) => {
    const { account, repository } = scene.world;
    for (let count = scene.random.int(1, 3); count > 0; count -= 1) repository.addNamed(scene.random);
    deliver(scene);
    account.conditions.maxServices = account.ids().length;
    return during(scene, () => {
      account.conditions.maxServices = 1000;
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
};

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

/** Lets somebody else correct services while the program is about to. */
function correctLive({ world, random }: Scene): void {
  world.time.inWorld(random.int(500, 4000), () => {
    for (const service of random.sample(world.repository.services(), 3)) {
      const live = world.account.get(service.id);
      if (live === null || service.isAbsent || live['name'] !== service.name) continue;
      world.account.set(service.id, inNotationOfApi({ ...unknownOf(live), ...toValue(service) }, random));
    }
  });
}

/** Changes many services outside of git, and lets the program notice. */
function changeAll({ world, random, control }: Scene): void {
  for (const service of world.repository.services()) {
    const live = world.account.get(service.id);
    if (live === null || random.chance(0.2)) continue;
    const value = { ...unknownOf(live), ...toValue({ ...changed(service, random), name: String(live['name']) }) };
    world.account.set(service.id, inNotationOfApi(value, random));
  }
  control.requestPass();
}

/** Ends a condition after the time of the event. */
function during({ world, event, note }: Scene, end: () => void): string {
  world.time.inWorld(event.forMs, () => {
    end();
    note(`${event.kind} ends`);
  });
  return `for ${event.forMs} ms`;
}

function deliver({ world, random }: Scene): string {
  const how = random.pick(['swap', 'swap', 'rename', 'in place'] as const);
  world.folder.deliver(world.repository.head(), how, random);
  return how;
}

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

function pickService({ world, random }: Scene): Wanted | null {
  return random.sample(world.repository.services(), 1)[0] ?? null;
}

function editLive(scene: Scene): string {
  const { world, random } = scene;
  const service = pickService(scene);
  const live = service === null ? null : world.account.get(service.id);
  if (service === null || live === null) return 'nothing';
  const other = changed(service, random);
  const name = random.chance(0.1) ? takenName(world, random) : service.name;
  // Other tools leave out what they do not know, too.
  const kept = random.chance(0.8) ? unknownOf(live) : {};
  world.account.set(service.id, inNotationOfApi({ ...kept, ...toValue({ ...other, name }) }, random));
  return service.name;
}

/** Returns a name that somebody may want, or a new one. */
function takenName(world: World, random: Random): string {
  const names = world.repository.services().map(({ name }) => name);
  const held = new Set(world.account.ids().map((id) => world.account.get(id)?.['name']));
  const free = names.filter((name) => !held.has(name));
  return free.length > 0 && random.chance(0.5) ? random.pick(free) : `outside-${random.int(1, 1_000_000)}`;
}

const TOP_LEVEL = /^(?:zone|priority|weights|__proto__|a\.b)$/;

function unknownOf(live: JsonValue): JsonValue {
  return Object.fromEntries(Object.entries(live).filter(([key]) => TOP_LEVEL.test(key)));
}

function growFields(scene: Scene): string {
  const { world, random } = scene;
  const service = pickService(scene);
  const live = service === null ? null : world.account.get(service.id);
  if (service === null || live === null) return 'nothing';
  const value = random.pick<unknown>([
    digits('12345678901234567890'),
    digits('1e400'),
    digits('0.10'),
    [1, digits('2.50'), { deep: [digits('-0')] }],
    'text',
    { nested: { a: true } },
  ]);
  const host = live['host'];
  const tls = live['tls_settings'];
  switch (random.int(0, 3)) {
    case 0:
      if (!isMapping(host)) return 'nothing';
      world.account.set(service.id, { ...live, host: { ...host, weight: value } });
      break;
    case 1:
      if (!isMapping(tls)) return 'nothing';
      world.account.set(service.id, { ...live, tls_settings: { ...tls, minimum: value } });
      break;
    default:
      world.account.set(service.id, { ...live, [random.pick(['zone', 'priority', 'weights', 'a.b'])]: value });
  }
  return service.name;
}

function treat(scene: Scene, treatment: Treatment): string {
  const { treatments } = scene.world.account;
  const service = pickService(scene);
  if (service === null) return 'nothing';
  treatments.set(service.id, treatment);
  // Only a service that differs is written.
  const live = scene.world.account.get(service.id);
  if (live !== null && scene.random.chance(0.6)) {
    const other = { ...toValue(changed(service, scene.random)), name: live['name'] };
    // A field to lose.
    const unknown = { ...unknownOf(live), ...(treatment.kind === 'alter' ? { zone: 'text' } : {}) };
    scene.world.account.set(service.id, inNotationOfApi({ ...unknown, ...other }, scene.random));
    scene.control.requestPass();
  }
  const length = during(scene, () => {
    if (treatments.get(service.id) === treatment) treatments.delete(service.id);
  });
  return `${service.name} ${length}`;
}

const ALTERATIONS: Readonly<Record<'port' | 'unknown' | 'tls', (value: JsonValue) => JsonValue>> = {
  port: (value) => (value['type'] === 'tcp' ? { ...value, tcp_port: 1 } : { ...value, http_port: 1 }),
  unknown: (value) => Object.fromEntries(Object.entries(value).filter(([key]) => !TOP_LEVEL.test(key))),
  tls: ({ tls_settings: _tls, ...value }) => value,
};
