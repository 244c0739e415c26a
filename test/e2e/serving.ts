import { expect } from 'vitest';
import type { Program } from './program.ts';

export type Fetched = { readonly status: number; readonly json: unknown };

/** An HTTP client of a running daemon. */
export type Served = {
  readonly url: string;
  readonly get: (path: string) => Promise<Fetched>;
  readonly text: (path: string) => Promise<string>;
  /** Requests the path until the response satisfies the condition, for at most 30 seconds. */
  readonly until: (path: string, isExpected: (response: Fetched) => boolean) => Promise<Fetched>;
};

/** Returns a client of the daemon, whose address is in its log. */
export async function servedBy(program: Program): Promise<Served> {
  const { url } = await program.logged({ event: 'serving' });
  const at = (path: string) => `${String(url)}${path}`;
  const text = async (path: string) => (await fetch(at(path), { signal: AbortSignal.timeout(5000) })).text();
  const get = async (path: string) => {
    const response = await fetch(at(path), { signal: AbortSignal.timeout(5000) });
    const json: unknown = await response.json();
    return { status: response.status, json };
  };
  const until: Served['until'] = async (path, isExpected) => {
    let last: Fetched = { status: 0, json: null };
    await expect
      .poll(
        async () => {
          last = await get(path);
          return isExpected(last) || last;
        },
        { timeout: 30_000, interval: 20 },
      )
      .toBe(true);
    return last;
  };
  return { url: String(url), get, text, until };
}
