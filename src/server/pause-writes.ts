import { parseDuration } from '../core/base/duration.ts';
import { MOMENT, parseMoment } from '../core/service/moment.ts';
import type { Suspension } from '../core/report/suspension.ts';
import { errorResponse, jsonResponse } from './http-response.ts';
import type { HttpResponse } from './http-response.ts';
import { checkToken } from './reconcile-token.ts';
import type { ReconcileToken } from './reconcile-token.ts';
import type { RouteRequest } from './route.ts';

export type PauseWritesOptions = {
  /** Pauses all writes until a time in milliseconds of Unix time, or until they are resumed if it is null. */
  readonly pause: (options: { readonly until: number | null; readonly reason: string | null }) => Suspension;
  readonly resume: () => void;
  /** Returns Unix time in milliseconds. */
  readonly now: () => number;
  readonly reconcileToken: ReconcileToken;
};

const MAX_REASON_LENGTH = 200;

/** Handles `POST /api/pause`: with `?for=2h` or `?until=2027-01-31T06:00:00Z` the pause ends by itself. `reason` says why. */
export async function pauseWrites(
  { query, headers }: RouteRequest,
  options: PauseWritesOptions,
): Promise<HttpResponse> {
  const refusal = await checkToken(headers, options.reconcileToken);
  if (refusal !== null) return refusal;
  const until = endOf(query, options.now());
  if (typeof until === 'string') return errorResponse(400, until);
  const reason = query.get('reason') ?? '';
  if (reason.length > MAX_REASON_LENGTH) {
    return errorResponse(400, `reason: expected at most ${MAX_REASON_LENGTH} characters, found ${reason.length}`);
  }
  return jsonResponse(200, { paused: options.pause({ until, reason: reason === '' ? null : reason }) });
}

/** Handles `POST /api/resume`. Resuming twice is no mistake. */
export async function resumeWrites(
  { headers }: RouteRequest,
  { resume, reconcileToken }: PauseWritesOptions,
): Promise<HttpResponse> {
  const refusal = await checkToken(headers, reconcileToken);
  if (refusal !== null) return refusal;
  resume();
  return jsonResponse(200, { paused: null });
}

/** Returns when a pause ends; null if it has no end, and a text if the request is wrong. */
function endOf(query: URLSearchParams, now: number): number | null | string {
  const [duration, moment] = [query.get('for'), query.get('until')];
  if (duration !== null && moment !== null) return 'expected for or until, found both';
  if (duration !== null) {
    const ms = parseDuration(duration);
    return ms === null || ms === 0
      ? `for: expected a duration such as 30m or 2h, found ${JSON.stringify(duration)}`
      : now + ms;
  }
  if (moment === null) return null;
  const at = parseMoment(moment);
  if (at === null) return `until: expected ${MOMENT}, found ${JSON.stringify(moment)}`;
  return at > now ? at : `until: expected a time in the future, found ${JSON.stringify(moment)}`;
}
