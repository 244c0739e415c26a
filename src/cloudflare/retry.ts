import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { FailureError } from '../core/outcome.ts';
import { ApiError } from './http.ts';

export type RetryOptions = {
  /** Requests for one call at the most, the first among them. */
  readonly attempts: number;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Told of every wait; `throttled` when it was the API that asked for it. */
  readonly onWait: (wait: { readonly ms: number; readonly throttled: boolean }) => void;
};

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Twice as long as the API blocks who crossed its limit. A server that asks for more is not waited for: the call fails.
 * https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
const LONGEST_ASKED_MS = 10 * 60_000;

/** Calls until it works, is refused for good, or the attempts are used up. The number of the attempt, from 1, goes in. */
export async function withRetries<Result>(
  call: (attempt: number) => Promise<Result>,
  { attempts, random, signal, onWait }: RetryOptions,
): Promise<Result> {
  const failed: Error[] = [];
  try {
    return await pRetry(call, {
      retries: attempts - 1,
      minTimeout: 0, // The waits are ours, below: full jitter, and what the API asks for.
      signal,
      shouldRetry: ({ error }) => isWorthATry(error),
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        if (!isWorthATry(error) || retriesLeft === 0) return;
        failed.push(error);
        const asked = askedFor(error);
        const backOff = random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attemptNumber - 1));
        const ms = Math.round(asked + backOff);
        onWait({ ms, throttled: asked > 0 });
        await sleep(ms, undefined, { signal });
      },
    });
  } catch (error) {
    // Waiting and calling end with errors of their own when the pass is over; its reason says more.
    if (!signal.aborted || !(signal.reason instanceof FailureError)) throw error;
    const { failure: reason } = signal.reason;
    // Out of time: what it was spent on is worth knowing. Told to stop: nothing else matters.
    const last = failed.at(-1);
    if (last === undefined || reason.kind !== 'transient') throw signal.reason;
    throw new FailureError({ ...reason, message: `${reason.message}; the last try: ${last.message}` });
  }
}

function isWorthATry(error: unknown): boolean {
  return error instanceof FailureError && error.failure.kind === 'transient' && askedFor(error) <= LONGEST_ASKED_MS;
}

function askedFor(error: unknown): number {
  return error instanceof ApiError ? error.retryAfterMs : 0;
}
