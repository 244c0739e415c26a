/**
 * Why something did not work. A kind exists only if the program acts on it differently:
 *
 *   transient     may succeed when retried: connections, timeouts, 408, 429, 5xx, unusable responses
 *   rejected      the API refused this request: not sent again in this pass
 *   denied        every request of this credential or account is refused, by the API or by a proxy or firewall: ends the pass
 *   source        the folder cannot be read: ends the pass, and no request is sent until it can be
 *   mismatch      what a command asks for is not there, or a saved plan is stale: ends the pass before anything is written
 *   superseded    what a write was decided from has changed: not sent, and the next pass begins at once
 *   interrupted   the program is stopping
 *   internal      a bug in this program
 */
export const FAILURE_KINDS = [
  'transient',
  'rejected',
  'denied',
  'source',
  'mismatch',
  'superseded',
  'interrupted',
  'internal',
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** A failure, with the details from the API. Never contains a credential. */
export type Failure = {
  readonly kind: FailureKind;
  /** The HTTP status; null if there was no response. */
  readonly status: number | null;
  /** The error code of the API, such as 5101; null if there is none. */
  readonly code: number | null;
  readonly message: string;
  /** A JSON pointer to the field that the API refused. */
  readonly pointer: string | null;
  readonly documentation_url: string | null;
  /** The `CF-Ray` header, by which Cloudflare support can find the request. */
  readonly ray: string | null;
};

/** Returns a failure without details from the API. */
export function failure(kind: FailureKind, message: string): Failure {
  return { kind, status: null, code: null, message, pointer: null, documentation_url: null, ray: null };
}

/** An expected failure. The report shows it; any other error is a bug. */
export class FailureError extends Error {
  override readonly name = 'FailureError';
  readonly failure: Failure;
  /** How many requests were sent. 0 if it failed before the first one. */
  readonly attempts: number;

  constructor(failure: Failure, options: { readonly attempts?: number; readonly cause?: unknown } = {}) {
    super(failure.message, { cause: options.cause });
    this.failure = failure;
    this.attempts = options.attempts ?? 0;
  }
}

/** Returns the failure that an error carries. Any other error is a bug of this program, reported as `internal`. */
export function toFailure(error: unknown): Failure {
  return error instanceof FailureError ? error.failure : failure('internal', `internal error: ${String(error)}`);
}

/**
 * Whether an error can only be a bug of this program. While the program stops, other errors may be a consequence of that, and the reason of
 * the stop says more; a bug must be reported as what it is. Errors of the system and of Node have a code.
 */
export function isBug(error: unknown): boolean {
  const isMistake = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  return isMistake && !('code' in error);
}
