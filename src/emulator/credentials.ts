import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The rights of a request: none, read (Connectivity Directory Read), or write (Connectivity Directory Admin). */
export type Rights = 'none' | 'read' | 'write';

export type AcceptedCredentials = {
  readonly token: string;
  readonly readOnlyToken?: string | undefined;
  readonly email?: string | undefined;
  readonly key?: string | undefined;
};

/**
 * Returns the rights that the headers prove: either `Authorization: Bearer TOKEN`, or `X-Auth-Email` with `X-Auth-Key`:
 * https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/
 */
export function rightsOf(headers: IncomingHttpHeaders, accepted: AcceptedCredentials): Rights {
  if (headers.authorization !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(headers.authorization)?.[1];
    if (same(token, accepted.token)) return 'write';
    return same(token, accepted.readOnlyToken) ? 'read' : 'none';
  }
  const email = headers['x-auth-email'];
  const key = headers['x-auth-key'];
  return same(email, accepted.email) && same(key, accepted.key) ? 'write' : 'none';
}

/** Compares digests of equal length in constant time. */
function same(given: unknown, accepted: string | undefined): boolean {
  if (typeof given !== 'string' || accepted === undefined) return false;
  return timingSafeEqual(sha256(given), sha256(accepted));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
