import { parseDuration } from './duration.ts';

/** At most `requests` in any period of `ms`. `text` is how the setting writes it, such as `1100/5m`. */
export type Rate = { readonly requests: number; readonly ms: number; readonly text: string };

/** Reads a rate such as `1100/5m`: a whole number from 1 and a duration above zero. Returns null for any other text. */
export function parseRate(text: string): Rate | null {
  const [, digits, duration] = /^\s*(\d{1,9})\s*\/\s*(\S+)\s*$/.exec(text) ?? [];
  const requests = Number(digits);
  const ms = parseDuration(duration ?? '');
  return requests >= 1 && ms !== null && ms > 0 ? { requests, ms, text: `${requests}/${duration}` } : null;
}
