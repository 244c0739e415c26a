import type { Report } from '../../../src/core/report/report.ts';
import { randomOf } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { success, worldAccount } from '../world/account.ts';
import { fromText } from '../world/service.ts';
import type { JsonValue } from '../world/service.ts';
import { isAsDeclared, isDeclared } from './declared.ts';
import { heldNetwork } from './held-network.ts';
import type { HeldRequest } from './held-network.ts';
import type { ScriptedEvent, Situation, WriterName } from './situations.ts';
import { startWriter } from './writer.ts';
import type { Writer } from './writer.ts';

const ACCOUNT_ID = '023e105f4ecef8ad9ca31a8372d0c353';

/** A copy of the program with its folder. */
export type Player = {
  readonly name: WriterName;
  writer: Writer;
  folder: string;
  passesLeft: number;
  isBusy: boolean;
  /** The declarations in the folder and the live services at some moment of the pass. */
  seen: { readonly folders: Set<string>; readonly states: (readonly JsonValue[])[] };
};

/** An account and the copies of the program that write to it. Nothing in it happens by itself. */
export type SmallWorld = {
  readonly players: readonly Player[];
  readonly requests: () => readonly HeldRequest[];
  readonly services: () => readonly JsonValue[];
  /** Counts since the start. */
  readonly counts: { writes: number; creates: number };
  /** The API carries out a request. A list shows the account as it was `lagMs` ago. */
  readonly arrive: (request: HeldRequest, options?: { readonly lagMs?: number }) => void;
  readonly deliver: (request: HeldRequest) => void;
  readonly cut: (request: HeldRequest) => void;
  /** Begins a pass. */
  readonly begin: (player: Player) => void;
  /** Kills a copy, and starts another one. Requests on their way still arrive. */
  readonly kill: (player: Player) => void;
  readonly happen: (event: ScriptedEvent) => void;
  /** Remembers the state of everything, because a report may be about it. */
  readonly note: () => void;
};

/** Opens the world of a situation. `onBroken` is called with everything that is wrong. */
export function openSmallWorld(
  situation: Situation,
  time: VirtualTime,
  onBroken: (message: string) => void,
): SmallWorld {
  const random = randomOf(1, 'api');
  const account = worldAccount(time);
  const counts = { writes: 0, creates: 0 };
  /** The last update, if nothing has changed the account since. */
  let lastUpdate: HeldRequest | null = null;
  /** Whether the copy that sent it has received the answer. */
  let isConfirmed = false;
  for (const value of situation.live) account.set(String(value['service_id']), value);

  const network = heldNetwork((request) => {
    if (request.method === 'GET') return;
    counts.writes += 1;
    const folder = players.find(({ writer }) => writer.name === request.writer)?.folder ?? '';
    if (isDeclared(request, folder, account.get)) return;
    onBroken(`${describe(request)} is sent, and the folder does not declare it: ${request.text ?? ''}`);
  });
  const players = situation.writers.map((name): Player => {
    const seen = { folders: new Set<string>(), states: [] };
    const player = { name, folder: situation.files, passesLeft: situation.passes, isBusy: false, seen };
    return Object.assign(player, { writer: startOf(name, () => player.folder) });
  });
  function startOf(name: string, read: () => string): Writer {
    return startWriter({ name, accountId: ACCOUNT_ID, network, read });
  }

  const answerTo = (request: HeldRequest, lagMs: number) => {
    const { method, path, text, writer } = request;
    const id = decodeURIComponent(path.split('/').at(-1) ?? '');
    const body = text === null ? null : fromText(text);
    if (method === 'GET') return success(account.list(lagMs));
    const isRepeated =
      isConfirmed && lastUpdate?.writer === writer && lastUpdate.path === path && lastUpdate.text === text;
    if (isRepeated) onBroken(`${describe(request)} repeats what was confirmed`);
    lastUpdate = method === 'PUT' ? request : null;
    isConfirmed = false;
    if (method === 'DELETE') return account.remove(id);
    if (method === 'PUT') return account.put(id, body, random);
    const answer = account.post(body, random);
    if (answer.status === 200) counts.creates += 1;
    return answer;
  };
  const services = () => account.ids().map((id) => account.get(id) ?? {});
  const note = () => {
    for (const { seen, folder } of players) {
      seen.folders.add(folder);
      seen.states.push(services());
    }
  };
  const end = (player: Player, { outcome, error }: Report) => {
    const { name, seen } = player;
    player.isBusy = false;
    if (error?.kind === 'internal') onBroken(`${name} reports a bug: ${error.message}`);
    if (outcome !== 'in_sync' && outcome !== 'converged') return;
    const isTrue = [...seen.folders].some((folder) => isAsDeclared(seen.states, folder));
    if (!isTrue) onBroken(`${name} reports "${outcome}", and that was never so`);
  };
  /** The dashboard refuses a name that is taken. */
  const edit = (id: string, value: JsonValue | null) => {
    const isTaken = account.ids().some((other) => other !== id && account.get(other)?.['name'] === value?.['name']);
    if (isTaken) return;
    lastUpdate = null;
    account.set(id, value);
  };
  return {
    players,
    requests: network.requests,
    services,
    counts,
    arrive: (request, { lagMs = 0 } = {}) => network.arrive(request, answerTo(request, lagMs)),
    deliver: (request) => {
      if (request === lastUpdate) isConfirmed = request.answer?.status === 200;
      network.deliver(request);
    },
    cut: network.cut,
    begin: (player) => {
      const { writer } = player;
      player.isBusy = true;
      player.seen = { folders: new Set(), states: [] };
      note();
      void writer.pass().then((report) => {
        if (player.writer === writer) end(player, report);
        return null;
      });
    },
    kill: (player) => {
      network.silence(player.writer.name);
      player.writer = startOf(`${player.writer.name}'`, () => player.folder);
      player.isBusy = false;
      player.passesLeft = Math.max(1, player.passesLeft);
    },
    happen: (event) => {
      if (event.kind === 'edit') return edit(event.id, event.value);
      for (const player of players) if (event.at.includes(player.name)) player.folder = event.files;
    },
    note,
  };
}

/** Names a request for a person. */
export function describe({ writer, method, number }: HeldRequest): string {
  return `${method} #${number} of ${writer}`;
}
