import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { abortReason } from '../core/base/abort.ts';
import { FailureError, toFailure } from '../core/base/failure.ts';
import { ApiError, MAX_WAIT_IN_PASS_MS, WaitTooLongError } from './errors.ts';

export type RetryOptions = {
  /** At most this many attempts, including the first. */
  readonly attempts: number;
  /** Returns a number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** When aborted, no attempt starts, not even the first. An attempt in flight is completed. */
  readonly stop: AbortSignal;
  /** Whether a failed attempt may succeed later in the same pass; by default, every transient failure. */
  readonly isRetryable?: ((error: Error) => boolean) | undefined;
};

const FIRST_RETRY_DELAY_MS = 500;
const MAX_RETRY_DELAY_MS = 15_000;

/**
 * Calls `attempt` until it succeeds, fails for good, or has been called `attempts` times. `Retry-After` is not handled here: it concerns
 * every request, so the request budget waits for it.
 */
export async function withRetries<Result>(
  attempt: () => Promise<Result>,
  { attempts, random, stop, isRetryable = mayPass }: RetryOptions,
): Promise<Result> {
  if (stop.aborted) throw abortReason(stop);
  return pRetry(attempt, {
    retries: attempts - 1,
    minTimeout: 0, // The delay is added below, because p-retry has no full jitter.
    // p-retry's own `signal` would replace the failure of the last attempt with the reason of the abort.
    onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
      if (retriesLeft === 0 || stop.aborted || !isRetryable(error)) throw error;
      const maxDelayMs = Math.min(MAX_RETRY_DELAY_MS, FIRST_RETRY_DELAY_MS * 2 ** (attemptNumber - 1));
      await delay(Math.round(random() * maxDelayMs), stop, error);
    },
  });
}

/** Whether an attempt may succeed later in the same pass; which failures are transient is listed in `failure-kind.ts`. */
export function mayPass(error: Error): boolean {
  if (!(error instanceof FailureError) || error.failure.kind !== 'transient') return false;
  if (error instanceof WaitTooLongError) return false;
  return !(error instanceof ApiError && error.limits !== null && error.limits.retryAfterMs > MAX_WAIT_IN_PASS_MS);
}

/** Waits before a retry. When aborted, throws the reason together with the last failure, which explains what the wait was for. */
async function delay(ms: number, stop: AbortSignal, last: Error): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: stop });
  } catch (cause) {
    const reason = abortReason(stop);
    const kind = reason instanceof FailureError ? reason.failure.kind : 'interrupted';
    const message = `${reason.message}; the last attempt: ${last.message}`;
    throw new FailureError({ ...toFailure(last), kind, message }, { cause });
  }
}
