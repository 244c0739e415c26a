import { settingsSchema } from '../../../src/config/settings.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { randomOf } from '../time/random.ts';
import type { Random } from '../time/random.ts';

/** Everything that will happen in one simulation, as far as it does not depend on the program. All of it follows from the seed. */
export type Scenario = {
  readonly seed: number;
  readonly settings: Settings;
  readonly services: number;
  /** Services that are live and not declared. */
  readonly others: number;
  /** Whether it is a month or two, with quiet days between the bad ones. */
  readonly isLong: boolean;
  /** How long faults and changes go on, in milliseconds. After that, everything must come in sync. */
  readonly troubleMs: number;
  readonly events: readonly ScenarioEvent[];
};

/** `number` identifies an event, so that it stays the same when others are left out. */
export type ScenarioEvent = {
  readonly number: number;
  readonly at: number;
  readonly kind: EventKind;
  readonly forMs: number;
};

/** How often each event occurs, relative to the others. */
const WEIGHTS = {
  commit: 30,
  'commit storm': 3,
  'break files': 3,
  'mend files': 4,
  'revert commit': 4,
  'folder missing': 2,
  'empty folder': 2,
  'slow folder': 3,
  'deaf watcher': 2,
  'live edit': 14,
  'live revert': 4,
  'live delete': 2,
  'live create': 4,
  rival: 5,
  'new fields': 5,
  'slow api': 5,
  'flaky api': 12,
  'api down': 5,
  'writes fail': 5,
  'busy api': 5,
  'lagging list': 7,
  'refused service': 5,
  'altered value': 5,
  'forgotten write': 3,
  'gone tunnel': 3,
  'full account': 2,
  paging: 3,
  'few requests left': 2,
  'other tools': 2,
  challenge: 2,
  'token revoked': 2,
  'token rotated': 3,
  'token read-only': 2,
  'clock jump': 3,
  hang: 3,
  stop: 4,
  kill: 6,
  'hang up': 4,
  'request pass': 4,
  'pause writes': 4,
  'request storm': 2,
} as const;
export type EventKind = keyof typeof WEIGHTS;
export const EVENT_KINDS = Object.keys(WEIGHTS).filter((kind): kind is EventKind => kind in WEIGHTS);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Returns the scenario of a seed. One in ten is a month or two long. */
export function scenarioOf(seed: number): Scenario {
  const random = randomOf(seed, 'scenario');
  const isLong = seed % 10 === 0;
  const settings = settingsOf(random, isLong);
  const size = isLong ? usualSize(random) : sizeOf(random);
  // Hours without an event, with a pass every 30 s, would only take long.
  const maxHours = settings.interval < MINUTE_MS ? Math.min(3, size.maxHours) : size.maxHours;
  const troubleMs = isLong ? random.int(20, 60) * DAY_MS : random.log(20 * MINUTE_MS, maxHours * HOUR_MS);
  const count = isLong ? random.int(20, 80) : random.log(3, size.maxEvents);
  const isNearlyFull = size.others > 100;
  const kinds = EVENT_KINDS.flatMap((kind) => Array.from({ length: WEIGHTS[kind] }, () => kind));
  if (isNearlyFull) kinds.push(...kinds.map((): EventKind => 'full account'));
  const times = Array.from({ length: count }, () => Math.floor(random.next() * troubleMs)).sort((a, b) => a - b);
  // Trouble comes in clusters: half of all events follow the one before within a minute.
  let last = 0;
  const events = times.map((at, number): ScenarioEvent => {
    last = number > 0 && random.chance(0.5) ? last + random.log(10, MINUTE_MS) : at;
    return { number, at: Math.min(troubleMs, last), kind: random.pick(kinds), forMs: durationOf(random, troubleMs) };
  });
  return {
    seed,
    isLong,
    settings,
    services: size.services,
    others: size.others,
    troubleMs,
    events: events.toSorted((a, b) => a.at - b.at || a.number - b.number),
  };
}

type Size = {
  readonly services: number;
  readonly others: number;
  readonly maxHours: number;
  readonly maxEvents: number;
};

function sizeOf(random: Random): Size {
  // Few scenarios are large, and they are short: each of their passes takes long.
  if (random.chance(0.03)) return { services: random.int(100, 200), others: 0, maxHours: 2, maxEvents: 30 };
  if (random.chance(0.02)) {
    const services = random.int(2, 6);
    return { services, others: 1000 - services - random.int(0, 3), maxHours: 1, maxEvents: 12 };
  }
  return usualSize(random);
}

function usualSize(random: Random): Size {
  const services = random.chance(0.1) ? random.int(20, 60) : random.int(1, 10);
  return { services, others: random.chance(0.2) ? random.int(1, 3) : 0, maxHours: 12, maxEvents: 60 };
}

function durationOf(random: Random, troubleMs: number): number {
  return Math.min(troubleMs / 4, random.log(1000, 2 * HOUR_MS));
}

function settingsOf(random: Random, isLong: boolean): Settings {
  return settingsSchema.parse({
    services: '/services',
    allow_empty: random.chance(0.3),
    interval: isLong ? random.pick(['1h', '3h']) : random.pick(['5m', '5m', '30s', '1h']),
    rescan: isLong ? '1h' : random.pick(['30s', '30s', '5m']),
    settle: random.pick(['50ms', '50ms', '500ms', '2s']),
    request_budget: random.pick(['1100/5m, 150/1s', '1100/5m, 150/1s', '20/1m', '30/10s, 5/1s', '6/1m', '100/5m']),
    concurrency: random.pick([30, 30, 5, 2, 1]),
    request_timeout: random.pick(['30s', '10s', '2s']),
    pass_timeout: random.pick(['15m', '15m', '3m']),
    grace_period: random.pick(['20s', '2s', '0s']),
    unknown_fields: random.pick(['preserve', 'preserve', 'preserve', 'withhold', 'drop']),
    max_changes: random.chance(0.1) ? random.int(0, 5) : 'none',
    max_change_percent: random.chance(0.05) ? random.int(10, 100) : 'none',
    policy: random.pick(['update', 'upsert', 'sync', 'sync']),
    canary: random.pick([0, 0, 0, 1, 2]),
    max_deletes: random.pick([3, 3, 'none', 1, 0]),
    values: random.pick(['none', 'none', 'values.yaml', 'values.yaml, team/values.yml']),
    mode: random.chance(0.05) ? 'detect' : 'apply',
    schedule: random.chance(0.1) ? '17 */3 * * *' : 'none',
    log_format: 'json',
  });
}
