import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { FailureError } from '../core/base/failure.ts';
import type { FailureKind } from '../core/base/failure.ts';
import { LONGEST_WAIT_MS as LONGEST_HELD_MS } from './budget.ts';
import { ApiError, HeldError } from './errors.ts';

export type RetryOptions = {
  /** Tries at the most, the first among them. */
  readonly attempts: number;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** Aborted: no try is begun any more; one that is under way is finished. */
  readonly stop: AbortSignal;
};

/** Codes by which the API refuses a credential, whatever the status: malformed, unknown, expired or not permitted. */
const CREDENTIAL_CODES = new Set([6003, 6111, 9103, 9106, 9109, 10_000]);

/** "No such service", the one 404 that is about the service and not about the account or the address. */
const NO_SUCH_SERVICE = 5104;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** Tries until it works, is refused for good, or the attempts are used up. `Retry-After` is the budget's: it concerns every request. */
export async function withRetries<Result>(
  call: () => Promise<Result>,
  { attempts, random, stop }: RetryOptions,
): Promise<Result> {
  const failed: FailureError[] = [];
  const isWorthATry = (error: Error): error is FailureError =>
    error instanceof FailureError && error.failure.kind === 'transient' && !stop.aborted && !asksForTooMuch(error);
  try {
    return await pRetry(call, {
      retries: attempts - 1,
      minTimeout: 0, // The waits are ours, below: p-retry has no full jitter.
      shouldRetry: ({ error }) => isWorthATry(error),
      onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
        if (!isWorthATry(error) || retriesLeft === 0) return;
        failed.push(error);
        const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attemptNumber - 1));
        await sleep(Math.round(random() * longest), undefined, { signal: stop });
      },
    });
  } catch (error) {
    const last = failed.at(-1);
    const reason: unknown = stop.reason;
    // The wait was cut short: why says more than that it was, and so does what the last try was answered.
    if (error instanceof FailureError || last === undefined || !(reason instanceof FailureError)) throw error;
    const message = `${reason.message}; the last try: ${last.message}`;
    throw new FailureError({ ...last.failure, kind: reason.failure.kind, message });
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

function asksForTooMuch(error: FailureError): boolean {
  if (error instanceof HeldError) return true;
  return error instanceof ApiError && (error.limits?.retryAfterMs ?? 0) > LONGEST_HELD_MS;
}
