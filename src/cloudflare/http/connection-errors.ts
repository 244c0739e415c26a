import { getSystemErrorMap } from 'node:util';
import type { AccountVariables } from '../../core/base/credentials.ts';
import { systemErrorCode } from '../../core/base/errno.ts';

/**
 * Describes why there was no response, with the error code for a search. Leaves out the address, which the caller puts first; when a
 * host name has several addresses, they usually fail for the same reason.
 */
export function describeConnectionError(error: unknown): string {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return [...new Set(errors.map(describeOne))].join(', ');
}

function describeOne(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = systemErrorCode(error);
  if (code === null) return error.message;
  const description = DESCRIPTIONS.get(code) ?? systemDescription(error) ?? tlsDescription(error) ?? error.message;
  return description.includes(code) ? description : `${description} (${code})`.trim();
}

/** For errors whose own message repeats the address or is written for the developers of a library. */
const DESCRIPTIONS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'host not found'],
  ['EAI_AGAIN', 'temporary failure in name resolution'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection within the request timeout'],
  ['UND_ERR_SOCKET', 'connection closed by the server'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'expected TLS, found another protocol'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate is not valid for this host'],
]);

function systemDescription(error: Error): string | null {
  const [, description] = getSystemErrorMap().get('errno' in error ? Number(error.errno) : 0) ?? [];
  return description ?? null;
}

/** Returns OpenSSL's reason without the source positions in its message. */
function tlsDescription(error: Error): string | null {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : null;
}

/** Returns what the operator can check when no connection was established; empty when there is nothing to check. */
export function adviceForConnection(code: string, origin?: AccountVariables): string {
  if (origin === undefined || !NO_CONNECTION.test(code)) return '';
  return `; check ${origin.baseUrl ?? 'the network connection of this machine'}`;
}

const NO_CONNECTION =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|E(?:HOST|NET)UNREACH|ETIMEDOUT|EPROTO|UND_ERR_CONNECT_TIMEOUT|ERR_(?:TLS|SSL)_.+)$|CERT|SIGNATURE/;
