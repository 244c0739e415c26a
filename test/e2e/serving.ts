import { expect } from 'vitest';
import type { Program } from './program.ts';

export type Fetched = { readonly status: number; readonly json: unknown };

/** What a daemon serves, as any client sees it. */
export type Served = {
  readonly url: string;
  readonly get: (path: string) => Promise<Fetched>;
  readonly text: (path: string) => Promise<string>;
  /** Waits, though not for ever, until the answer is such. */
  readonly until: (path: string, holds: (answer: Fetched) => boolean) => Promise<Fetched>;
};

/** Finds what a daemon serves by what it logs. */
export async function servedBy(program: Program): Promise<Served> {
  const { url } = await program.logged({ event: 'serving' });
  const at = (path: string) => `${String(url)}${path}`;
  const text = async (path: string) => (await fetch(at(path), { signal: AbortSignal.timeout(5000) })).text();
  const get = async (path: string) => {
    const response = await fetch(at(path), { signal: AbortSignal.timeout(5000) });
    const json: unknown = await response.json();
    return { status: response.status, json };
  };
  const until: Served['until'] = async (path, holds) => {
    let last: Fetched = { status: 0, json: null };
    await expect
      .poll(
        async () => {
          last = await get(path);
          return holds(last) || last;
        },
        { timeout: 30_000, interval: 20 },
      )
      .toBe(true);
    return last;
  };
  return { url: String(url), get, text, until };
}
