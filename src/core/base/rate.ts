import { parseDuration } from './duration.ts';

/** So many requests in any stretch of so long. `text` is how it was written: `1100/5m`. */
export type Rate = { readonly requests: number; readonly ms: number; readonly text: string };

/** Reads `1100/5m`: a whole number from 1, and a duration above zero. Null where that does not hold. */
export function parseRate(text: string): Rate | null {
  const [, digits, duration] = /^\s*(\d{1,9})\s*\/\s*(\S+)\s*$/.exec(text) ?? [];
  const requests = Number(digits);
  const ms = parseDuration(duration ?? '');
  return requests >= 1 && ms !== null && ms > 0 ? { requests, ms, text: `${requests}/${duration}` } : null;
}
