/*
 * The emulated accounts of a benchmark, in a separate process: `openAccounts` calls it over the channel.
 */
import { parseRate } from '../../src/core/base/rate.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { callSchema, monotonicMs } from './accounts.ts';
import type { AccountOptions, Arrived, Call, Reply } from './accounts.ts';

type Held = {
  readonly emulator: Emulator;
  readonly options: AccountOptions;
  arrived: Arrived[];
  /** Called for every request. */
  readonly watchers: Set<() => void>;
};

const accounts = new Map<string, Held>();

process.on('message', (message) => {
  const call = callSchema.parse(message);
  carryOut(call)
    .then((value) => reply({ id: call.id, value }))
    .catch((error: unknown) => reply({ id: call.id, error: String(error) }));
});

process.on('disconnect', () => {
  void Promise.all([...accounts.values()].map(({ emulator }) => emulator.close()));
});

function reply(answer: Reply): void {
  process.send?.(answer);
}

async function carryOut(call: Call): Promise<unknown> {
  if (call.name === 'open') return open(call.options);
  const held = accounts.get(call.url);
  if (held === undefined) throw new Error(`no account at ${call.url}`);
  switch (call.name) {
    case 'take': {
      const { arrived } = held;
      held.arrived = [];
      return arrived;
    }
    case 'restore':
      for (const service of held.options.services) held.emulator.change(service.service_id, () => service);
      held.arrived = [];
      return null;
    case 'arrival':
      return arrival(held, call.method, call.count);
  }
}

async function open(options: AccountOptions) {
  const { services, tunnels, latencyMs, limit } = options;
  const held: Held = {
    options,
    arrived: [],
    watchers: new Set(),
    emulator: await startEmulator({
      services,
      tunnels,
      latencyMs,
      ...(limit === undefined ? {} : { scenario: { rate_limit: parseRate(limit) ?? never(limit) } }),
      onRequest: ({ method, path, status, durationMs }) => {
        held.arrived.push({ method, path, status, atMs: monotonicMs() - durationMs });
        for (const watcher of held.watchers) watcher();
      },
    }),
  };
  const { url, accountId, token } = held.emulator;
  accounts.set(url, held);
  return { url, accountId, token };
}

async function arrival(held: Held, method: string, count: number): Promise<number> {
  return new Promise((resolve) => {
    const look = () => {
      const last = held.arrived.filter((each) => each.method === method)[count - 1];
      if (last === undefined) return;
      held.watchers.delete(look);
      resolve(last.atMs);
    };
    held.watchers.add(look);
    look();
  });
}

function never(limit: string): never {
  throw new Error(`expected a rate, found ${limit}`);
}
