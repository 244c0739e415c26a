import type { FailureKind } from '../core/outcome.ts';

/** Codes by which the API refuses a credential, whatever the status: malformed, unknown, expired or not permitted. */
const CREDENTIAL_CODES = new Set([6003, 6111, 9103, 9106, 9109, 10_000]);

/** "No such service", the one 404 that is about the service and not about the account or the address. */
const NO_SUCH_SERVICE = 5104;

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

/** What a person can do about it, to stand behind the message; nothing where waiting is all. */
export function adviceFor(status: number, code: number | null): string {
  if (status < 300 && code === null) return '; if that goes on, check CLOUDFLARE_BASE_URL';
  if (status >= 300 && status < 400) return '; redirects are not followed: check CLOUDFLARE_BASE_URL';
  if (status === 404) return '; check CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_BASE_URL';
  if (status === 401 || status === 403 || (code !== null && CREDENTIAL_CODES.has(code))) {
    return '; check the credential: updates need the permission Connectivity Directory Admin, a plan needs Read';
  }
  return '';
}
