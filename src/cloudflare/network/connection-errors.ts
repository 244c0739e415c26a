import { getSystemErrorMap } from 'node:util';
import { systemErrorCode } from '../../core/base/errno.ts';

/**
 * Describes why there was no response, with the error code for a search. Leaves out the address, which the caller puts first; when a
 * host name has several addresses, they usually fail for the same reason.
 */
export function describeConnectionError(error: unknown): string {
  // undici hides the errors of the single addresses when one of them was a timeout.
  const cause = error instanceof Error && error.cause instanceof AggregateError ? error.cause : error;
  const errors: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
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
  ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'the server does not offer HTTP/1.1'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate is not valid for this host'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'the certificate is signed by an authority that this machine does not trust'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'the certificate is signed by an authority that this machine does not trust'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'the certificate is signed by an authority that this machine does not trust'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate is signed by itself, which this machine does not trust'],
  ['CERT_HAS_EXPIRED', 'the certificate has expired'],
  ['CERT_NOT_YET_VALID', 'the certificate is not valid yet'],
]);

function systemDescription(error: Error): string | null {
  const [, description] = getSystemErrorMap().get('errno' in error ? Number(error.errno) : 0) ?? [];
  return description ?? null;
}

/** Returns OpenSSL's reason without the source positions in its message. */
function tlsDescription(error: Error): string | null {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : null;
}

/** The settings that the operator can check when there is no connection, by name. */
export type ConnectionChecks = {
  /** The variable that sets the address; null if the default applies. */
  readonly address: string | null;
  /** Whether a proxy is in use. */
  readonly hasProxy: boolean;
  readonly now: Date;
};

/** Returns what the operator can check when no connection was established; empty when there is nothing to check. */
export function adviceForConnection(code: string, { address, hasProxy, now }: ConnectionChecks): string {
  if (UNTRUSTED.test(code)) {
    return '; if it belongs to a proxy or firewall that inspects TLS, or to a private authority, add the certificate of that authority with ca_file or NODE_EXTRA_CA_CERTS';
  }
  if (WRONG_TIME.test(code)) {
    return `; check the clock of this machine, which says ${now.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  }
  if (!NO_CONNECTION.test(code)) return '';
  if (address !== null) return `; check ${address}`;
  const proxy = hasProxy ? '' : ', and set HTTPS_PROXY if it needs a proxy';
  return `; check the network connection of this machine${proxy}`;
}

const UNTRUSTED = /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+)$/;
const WRONG_TIME = /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/;
const NO_CONNECTION =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|E(?:HOST|NET)UNREACH|ETIMEDOUT|EPROTO|UND_ERR_CONNECT_TIMEOUT|ERR_(?:TLS|SSL)_.+)$|CERT|SIGNATURE/;
