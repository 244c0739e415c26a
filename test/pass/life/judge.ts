import { isObject } from '../../../src/core/base/json.ts';
import type { Json, JsonObject } from '../../../src/core/base/json.ts';
import type { HandledRequest } from '../../../src/emulator/server.ts';
import type { Commit } from './commits.ts';

/*
 * Judges every request by the state of the account before it, and knows nothing of the code under test. A write is needless if the account
 * already was as the write makes it. That is excused only if the writer could not know: since its last list, someone else has changed the
 * service, or its own write of it had no usable answer. A create is excused less: after one without an answer, the writer must list.
 */

/** The senders of requests. Each writes the account id in its own way, by which the log tells them apart. */
export const ACTORS = {
  first: '0123456789abcdef0123456789abcdef',
  second: '0123456789ABCDEF0123456789ABCDEF',
  person: '0123456789Abcdef0123456789Abcdef',
} as const;
export type Actor = keyof typeof ACTORS;
export type Reconciler = Exclude<Actor, 'person'>;

type Live = { readonly id: string; readonly name: Json | undefined; readonly port: Json | undefined };
type State = ReadonlyMap<string, Live>;

/** Facts that a reconciler cannot know. */
type Unknowns = {
  /** The ids and names of services that others have changed since the list of its plan. */
  readonly changed: Set<string>;
  /** The names of services that it may have created since its last list, which is newer than that of its plan if a create needed one. */
  readonly unsure: Set<string>;
  /** Its own updates and deletes without a usable answer, as `METHOD target`. */
  readonly unanswered: Set<string>;
  /** Its own writes that were refused since the list of its plan. */
  readonly refused: Set<string>;
  /** Its own creates that were refused since then because the name is taken. */
  readonly taken: Set<string>;
  /** The account in the list of its plan. */
  planned: State;
  /** Whether it has begun a pass and not listed yet. */
  isPlanning: boolean;
};

export type Figures = {
  readonly requests: number;
  readonly struck: number;
  readonly writes: Readonly<Record<'POST' | 'PUT' | 'DELETE', number>>;
  /** Writes that changed nothing, and that followed one whose answer was lost. */
  readonly repeatedAfterLoss: number;
  /** Writes that changed nothing, because someone else was faster. */
  readonly overtaken: number;
};

export type Judge = {
  /** Call for every request of the emulator, in order. */
  readonly judge: (request: HandledRequest) => void;
  /** Call before each pass of a reconciler, or, if passes cannot be observed, before it starts. */
  readonly begin: (actor: Reconciler) => void;
  /** Runs an edit in the dashboard. */
  readonly edit: (change: () => void) => void;
  /** Call before a commit is written. */
  readonly expect: (commit: Commit) => void;
  readonly violations: readonly string[];
  readonly figures: () => Figures;
};

/** Faults with which the API carries out a request, but the client receives no usable answer. */
const ANSWER_LOST = new Set(['lost', 'truncated', 'garbage', 'null_result', 'late']);

/** Faults that end a write for this plan. A 409 means that the name is taken, which a list may contradict. */
const REFUSALS = new Set(['400', '401', '403']);

/** Faults after which a create has certainly not been carried out. */
const CERTAIN = new Set([...REFUSALS, '429']);

/** Returns a judge of an account. `services` returns all that are live. */
export function openJudge(services: () => readonly JsonObject[], isLenient: () => boolean): Judge {
  let state = snapshot(services());
  let commits: readonly Commit[] = [];
  const violations: string[] = [];
  const counts = { requests: 0, struck: 0, repeatedAfterLoss: 0, overtaken: 0 };
  const writes = { POST: 0, PUT: 0, DELETE: 0 };
  const unknowns = { first: newUnknowns(), second: newUnknowns() };
  /** The ids of services that a person created or renamed, whose names say nothing about the reconcilers. */
  const byHand = new Set<string>();

  const noteChanges = (actor: Actor, after: State) => {
    for (const changed of changedBetween(state, after)) {
      for (const other of RECONCILERS) {
        if (other === actor) continue;
        unknowns[other].changed.add(changed);
      }
      if (actor === 'person') byHand.add(changed);
    }
    state = after;
  };

  const judgeWrite = (actor: Reconciler, request: HandledRequest, after: State) => {
    const { method, fault, status } = request;
    const write = describe(request);
    const complain = (what: string) =>
      violations.push(
        `request ${counts.requests}: ${actor}, ${write.method} ${write.target} (${fault ?? status}): ${what}`,
      );
    const { changed, unsure, unanswered, refused, taken } = unknowns[actor];
    const key = `${method} ${write.target}`;
    // A service that a person has renamed since the list is deleted by its id all the same.
    if (![state, unknowns[actor].planned].some((each) => isDeclared(write, each, commits)))
      complain('no declaration asks for it');
    if (refused.has(key)) complain('repeated after a refusal');
    if (method === 'POST' && unsure.has(write.target)) complain('repeated without a new list');
    if (isDone(write, state)) {
      if (unanswered.has(key)) counts.repeatedAfterLoss += 1;
      else if (changed.has(write.target)) {
        counts.overtaken += 1;
        if (taken.has(key)) complain('repeated although the name is taken');
        if (method === 'POST' && fault === null) taken.add(key);
      } else if (!isLenient()) complain('needless: the account is already so');
    }
    if (method === 'POST' && state.size < after.size) {
      const double = doubleOf(write, state, commits);
      if (double !== null && !byHand.has(double)) complain(`a second service for one declaration, besides ${double}`);
    }
    if (method === 'POST' && fault !== null && !CERTAIN.has(fault)) unsure.add(write.target);
    if (method !== 'POST' && fault !== null && (ANSWER_LOST.has(fault) || status === 0)) unanswered.add(key);
    else if (fault === null) unanswered.delete(key);
    else if (REFUSALS.has(fault)) refused.add(key);
  };

  return {
    judge: (request) => {
      const actor = actorOf(request.path);
      const after = snapshot(services());
      counts.requests += 1;
      if (request.fault !== null) counts.struck += 1;
      if (request.method !== 'GET' && actor !== 'person') {
        if (isWriteMethod(request.method)) writes[request.method] += 1;
        judgeWrite(actor, request, after);
      }
      if (request.method === 'GET' && changedBetween(state, after).length > 0)
        violations.push('a list changed something');
      noteChanges(actor, after);
      if (request.method === 'GET' && request.fault === null && actor !== 'person') listed(unknowns[actor], after);
    },
    begin: (actor) => {
      unknowns[actor].isPlanning = true;
    },
    edit: (change) => {
      change();
      noteChanges('person', snapshot(services()));
    },
    expect: (commit) => {
      commits = [...commits.slice(-1), commit];
    },
    violations,
    figures: () => ({ ...counts, writes: { ...writes } }),
  };
}

const RECONCILERS = ['first', 'second'] as const;

function newUnknowns(): Unknowns {
  return {
    changed: new Set(),
    unsure: new Set(),
    unanswered: new Set(),
    refused: new Set(),
    taken: new Set(),
    planned: new Map(),
    isPlanning: false,
  };
}

function listed(unknowns: Unknowns, state: State): void {
  const { changed, unsure, unanswered, refused, taken, isPlanning } = unknowns;
  unsure.clear();
  if (!isPlanning) return;
  for (const each of [changed, unanswered, refused, taken]) each.clear();
  unknowns.planned = state;
  unknowns.isPlanning = false;
}

type Write = {
  readonly method: string;
  /** The id in the path; for a create, the name. */
  readonly target: string;
  readonly name: string | null;
  readonly port: Json | undefined;
};

function describe({ method, path, body }: HandledRequest): Write {
  const sent = body !== undefined && isObject(body) ? body : {};
  const name = typeof sent['name'] === 'string' ? sent['name'] : null;
  return {
    method,
    target: method === 'POST' ? (name ?? '') : (path.split('/').at(-1) ?? ''),
    name,
    port: sent['http_port'],
  };
}

/** Whether the account is as a write makes it. */
function isDone({ method, target, name, port }: Write, state: State): boolean {
  if (method === 'POST') return holderOf(name, state) !== undefined;
  const live = state.get(target);
  if (method === 'DELETE' || live === undefined) return live === undefined;
  return live.name === name && live.port === port;
}

/** Whether the current or the last commit asks for a write. While one is being replaced, the older one may still be in use. */
function isDeclared({ method, target, name, port }: Write, state: State, commits: readonly Commit[]): boolean {
  return commits.some(({ wanted, gone }) => {
    if (method !== 'DELETE')
      return wanted.some((each) => each.name === name && each.port === port && (each.id ?? target) === target);
    const live = state.get(target);
    return gone.some((each) => each.id === target || (each.id === null && each.name === live?.name));
  });
}

/** Returns the id of a live service that the declaration of a create already describes, under its previous name; null if there is none. */
function doubleOf({ name }: Write, state: State, commits: readonly Commit[]): string | null {
  const declaration = commits.at(-1)?.wanted.find((each) => each.name === name);
  return holderOf(declaration?.renamedFrom ?? null, state)?.id ?? null;
}

function holderOf(name: string | null, state: State): Live | undefined {
  return name === null ? undefined : [...state.values()].find((live) => live.name === name);
}

function actorOf(path: string): Actor {
  const account = path.split('/')[4];
  if (account === ACTORS.first) return 'first';
  return account === ACTORS.second ? 'second' : 'person';
}

function isWriteMethod(method: string): method is 'POST' | 'PUT' | 'DELETE' {
  return method === 'POST' || method === 'PUT' || method === 'DELETE';
}

function snapshot(services: readonly JsonObject[]): State {
  return new Map(
    services.map(({ service_id, name, http_port }) => {
      const id = typeof service_id === 'string' ? service_id : '';
      return [id, { id, name, port: http_port }];
    }),
  );
}

/** Returns the ids, and the old and new names, of the services that differ. */
function changedBetween(before: State, after: State): readonly string[] {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids].flatMap((id) => {
    const [old, now] = [before.get(id), after.get(id)];
    if (old?.name === now?.name && old?.port === now?.port) return [];
    return [id, ...[old?.name, now?.name].filter((name) => typeof name === 'string')];
  });
}
