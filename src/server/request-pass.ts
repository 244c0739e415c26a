import { createHash, timingSafeEqual } from 'node:crypto';
import { cachedByIdentity } from '../core/base/identity-cache.ts';
import type { Report } from '../core/report/report.ts';
import { errorResponse, jsonResponse } from './http-response.ts';
import type { HttpResponse } from './http-response.ts';
import type { RouteRequest } from './route.ts';

export type RequestPassOptions = {
  /** Requests a pass and returns its report; null, at once or later, when no pass will start because the process is shutting down. */
  readonly requestPass: () => Promise<Report | null> | null;
  /** Returns the token that callers must send, or null while the token file holds none. Null if requesting a pass is turned off. */
  readonly reconcileToken: (() => Promise<string | null>) | null;
};

/** Handles `POST /api/reconcile`: checks the token, requests a pass, and with `?wait=true` responds with its report. */
export async function requestPass(
  { query, headers }: RouteRequest,
  options: RequestPassOptions,
): Promise<HttpResponse> {
  const refusal = await checkToken(headers.authorization ?? '', options.reconcileToken);
  if (refusal !== null) return refusal;
  const wait = query.get('wait') ?? 'false';
  if (!/^(true|false|)$/.test(wait)) return errorResponse(400, 'wait: expected "true" or "false"');
  const pendingReport = options.requestPass();
  if (wait === 'false' && pendingReport !== null) return jsonResponse(202, { accepted: true });
  const report = await pendingReport;
  return report === null
    ? errorResponse(503, 'no pass will start: the process is shutting down')
    : reportResponse(report);
}

/** Callers that waited for the same pass get the same response. */
const reportResponse = cachedByIdentity((report: Report) => jsonResponse(200, report));

/** Returns the response to a caller who may not request a pass, or null when the token is right. */
async function checkToken(
  authorization: string,
  reconcileToken: RequestPassOptions['reconcileToken'],
): Promise<HttpResponse | null> {
  if (reconcileToken === null) {
    return errorResponse(
      403,
      'requesting a pass is turned off; set reconcile_token or reconcile_token_file to turn it on',
    );
  }
  const expected = await reconcileToken();
  if (expected === null) {
    return errorResponse(503, 'reconcile_token_file holds no token; passes cannot be requested until it does');
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
