import { spellDuration } from '../core/duration.ts';
import { failure, FailureError } from '../core/outcome.ts';
import type { Failure, FailureKind } from '../core/outcome.ts';
import type { Limits } from './limits.ts';

/** A request that did not succeed. `limits` is what its answer said of them; null where there was none. */
export class ApiError extends FailureError {
  readonly limits: Limits | null;

  constructor(reason: Failure, limits: Limits | null) {
    super(reason);
    this.limits = limits;
  }
}

/** The API wants to be left alone for longer than is waited for within a pass: not to be tried again in it. */
export class HeldError extends FailureError {
  constructor(ms: number) {
    const message = `the API asked to be left alone for ${spellDuration(ms)}: not waited for within a pass`;
    super(failure('transient', message));
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
