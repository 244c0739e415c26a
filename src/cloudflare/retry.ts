import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { FailureError } from '../core/outcome.ts';
import type { FailureKind } from '../core/outcome.ts';
import { ApiError } from './errors.ts';

export type RetryOptions = {
  /** Requests for one call at the most, the first among them. */
  readonly attempts: number;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Told of every wait; `throttled` when it was the API that asked for it. */
  readonly onWait: (wait: { readonly ms: number; readonly throttled: boolean }) => void;
};

/** Codes by which the API refuses a credential, whatever the status: malformed, unknown, expired or not permitted. */
const CREDENTIAL_CODES = new Set([6003, 6111, 9103, 9106, 9109, 10_000]);

/** "No such service", the one 404 that is about the service and not about the account or the address. */
const NO_SUCH_SERVICE = 5104;

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

/**
 * What an answer that is no success means: which statuses are tried again, which end the pass, and which concern one service.
 * `code` is the first code of the envelope; null where there is none.
 *
 *   408, 429, 5xx                         transient
 *   2xx without a usable answer           transient, as for a proxy's half-written page
 *   2xx with success: false               by its code
 *   401, 403, a credential's code         denied
 *   404 (but 5104), a redirect            denied: wrong account or base URL
 *   every other status                    rejected
 */
export function failureKindOf(status: number, code: number | null): FailureKind {
  if (code !== null && CREDENTIAL_CODES.has(code)) return 'denied';
  if (status === 408 || status === 429 || status >= 500) return 'transient';
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return code === NO_SUCH_SERVICE ? 'rejected' : 'denied';
  if (status >= 300 && status < 400) return 'denied';
  if (status >= 400) return 'rejected';
  // The directory's own codes are about the request; any other is a fault behind the edge.
  return code !== null && code >= 5100 && code < 5200 ? 'rejected' : 'transient';
}

function isWorthATry(error: unknown): boolean {
  return error instanceof FailureError && error.failure.kind === 'transient' && askedFor(error) <= LONGEST_ASKED_MS;
}

function askedFor(error: unknown): number {
  return error instanceof ApiError ? error.retryAfterMs : 0;
}
