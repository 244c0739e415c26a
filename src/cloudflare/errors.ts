import { getSystemErrorMap } from 'node:util';
import type { AccountVariables } from '../core/base/credentials.ts';
import { formatDuration } from '../core/base/duration.ts';
import { systemErrorCode } from '../core/base/errno.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import type { Failure, FailureKind } from '../core/base/failure.ts';
import type { Limits } from './rate-limit-headers.ts';

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
    const message = `the API asked to be left alone for ${formatDuration(ms)}: not waited for within a pass`;
    super(failure('transient', message));
  }
}

/** What a person can do about a failure, to stand behind its message; nothing where waiting is all. */
export function adviceFor(kind: FailureKind, status: number, origin?: AccountVariables): string {
  if (status < 300 && kind === 'transient') return '; if that goes on, check CLOUDFLARE_BASE_URL';
  if (kind !== 'denied') return '';
  if (status >= 300 && status < 400) return '; redirects are not followed: check CLOUDFLARE_BASE_URL';
  if (status === 404) return '; check CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_BASE_URL';
  const where = origin === undefined ? '' : ` in ${origin.credential}`;
  return `; check the credential${where}: updates need the permission Connectivity Directory Admin, a plan needs Read`;
}

/**
 * Why there was no answer, in words and with the code that one can look up. Without the address, which stands before it: the system and
 * undici name it again, and where a name has several of them the reason is the same for most.
 */
export function reasonOf(error: unknown): string {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return [...new Set(errors.map(wordsOf))].join(', ');
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = systemErrorCode(error);
  if (code === null) return error.message;
  const words = WORDS.get(code) ?? wordsOfSystem(error) ?? wordsOfTls(error) ?? error.message;
  return words.includes(code) ? words : `${words} (${code})`.trim();
}

/** Where the words that come with the error repeat the address, or are for those who wrote the library. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'the name of the host cannot be looked up for now'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection within the time for a request'],
  ['UND_ERR_SOCKET', 'the connection was closed'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'expected TLS, found something else'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate is for another host'],
]);

function wordsOfSystem(error: Error): string | null {
  const [, words] = getSystemErrorMap().get('errno' in error ? Number(error.errno) : 0) ?? [];
  return words ?? null;
}

/** OpenSSL's own, without the places in its source. */
function wordsOfTls(error: Error): string | null {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : null;
}

/** What a person can do about a connection that did not come about, by the code of the system or of TLS. */
export function adviceForConnection(code: string, origin?: AccountVariables): string {
  if (origin === undefined || !UNREACHABLE.test(code)) return '';
  return `; check ${origin.baseUrl ?? 'the network of this machine'}`;
}

const UNREACHABLE =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|E(?:HOST|NET)UNREACH|ETIMEDOUT|EPROTO|UND_ERR_CONNECT_TIMEOUT|ERR_(?:TLS|SSL)_.+)$|CERT|SIGNATURE/;
