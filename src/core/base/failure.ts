/**
 * Why something did not work. A kind exists only where the program acts on it differently:
 *
 *   transient     it may work when tried again: connections, timeouts, 408, 429, 5xx, an answer that is no answer
 *   rejected      this request will not work: not again in this pass
 *   denied        no request of this credential or account will work: the pass ends
 *   source        the folder cannot be read: the pass ends, and until it can be nobody is asked
 *   mismatch      what a command asks for is not what was found: the pass ends before anything is written
 *   interrupted   the program was told to stop
 *   internal      a bug of ours
 */
export type FailureKind = 'transient' | 'rejected' | 'denied' | 'source' | 'mismatch' | 'interrupted' | 'internal';

/** A failure in words, with what the API said about it. Never holds a credential. */
export type Failure = {
  readonly kind: FailureKind;
  /** HTTP status; null where no answer came. */
  readonly status: number | null;
  /** The API's own code, such as 5101. */
  readonly code: number | null;
  readonly message: string;
  /** JSON pointer to the field that the API complains of. */
  readonly pointer: string | null;
  readonly documentation_url: string | null;
  /** `CF-Ray`, by which Cloudflare's support finds the request. */
  readonly ray: string | null;
};

/** A failure about which there is nothing to say but words. */
export function failure(kind: FailureKind, message: string): Failure {
  return { kind, status: null, code: null, message, pointer: null, documentation_url: null, ray: null };
}

/** What a room throws when it cannot do what it was asked: expected, and shown in the report as it is. */
export class FailureError extends Error {
  override readonly name = 'FailureError';
  readonly failure: Failure;
  /** The requests that were made in vain. */
  readonly attempts: number;

  constructor(reason: Failure, options: { readonly attempts?: number; readonly cause?: unknown } = {}) {
    super(reason.message, { cause: options.cause });
    this.failure = reason;
    this.attempts = options.attempts ?? 0;
  }
}

/** Returns the failure that an error carries. Any other error is a bug of this program, reported as `internal`. */
export function toFailure(error: unknown): Failure {
  return error instanceof FailureError ? error.failure : failure('internal', `internal error: ${String(error)}`);
}
