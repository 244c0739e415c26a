import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as z from 'zod';
import type { JsonObject } from '../../src/core/base/json.ts';

/** The services of an account, and how it behaves. */
export type AccountOptions = {
  readonly services: readonly (JsonObject & { readonly service_id: string })[];
  readonly tunnels: readonly string[];
  readonly latencyMs: number;
  /** `200/1s`: a request over this limit, and every request after it, is answered with 429. */
  readonly limit?: string;
};

/** A request as the API received it. `atMs` is on the clock of `monotonicMs`. */
export type Arrived = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly atMs: number;
};

/** An emulated account in another process, so that its work is not measured. */
export type LiveAccount = {
  readonly url: string;
  readonly accountId: string;
  readonly token: string;
  /** Returns the requests since the previous call. */
  readonly take: () => Promise<readonly Arrived[]>;
  /** Waits for a number of requests of a method since the last `take`, and returns when the last of them arrived. */
  readonly arrival: (method: string, count: number) => Promise<number>;
  /** Restores all services to their initial state, and discards the recorded requests. */
  readonly restore: () => Promise<void>;
};

export type Accounts = {
  readonly open: (options: AccountOptions) => Promise<LiveAccount>;
  readonly close: () => Promise<void>;
};

const url = z.string();

/** A message to the process of the accounts. */
export const callSchema = z.discriminatedUnion('name', [
  z.object({ id: z.number(), name: z.literal('open'), options: z.custom<AccountOptions>() }),
  z.object({ id: z.number(), name: z.literal('take'), url }),
  z.object({ id: z.number(), name: z.literal('restore'), url }),
  z.object({ id: z.number(), name: z.literal('arrival'), url, method: z.string(), count: z.number() }),
]);
export type Call = z.infer<typeof callSchema>;

/** The reply: a value or an error. */
const replySchema = z.object({ id: z.number(), value: z.unknown().optional(), error: z.string().optional() });
export type Reply = z.input<typeof replySchema>;

const openedSchema = z.object({ url, accountId: z.string(), token: z.string() });
const arrivedSchema = z.array(z.object({ method: z.string(), path: z.string(), status: z.number(), atMs: z.number() }));

type Unnumbered<Each> = Each extends unknown ? Omit<Each, 'id'> : never;

/** Starts the process of the accounts. */
export function openAccounts(): Accounts {
  const child = fork(new URL('account-process.ts', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;
  child.on('message', (reply) => {
    const { id, value, error } = replySchema.parse(reply);
    if (error === undefined) waiting.get(id)?.resolve(value);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  const gone = once(child, 'exit');
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the process of the emulator has ended'));
  });
  const call = async <Result>(what: Unnumbered<Call>, result: z.ZodType<Result>): Promise<Result> => {
    const answer = Promise.withResolvers<unknown>();
    calls += 1;
    waiting.set(calls, answer);
    child.send({ id: calls, ...what });
    return result.parse(await answer.promise);
  };

  return {
    open: async (options) => {
      const account = await call({ name: 'open', options }, openedSchema);
      const at = { url: account.url };
      return {
        ...account,
        take: async () => call({ name: 'take', ...at }, arrivedSchema),
        arrival: async (method, count) => call({ name: 'arrival', ...at, method, count }, z.number()),
        restore: async () => void (await call({ name: 'restore', ...at }, z.null())),
      };
    },
    close: async () => {
      child.disconnect();
      await gone;
    },
  };
}

/** Milliseconds of a monotonic clock that all processes of a machine share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
