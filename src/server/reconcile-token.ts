import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { errorResponse } from './http-response.ts';
import type { HttpResponse } from './http-response.ts';

/** Returns the token that callers must send, or null while the token file holds none. Null if no route accepts a token. */
export type ReconcileToken = (() => Promise<string | null>) | null;

/** Returns the response to a caller without the token, or null if the token is right. */
export async function checkToken(
  { authorization = '' }: IncomingHttpHeaders,
  reconcileToken: ReconcileToken,
): Promise<HttpResponse | null> {
  if (reconcileToken === null) {
    return errorResponse(
      403,
      'requests that need a token are turned off; set reconcile_token or reconcile_token_file to turn them on',
    );
  }
  const expected = await reconcileToken();
  if (expected === null) {
    return errorResponse(503, 'reconcile_token_file holds no token; requests that need one are refused until it does');
  }
  const [, token = ''] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
  if (isSameToken(token, expected)) return null;
  return {
    ...errorResponse(401, 'expected the header "Authorization: Bearer TOKEN" with the reconcile token'),
    headers: { 'www-authenticate': 'Bearer' },
  };
}

/** Whether the tokens are equal. Takes the same time for all tokens, so that it reveals nothing about the expected one. */
function isSameToken(token: string, expected: string): boolean {
  return timingSafeEqual(sha256(token), sha256(expected));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
