import type { Random } from '../../time/random.ts';
import { inNotationOfApi } from '../../world/account.ts';
import { changed, toValue } from '../../world/service.ts';
import type { JsonValue, Wanted } from '../../world/service.ts';
import type { World } from '../../world/world.ts';
import type { EventKind, ScenarioEvent } from '../scenario.ts';

/** The ways in which a scenario can act on the program itself. */
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

/** The input of an action. */
export type Scene = TroubleOptions & { readonly random: Random; readonly event: ScenarioEvent };

/** Makes one kind of event happen, and returns its details. */
export type Action = (scene: Scene) => string | void;
export type Actions = Readonly<Partial<Record<EventKind, Action>>>;

/** Ends a condition after the time of the event. */
export function during({ world, event, note }: Scene, end: () => void): string {
  world.time.inWorld(event.forMs, () => {
    end();
    note(`${event.kind} ends`);
  });
  return `for ${event.forMs} ms`;
}

export function deliver({ world, random }: Scene): string {
  const how = random.pick(['swap', 'swap', 'rename', 'in place'] as const);
  world.folder.deliver(world.repository.head(), how, random);
  return how;
}

export function pickService({ world, random }: Scene): Wanted | null {
  return random.sample(world.repository.services(), 1)[0] ?? null;
}

/** Changes many services outside of git, and lets the program notice. */
export function changeAll({ world, random, control }: Scene): void {
  for (const service of world.repository.services()) {
    const live = world.account.get(service.id);
    if (live === null || random.chance(0.2)) continue;
    const value = { ...unknownOf(live), ...toValue({ ...changed(service, random), name: String(live['name']) }) };
    world.account.set(service.id, inNotationOfApi(value, random));
  }
  control.requestPass();
}

/** Lets somebody else correct services while the program is about to. */
export function correctLive({ world, random }: Scene): void {
  world.time.inWorld(random.int(500, 4000), () => {
    for (const service of random.sample(world.repository.services(), 3)) {
      const live = world.account.get(service.id);
      if (live === null || service.isAbsent || live['name'] !== service.name) continue;
      world.account.set(service.id, inNotationOfApi({ ...unknownOf(live), ...toValue(service) }, random));
    }
  });
}

/** Returns a name that somebody may want, or a new one. */
export function takenName(world: World, random: Random): string {
  const names = world.repository.services().map(({ name }) => name);
  const held = new Set(world.account.ids().map((id) => world.account.get(id)?.['name']));
  const free = names.filter((name) => !held.has(name));
  return free.length > 0 && random.chance(0.5) ? random.pick(free) : `outside-${random.int(1, 1_000_000)}`;
}

/** The fields of a service that the program does not know. */
export const TOP_LEVEL = /^(?:zone|priority|weights|__proto__|a\.b)$/;

export function unknownOf(live: JsonValue): JsonValue {
  return Object.fromEntries(Object.entries(live).filter(([key]) => TOP_LEVEL.test(key)));
}
