import type { BudgetWindow } from '../base/api-usage.ts';
import { formatDuration } from '../base/duration.ts';
import type { PassOutcome, Trigger } from './pass.ts';
import type { Suspension } from './suspension.ts';
import { nextPassAt } from './vitals.ts';
import type { Vitals, WatchMode } from './vitals.ts';

/** The settings that decide whether a daemon is healthy and ready, in milliseconds. */
export type HealthLimits = { readonly passTimeoutMs: number; readonly freshForMs: number; readonly rescanMs: number };

/** A pass that is this late is stuck. A busy machine can explain a shorter delay. */
const STUCK_AFTER_MS = 30_000;

/**
 * Returns why a restart would help: the loop of the daemon is stuck. Returns null otherwise, even if the API or the folder fails,
 * because a new process would fail as well.
 */
export function findStuckReason(
  { pass, timerAt, requestedSince }: Vitals,
  { passTimeoutMs }: HealthLimits,
  now: number,
): string | null {
  if (pass !== null) {
    const ms = now - pass.since;
    if (ms <= passTimeoutMs + STUCK_AFTER_MS) return null;
    return `the pass has been running for ${formatDuration(ms)}, although pass_timeout is ${formatDuration(passTimeoutMs)}`;
  }
  const dueAt = Math.min(requestedSince ?? Infinity, timerAt ?? Infinity);
  if (now - dueAt <= STUCK_AFTER_MS) return null;
  return `a pass has been due for ${formatDuration(now - dueAt)} and has not begun`;
}

/**
 * Returns why the state of this daemon may be out of date: there was no good pass yet, or for `freshForMs` passes have failed, have
 * not ended, or the folder has not been checked. Returns null otherwise.
 */
export function findNotReadyReason(vitals: Vitals, { freshForMs, rescanMs }: HealthLimits, now: number): string | null {
  const { lastGoodPass, lastPass, lastRead, dueSince, pass, watcher } = vitals;
  if (vitals.stopping) return 'shutting down';
  const error = lastPass?.error ?? null;
  if (lastGoodPass === null) {
    return `no pass has read the folder and listed the account yet${error === null ? '' : `: ${error}`}`;
  }
  if (dueSince !== null && now - dueSince >= freshForMs) {
    const duration = formatDuration(now - dueSince);
    if (error !== null) return `passes have been failing for ${duration}: ${error}`;
    return `a pass has been due for ${duration} and ${pass === null ? 'has not begun' : 'is still running'}`;
  }
  const lastCheckAt = Math.max(watcher.checkedAt ?? 0, lastRead ?? 0);
  if (now - lastCheckAt < freshForMs + rescanMs) return null;
  return `the folder has not been checked for ${formatDuration(now - lastCheckAt)}`;
}

/** A time, and how long ago it was. */
export type Moment = { readonly at: string; readonly age_seconds: number };

/** The response of `/healthz` and `/readyz`, and the part of the status page that describes the daemon. Field names are for JSON. */
export type Health = {
  readonly healthy: boolean;
  readonly ready: boolean;
  /** Why the daemon is not healthy, or else not ready; null if it is both. */
  readonly reason: string | null;
  readonly version: string;
  readonly started: Moment;
  readonly last_read: Moment | null;
  readonly last_list: Moment | null;
  readonly last_good_pass: Moment | null;
  readonly last_pass: (Moment & { readonly outcome: PassOutcome; readonly error: string | null }) | null;
  readonly pass: (Moment & { readonly trigger: Trigger }) | null;
  readonly next_pass: { readonly at: string; readonly in_seconds: number } | null;
  /** While all writes are paused: since when, until when, and why. */
  readonly paused: Suspension | null;
  /** How many requests may start now in each window of the request budget. */
  readonly request_budget: readonly {
    readonly limit: number;
    readonly window_seconds: number;
    readonly left: number;
  }[];
  readonly internal_errors: number;
  readonly watcher: {
    readonly by: WatchMode;
    readonly reason: string | null;
    readonly last_check: Moment | null;
    readonly missed_changes: number;
  };
};

/** The current state. `elapsedMs` is the time on the clock of the vitals, and `timeOf` converts a time on that clock to RFC 3339. */
export type CurrentState = {
  readonly elapsedMs: number;
  readonly timeOf: (elapsedMs: number) => string;
  readonly budget: readonly BudgetWindow[];
};

/** Decides whether a daemon is healthy and ready, and describes its state. */
export function toHealth(vitals: Vitals, limits: HealthLimits, version: string, now: CurrentState): Health {
  const stuck = findStuckReason(vitals, limits, now.elapsedMs);
  const notReady = findNotReadyReason(vitals, limits, now.elapsedMs);
  const moment = (at: number): Moment => ({ at: now.timeOf(at), age_seconds: toSeconds(now.elapsedMs - at) });
  const momentOrNull = (at: number | null) => (at === null ? null : moment(at));
  const { lastPass, pass, watcher } = vitals;
  const nextAt = nextPassAt(vitals);
  return {
    healthy: stuck === null,
    ready: stuck === null && notReady === null,
    reason: stuck ?? notReady,
    version,
    started: moment(vitals.startedAt),
    last_read: momentOrNull(vitals.lastRead),
    last_list: momentOrNull(vitals.lastList),
    last_good_pass: momentOrNull(vitals.lastGoodPass),
    last_pass: lastPass && { ...moment(lastPass.at), outcome: lastPass.outcome, error: lastPass.error },
    pass: pass && { ...moment(pass.since), trigger: pass.trigger },
    next_pass: nextAt === null ? null : { at: now.timeOf(nextAt), in_seconds: toSeconds(nextAt - now.elapsedMs) },
    paused: vitals.paused,
    request_budget: now.budget.map(({ limit, ms, left }) => ({ limit, window_seconds: toSeconds(ms), left })),
    internal_errors: vitals.internalErrors,
    watcher: {
      by: watcher.by,
      reason: watcher.reason,
      last_check: momentOrNull(watcher.checkedAt),
      missed_changes: watcher.missedChanges,
    },
  };
}

/** Rounds to milliseconds. */
function toSeconds(ms: number): number {
  return Math.round(ms) / 1000;
}
