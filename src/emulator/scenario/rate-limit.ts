import type { Rate } from '../../core/base/rate.ts';

/** The state of the limit when a request arrives. */
export type LimitState = {
  /** `crossed`: this request exceeds the limit. `blocked`: an earlier request did, and all are rejected for a while. */
  readonly state: 'within' | 'crossed' | 'blocked';
  /** How many more requests are allowed now. */
  readonly remaining: number;
  /** Milliseconds until one more request is allowed than now. */
  readonly freeInMs: number;
};

export type Limit = { readonly arrive: (atMs: number) => LimitState };

/**
 * Allows a number of requests in any window of time. One more blocks all requests for `blockMs`, as the real API does for five minutes:
 * https://developers.cloudflare.com/fundamentals/api/reference/limits/
 * Rejected requests do not count, so a client that waits as long as it is asked to is allowed again.
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
