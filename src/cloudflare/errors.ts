import { formatDuration } from '../core/base/duration.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import type { Failure } from '../core/base/failure.ts';
import type { ResponseLimits } from './http/rate-limit-headers.ts';

/**
 * The longest wait within a pass: twice as long as the API blocks a client that exceeded its limit. When the API asks for more, the
 * call fails. https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
export const MAX_WAIT_IN_PASS_MS = 10 * 60_000;

/** A request that did not succeed. `limits` comes from the headers of its response; null when there was no response. */
export class ApiError extends FailureError {
  readonly limits: ResponseLimits | null;

  constructor(reason: Failure, limits: ResponseLimits | null) {
    super(reason);
    this.limits = limits;
  }
}

/** The API asked the client to wait longer than `MAX_WAIT_IN_PASS_MS`, so the request was not sent. Not retried in the same pass. */
export class WaitTooLongError extends FailureError {
  constructor(ms: number) {
    const limit = formatDuration(MAX_WAIT_IN_PASS_MS);
    super(
      failure('transient', `the API asked the client to wait ${formatDuration(ms)}; a pass waits at most ${limit}`),
    );
  }
}
