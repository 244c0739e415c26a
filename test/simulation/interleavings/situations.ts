import type { JsonValue } from '../world/service.ts';

export type WriterName = 'A' | 'B';

/** Something that happens at any moment, after the ones before it. */
export type ScriptedEvent =
  | { readonly kind: 'commit'; readonly at: readonly WriterName[]; readonly files: string }
  | { readonly kind: 'edit'; readonly id: string; readonly value: JsonValue | null };

/** A small world in which several things happen at the same time. */
export type Situation = {
  readonly name: string;
  readonly writers: readonly WriterName[];
  /** The live services at the start. */
  readonly live: readonly JsonValue[];
  /** The content of each folder at the start. */
  readonly files: string;
  readonly script: readonly ScriptedEvent[];
  /** How many passes each writer begins while the order of everything is explored. */
  readonly passes: number;
  /** At most this many connections are closed during a request. */
  readonly cuts: number;
  /** At most this many writers are killed, and start again. */
  readonly kills: number;
  /** At most this many lists show the account as it was at the start. */
  readonly lags: number;
  /** At most this many services are created, in all. */
  readonly creates: number;
};

const ID = '0199a0c4-2b10-7c3e-8a51-000000000001';
const TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';

function service(name: string, port: number): JsonValue {
  return { name, type: 'tcp', tcp_port: port, host: { ipv4: '10.0.0.1', network: { tunnel_id: TUNNEL } } };
}

function file(name: string, port: number, more: readonly string[] = []): string {
  const host = `host: { ipv4: 10.0.0.1, network: { tunnel_id: ${TUNNEL} } }`;
  return [`name: ${name}`, 'type: tcp', `tcp_port: ${port}`, host, ...more, ''].join('\n');
}

const live = { ...service('a', 1), service_id: ID };
const byId = [`service_id: ${ID}`];
const base = {
  writers: ['A', 'B'],
  live: [live],
  script: [],
  passes: 1,
  cuts: 0,
  kills: 0,
  lags: 0,
  creates: 0,
} as const;

/** The situations in which every order is tried. */
export const SITUATIONS: readonly Situation[] = [
  { ...base, name: 'two update one service', files: file('a', 2, byId), cuts: 1 },
  {
    ...base,
    name: 'two update one service, and a person changes it',
    files: file('a', 2, byId),
    script: [{ kind: 'edit', id: ID, value: service('a', 3) }],
  },
  {
    ...base,
    name: 'two update one service, and the commit is reverted',
    files: file('a', 2, byId),
    script: [{ kind: 'commit', at: ['A', 'B'], files: file('a', 1, byId) }],
  },
  {
    ...base,
    name: 'two update one service, and a commit reaches one before the other',
    files: file('a', 1, byId),
    script: [
      { kind: 'commit', at: ['A'], files: file('a', 2, byId) },
      { kind: 'commit', at: ['B'], files: file('a', 2, byId) },
    ],
  },
  { ...base, name: 'two update one service, and one is killed', files: file('a', 2, byId), kills: 1 },
  {
    ...base,
    name: 'one updates twice, and a person changes the service',
    writers: ['A'],
    files: file('a', 2, byId),
    script: [{ kind: 'edit', id: ID, value: service('a', 3) }],
    passes: 2,
    cuts: 1,
    kills: 1,
  },
  {
    ...base,
    name: 'one updates, the commit is reverted, and it is killed',
    writers: ['A'],
    files: file('a', 2, byId),
    script: [{ kind: 'commit', at: ['A'], files: file('a', 1, byId) }],
    passes: 2,
    cuts: 1,
    kills: 1,
  },
  {
    ...base,
    name: 'one updates twice, and lists lag behind',
    writers: ['A'],
    files: file('a', 2, byId),
    script: [{ kind: 'commit', at: ['A'], files: file('a', 4, byId) }],
    passes: 3,
    lags: 2,
  },
  {
    ...base,
    name: 'one creates a service, and lists lag behind',
    writers: ['A'],
    live: [],
    files: file('a', 1),
    passes: 3,
    cuts: 1,
    lags: 2,
    creates: 1,
  },
  {
    ...base,
    name: 'one deletes a service, and lists lag behind',
    writers: ['A'],
    files: 'name: a\nreconcile: { ensure: absent }\n',
    script: [{ kind: 'commit', at: ['A'], files: file('a', 1) }],
    passes: 3,
    lags: 2,
    creates: 1,
  },
  { ...base, name: 'two create one service', live: [], files: file('a', 1), cuts: 1, creates: 1 },
  {
    ...base,
    name: 'one creates a service and is killed',
    writers: ['A'],
    live: [],
    files: file('a', 1),
    passes: 2,
    cuts: 1,
    kills: 1,
    creates: 1,
  },
  {
    ...base,
    name: 'two create a service, and a person creates it with other values',
    live: [],
    files: file('a', 1),
    script: [{ kind: 'edit', id: ID, value: service('a', 3) }],
    creates: 1,
  },
  { ...base, name: 'two rename one service', files: file('b', 1, ['reconcile: { renamed_from: a }']), cuts: 1 },
  { ...base, name: 'two delete one service', files: 'name: a\nreconcile: { ensure: absent }\n', cuts: 1 },
  {
    ...base,
    name: 'two delete one service, and the commit is reverted',
    files: 'name: a\nreconcile: { ensure: absent }\n',
    script: [{ kind: 'commit', at: ['A', 'B'], files: file('a', 1) }],
    creates: 1,
  },
  {
    ...base,
    name: 'two rename a service and create another one with its name',
    files: `${file('b', 1, byId)}---\n${file('a', 2)}`,
    creates: 1,
  },
  {
    ...base,
    name: 'one renames a service, creates another one with its name, and is killed',
    writers: ['A'],
    files: `${file('b', 1, byId)}---\n${file('a', 2)}`,
    passes: 2,
    cuts: 1,
    kills: 1,
    creates: 1,
  },
  {
    ...base,
    name: 'two delete a service and create another one, and a person deletes it first',
    files: `service_id: ${ID}\nreconcile: { ensure: absent }\n---\n${file('b', 2)}`,
    script: [{ kind: 'edit', id: ID, value: null }],
    creates: 1,
  },
];
