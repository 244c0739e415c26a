import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { documents } from '../fleet.ts';
import { idOf } from '../watching/web-service.ts';

/** A service that a commit declares: by its id, or by its name, possibly with the name that it had before. */
export type Wanted = {
  readonly id: string | null;
  readonly name: string;
  readonly port: number;
  readonly renamedFrom: string | null;
};

/** A service that a commit declares absent: by its id or by its name. */
export type Gone = { readonly id: string | null; readonly name: string | null };

/** All declarations of a folder. */
export type Commit = { readonly wanted: readonly Wanted[]; readonly gone: readonly Gone[] };

/** Returns a number from 0 up to 1. */
export type Draw = () => number;

export const TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';

const BY_ID = 6;
const BY_NAME = 5;
const PORTS = [1000, 2000, 3000] as const;

/** Returns a sequence of numbers that depends on the seed alone. */
export function drawFrom(seed: number): Draw {
  let state = seed * 0x9e3779b1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<Item>(items: readonly Item[], draw: Draw): Item | undefined {
  return items[Math.floor(draw() * items.length)];
}

/** The name of a live service that no commit declares. */
export const LEGACY = 'legacy';

/** Returns the live services at the start, and a commit that declares all of them but one as they are. */
export function firstCommit(): { readonly services: readonly JsonObject[]; readonly commit: Commit } {
  const entries = Array.from({ length: BY_ID + BY_NAME }, (_, number) => ({
    id: idOf(number),
    name: number < BY_ID ? `web-${number}` : `named-${number}`,
    port: PORTS[0],
    renamedFrom: null,
  }));
  const legacy = { id: idOf(99), name: LEGACY, port: 9999, renamedFrom: null };
  return {
    services: [...entries, legacy].map(({ id, ...wanted }) => ({ service_id: id, ...bodyOf(wanted) })),
    commit: { wanted: entries.map((each, number) => (number < BY_ID ? each : { ...each, id: null })), gone: [] },
  };
}

/** Returns the fields that a declaration sends. */
export function bodyOf({ name, port }: Pick<Wanted, 'name' | 'port'>): JsonObject {
  return { name, type: 'http', http_port: port, host: { ipv4: '10.0.0.1', network: { tunnel_id: TUNNEL } } };
}

/** Returns a commit that changes, renames, retires and creates services at random. `phase` makes new names unique. */
export function nextCommit(before: Commit, phase: number, draw: Draw): Commit {
  const changed = before.wanted.map((wanted) => change(wanted, phase, draw));
  const handedOver = draw() < 0.6 ? handOver(changed, draw) : changed;
  const retired = handedOver.filter(({ retire }) => retire).map(({ wanted }) => wanted);
  const kept = handedOver.filter(({ retire }) => !retire).map(({ wanted }) => wanted);
  const created = Array.from({ length: 1 + Math.floor(draw() * 3) }, (_, number) => ({
    id: null,
    name: `new-${phase}-${number}`,
    port: pick(PORTS, draw) ?? 1,
    renamedFrom: null,
  }));
  const freed = handedOver.flatMap(({ freed: name }) => (name === null ? [] : [name]));
  const takers = freed.map((name) => ({ id: null, name, port: pick(PORTS, draw) ?? 1, renamedFrom: null }));
  return tidy({
    wanted: [...kept, ...created, ...takers],
    gone: [...before.gone.filter(() => draw() < 0.5), ...retired.map(tombstoneOf)],
  });
}

/** Returns the same commit with a few other ports and one more service, as a correction that follows at once. */
export function correction({ wanted, gone }: Commit, phase: number, draw: Draw): Commit {
  const changed = wanted.map((each) => (draw() < 0.2 ? { ...each, port: pick(PORTS, draw) ?? 1 } : each));
  return { wanted: [...changed, { id: null, name: `late-${phase}`, port: PORTS[1], renamedFrom: null }], gone };
}

type Changed = {
  readonly wanted: Wanted;
  readonly retire: boolean;
  /** The name that the service gives up, and that a new one takes. */
  readonly freed: string | null;
};

function change(wanted: Wanted, phase: number, draw: Draw): Changed {
  const chance = draw();
  const kept = { ...wanted, renamedFrom: draw() < 0.5 ? wanted.renamedFrom : null };
  const as = (next: Wanted, retire = false): Changed => ({ wanted: next, retire, freed: null });
  if (chance < 0.25) return as({ ...kept, port: pick(PORTS, draw) ?? 1 });
  if (chance < 0.45) {
    const renamedFrom = wanted.id === null ? wanted.name : null;
    const port = draw() < 0.5 ? wanted.port : PORTS[2];
    return as({ ...wanted, name: `${wanted.name.split('.', 1)[0]}.${phase}`, renamedFrom, port });
  }
  return chance < 0.6 ? as(kept, true) : as(kept);
}

/** Retires one service by its id, gives its name to a second one, and the name of that to a new one. */
function handOver(changed: readonly Changed[], draw: Draw): readonly Changed[] {
  const byId = changed.filter(({ wanted, retire }) => wanted.id !== null && !retire && !wanted.name.includes('.'));
  const first = pick(byId, draw);
  const second = pick(
    byId.filter((each) => each !== first),
    draw,
  );
  if (first === undefined || second === undefined) return changed;
  return changed.map((each) => {
    if (each === first) return { ...each, retire: true };
    if (each !== second) return each;
    return { wanted: { ...each.wanted, name: first.wanted.name }, retire: false, freed: each.wanted.name };
  });
}

function tombstoneOf({ id, name }: Wanted): Gone {
  return id === null ? { id: null, name } : { id, name: null };
}

/** Removes instructions that contradict another declaration. */
function tidy({ wanted, gone }: Commit): Commit {
  const names = new Set(wanted.map(({ name }) => name));
  const absent = new Set(gone.map(({ name }) => name));
  return {
    wanted: wanted.map((each) =>
      names.has(each.renamedFrom ?? '') || absent.has(each.renamedFrom) ? { ...each, renamedFrom: null } : each,
    ),
    gone: gone.filter(({ name }) => name === null || !names.has(name)),
  };
}

/** Writes a commit into a folder, in one step. */
export function writeCommit(folder: string, { wanted, gone }: Commit): void {
  const declarations = [
    ...wanted.map(({ id, renamedFrom, ...each }) => ({
      ...(id === null ? {} : { service_id: id }),
      ...bodyOf(each),
      ...(renamedFrom === null ? {} : { reconcile: { renamed_from: renamedFrom } }),
    })),
    ...gone.map(({ id, name }) => ({
      ...(id === null ? { name } : { service_id: id }),
      reconcile: { ensure: 'absent' },
    })),
  ];
  const written = join(folder, 'all.tmp');
  writeFileSync(written, documents(declarations));
  renameSync(written, join(folder, 'all.yaml'));
}
