import { cachedByIdentity } from '../core/base/identity-cache.ts';
import type { Report } from '../core/report/report.ts';
import { errorResponse, jsonResponse } from './http-response.ts';
import type { HttpResponse } from './http-response.ts';
import { checkToken } from './reconcile-token.ts';
import type { ReconcileToken } from './reconcile-token.ts';
import type { RouteRequest } from './route.ts';

export type RequestPassOptions = {
  /** Requests a pass and returns its report; null, at once or later, when no pass will start because the process is shutting down. */
  readonly requestPass: () => Promise<Report | null> | null;
  readonly reconcileToken: ReconcileToken;
};

/** Handles `POST /api/reconcile`: checks the token, requests a pass, and with `?wait=true` responds with its report. */
export async function requestPass(
  { query, headers }: RouteRequest,
  options: RequestPassOptions,
): Promise<HttpResponse> {
  const refusal = await checkToken(headers, options.reconcileToken);
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
