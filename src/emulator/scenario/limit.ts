import type { Rate } from '../../core/base/rate.ts';

/** How a request stands with the limit when it arrives. */
export type Standing = {
  /** `crossed` is the request too many; `blocked` came while all are turned away for it. */
  readonly state: 'within' | 'crossed' | 'blocked';
  /** How many more are let in at once. */
  readonly remaining: number;
  /** In how many milliseconds one more is let in than now. */
  readonly freeInMs: number;
};

export type Limit = { readonly arrive: (atMs: number) => Standing };

/**
 * Lets in so many requests in any stretch of so long. One more blocks everything for `blockMs`, as the real API does for five minutes:
 * https://developers.cloudflare.com/fundamentals/api/reference/limits/
 * What is turned away does not count, so that who waits as long as told is let in, if nobody else was faster.
 */
export function slidingLimit({ requests, ms }: Rate, blockMs: number): Limit {
  let arrivals: readonly number[] = [];
  let blockedUntil = -Infinity;
  return {
    arrive: (atMs) => {
      if (atMs < blockedUntil) return { state: 'blocked', remaining: 0, freeInMs: blockedUntil - atMs };
      arrivals = arrivals.filter((each) => each > atMs - ms);
      const [oldest = atMs] = arrivals;
      if (arrivals.length < requests) {
        arrivals = [...arrivals, atMs];
        return { state: 'within', remaining: requests - arrivals.length, freeInMs: oldest + ms - atMs };
      }
      blockedUntil = atMs + blockMs;
      return { state: 'crossed', remaining: 0, freeInMs: Math.max(blockMs, oldest + ms - atMs) };
    },
  };
}
