import type { Settings } from '../../../src/config/settings.ts';
import type { SentRequest } from '../world/api.ts';
import type { Answered } from '../world/network.ts';
import type { Break } from './violation.ts';

/** A response holds requests back for at most this long. */
const MAX_HOLD_MS = 60 * 60_000;
/** After a 429 without `Retry-After`, the program waits at least this long. */
const MIN_BACK_OFF_MS = 500;
/** Requests are remembered for this much longer than the longest window, because a request counts until one window after its end. */
const KEPT_MS = 5 * 60_000;

/** Checks when and how many requests are sent. The program knows nothing of the time before its start, so that each run is on its own. */
export function trafficRules({
  settings,
  now,
  hungSince,
  broken,
}: {
  readonly settings: Settings;
  readonly now: () => number;
  /** How long the process hung since a moment. */
  readonly hungSince: (at: number) => number;
  readonly broken: Break;
}) {
  let sent: number[] = [];
  const inFlight = new Set<SentRequest>();
  let silentUntil = 0;
  /** The last 429, until a request that was sent after it succeeds. */
  let refusedAt: number | null = null;
  let isStopping = false;
  const longest = Math.max(...settings.request_budget.map(({ ms }) => ms));
  return {
    onSend: (request: SentRequest) => {
      const at = now();
      if (isStopping) broken('stop', 'a request after the program was told to stop');
      for (const { requests, ms, text } of settings.request_budget) {
        const before = sent.filter((each) => each > at - ms).length;
        if (before >= requests) broken('budget', `${before + 1} requests within ${text}`);
      }
      if (at < silentUntil - 1) broken('silence', `a request ${Math.round(silentUntil - at)} ms too early`);
      if (refusedAt !== null && inFlight.size > 0) broken('one at a time', 'a second request in flight after a 429');
      sent = [...sent.filter((each) => each > at - longest - KEPT_MS), at];
      inFlight.add(request);
      if (inFlight.size > settings.concurrency) broken('concurrency', `${inFlight.size} requests in flight`);
    },
    onEnd: (request: SentRequest, answer: Answered | null) => {
      inFlight.delete(request);
      const tookMs = now() - request.at;
      if (tookMs > settings.request_timeout + hungSince(request.at) + 100)
        broken('request_timeout', `a request took ${Math.round(tookMs)} ms`);
      if (answer === null) return;
      const { status, headers } = answer;
      if (status === 429) refusedAt = now();
      if (status < 400 && refusedAt !== null && request.at > refusedAt) refusedAt = null;
      if (status !== 408 && status !== 429 && status < 500) return;
      const asked = retryAfterMs(headers);
      const ms = asked === 0 && status === 429 ? MIN_BACK_OFF_MS : Math.min(MAX_HOLD_MS, asked);
      silentUntil = Math.max(silentUntil, now() + ms);
    },
    onStop: () => {
      isStopping = true;
    },
    /** A new process has begun. */
    reset: () => {
      sent = [];
      inFlight.clear();
      silentUntil = 0;
      refusedAt = null;
      isStopping = false;
    },
    /** Whether a write that starts now may have waited for the budget or the API at some time since then. */
    mayHaveWaitedSince: (since: number) =>
      silentUntil > since ||
      refusedAt !== null ||
      settings.request_budget.some(
        ({ requests, ms }) => sent.filter((at) => at > since - ms - settings.request_timeout).length > requests,
      ),
    silentMs: () => Math.max(0, silentUntil - now()),
  };
}

function retryAfterMs(headers: Answered['headers']): number {
  const text = headers['retry-after'] ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!text.endsWith('GMT')) return 0;
  return Math.max(0, Date.parse(text) - Date.parse(headers['date'] ?? ''));
}
