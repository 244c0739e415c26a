import { FailureError } from '../core/outcome.ts';
import type { Failure, FailureKind } from '../core/outcome.ts';

/** A request that did not succeed. `retryAfterMs` is what the API asked for; 0 where it did not. */
export class ApiError extends FailureError {
  readonly retryAfterMs: number;

  constructor(reason: Failure, options: { readonly retryAfterMs?: number; readonly cause?: unknown } = {}) {
    super(reason, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** What a person can do about a failure, to stand behind its message; nothing where waiting is all. */
export function adviceFor(kind: FailureKind, status: number): string {
  if (status < 300 && kind === 'transient') return '; if that goes on, check CLOUDFLARE_BASE_URL';
  if (kind !== 'denied') return '';
  if (status >= 300 && status < 400) return '; redirects are not followed: check CLOUDFLARE_BASE_URL';
  if (status === 404) return '; check CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_BASE_URL';
  return '; check the credential: updates need the permission Connectivity Directory Admin, a plan needs Read';
}
