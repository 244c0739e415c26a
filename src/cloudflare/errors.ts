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

/** Where somebody set the account, by the names of variables; null where nobody did. */
export type Origin = { readonly credential: string; readonly baseUrl: string | null };

/** What a person can do about a failure, to stand behind its message; nothing where waiting is all. */
export function adviceFor(kind: FailureKind, status: number, origin?: Origin): string {
  if (status < 300 && kind === 'transient') return '; if that goes on, check CLOUDFLARE_BASE_URL';
  if (kind !== 'denied') return '';
  if (status >= 300 && status < 400) return '; redirects are not followed: check CLOUDFLARE_BASE_URL';
  if (status === 404) return '; check CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_BASE_URL';
  const where = origin === undefined ? '' : ` in ${origin.credential}`;
  return `; check the credential${where}: updates need the permission Connectivity Directory Admin, a plan needs Read`;
}

/** The like for a connection that did not come about, by the code of the system or of TLS. */
export function adviceForConnection(code: string, origin?: Origin): string {
  if (origin === undefined || !UNREACHABLE.test(code)) return '';
  return `; check ${origin.baseUrl ?? 'the network of this machine'}`;
}

const UNREACHABLE =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|E(?:HOST|NET)UNREACH|ETIMEDOUT|EPROTO|UND_ERR_CONNECT_TIMEOUT|ERR_(?:TLS|SSL)_\w+)$|CERT|SIGNATURE/;
