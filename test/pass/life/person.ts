import type { Json } from '../../../src/core/base/json.ts';
import type { Emulator } from '../../../src/emulator/emulator.ts';
import { bodyOf, LEGACY, pick } from './commits.ts';
import type { Commit, Draw } from './commits.ts';
import { ACTORS } from './judge.ts';
import type { Judge } from './judge.ts';

/** Someone who uses the dashboard while reconcilers are at work. */
export type Person = {
  /** Does something that the declarations contradict, at once or with a request. */
  readonly act: (commit: Commit) => void;
  /** Waits for the answers to all requests. */
  readonly rest: () => Promise<void>;
  /** The ids of services that have a name of this person, or none that is declared. */
  readonly acts: () => number;
};

type PersonOptions = { readonly emulator: Emulator; readonly judge: Judge; readonly draw: Draw };

/** An answer that takes longer counts as lost. */
const PATIENCE_MS = 300;

/** The start of the names that this person gives. */
export const BY_HAND = 'by-hand-';

export function openPerson({ emulator, judge, draw }: PersonOptions): Person {
  const running: Promise<unknown>[] = [];
  let acts = 0;
  const send = (method: string, path: string, body?: Json) => {
    const address = `${emulator.url}/accounts/${ACTORS.person}/connectivity/directory/services${path}`;
    const request = fetch(address, {
      method,
      headers: { authorization: `Bearer ${emulator.token}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // Faults strike these requests as well. Nobody repeats them.
    running.push(request.then(async (answer) => answer.text()).catch(() => {}));
  };
  return {
    act: ({ wanted, gone }) => {
      acts += 1;
      const live = emulator.services().filter(({ name }) => name !== LEGACY);
      const service = pick(live, draw);
      const id = textOf(service?.['service_id']);
      const names = new Set(live.map(({ name }) => name));
      const isById = [...wanted, ...gone].some((each) => each.id === id);
      const chance = draw();
      if (chance < 0.3) {
        judge.edit(() => emulator.change(id, (before) => ({ ...before, http_port: 4000 + acts })));
      } else if (chance < 0.5) {
        judge.edit(() => emulator.change(id, (before) => ({ ...before, name: `${BY_HAND}${acts}` })));
      } else if (chance < 0.75) {
        // A declaration by id cannot bring a deleted service back.
        if (!isById) send('DELETE', `/${id}`);
      } else {
        // A person who takes the name of a service that is being renamed makes a second one, or blocks the rename for good.
        const missing = wanted.filter((each) => each.id === null && each.renamedFrom === null && !names.has(each.name));
        const chosen = pick(missing, draw);
        if (chosen !== undefined) send('POST', '', bodyOf(draw() < 0.5 ? chosen : { ...chosen, port: 5000 }));
      }
    },
    rest: async () => {
      await Promise.all(running);
    },
    acts: () => acts,
  };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
