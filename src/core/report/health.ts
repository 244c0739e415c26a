import { formatDuration } from '../base/duration.ts';
import type { PassOutcome, Report, Trigger } from './report.ts';

/** How changes of the folder are noticed: `starting` until the watch stands. */
export type WatchMode = 'starting' | 'events' | 'rescans';

/** What a daemon knows of itself. Times are in milliseconds of one clock that never jumps. */
export type Vitals = {
  readonly startedAt: number;
  /** It was told to stop. */
  readonly stopping: boolean;
  /** The pass under way. */
  readonly pass: { readonly trigger: Trigger; readonly since: number } | null;
  /** When a pass begins that nobody has to ask for: by the timer of the interval or the back-off, and by the schedule. */
  readonly timerAt: number | null;
  readonly scheduleAt: number | null;
  /** Since when a pass is asked for that has not begun; null where none is. */
  readonly requestedSince: number | null;
  /** Since when a good pass is due that has not come to its end; null where none is. */
  readonly dueSince: number | null;
  /** When each of these last went well: the folder was read, the account was listed, a pass was good. */
  readonly lastRead: number | null;
  readonly lastList: number | null;
  readonly lastGoodPass: number | null;
  readonly lastPass: { readonly at: number; readonly outcome: PassOutcome; readonly error: string | null } | null;
  readonly watcher: {
    readonly by: WatchMode;
    /** Why not by events. */
    readonly reason: string | null;
    /** When a look whether the folder has changed last came to an end, be it that nothing can be read there. */
    readonly lookedAt: number | null;
    /** Changes that only the safety re-scan found, for no event had announced them. */
    readonly missed: number;
  };
};

/** The settings by which a daemon is judged. */
export type HealthLimits = { readonly passTimeoutMs: number; readonly freshForMs: number; readonly rescanMs: number };

/** How much later than it must a loop may move that is alive: the machine may be busy. */
const STUCK_AFTER_MS = 30_000;

/**
 * Why a restart would help: null unless the loop itself is stuck. What the API or the folder do is no reason: another process would
 * fare no better.
 */
export function whyStuck(
  { pass, timerAt, requestedSince }: Vitals,
  { passTimeoutMs }: HealthLimits,
  now: number,
): string | null {
  if (pass !== null) {
    const ms = now - pass.since;
    if (ms <= passTimeoutMs + STUCK_AFTER_MS) return null;
    return `the pass has been under way for ${formatDuration(ms)}, and pass_timeout, ${formatDuration(passTimeoutMs)}, did not end it`;
  }
  // Between passes: one is due at once where somebody asked, and at the time of the timer.
  const dueAt = Math.min(requestedSince ?? Infinity, timerAt ?? Infinity);
  if (now - dueAt <= STUCK_AFTER_MS) return null;
  return `a pass has been due for ${formatDuration(now - dueAt)}, and has not begun`;
}

/**
 * Why what this daemon keeps is not to be relied on: null once a pass was good (the folder was read and the account listed; a partial
 * one is good), until passes have been failing, or staying away, or nobody could look at the folder, for `freshForMs`.
 */
export function whyNotReady(vitals: Vitals, { freshForMs, rescanMs }: HealthLimits, now: number): string | null {
  const { lastGoodPass, lastPass, lastRead, dueSince, pass, watcher } = vitals;
  if (vitals.stopping) return 'told to stop';
  const error = lastPass?.error ?? null;
  if (lastGoodPass === null) {
    return `no pass has read the folder and listed the account yet${error === null ? '' : `: ${error}`}`;
  }
  if (dueSince !== null && now - dueSince >= freshForMs) {
    const forLong = formatDuration(now - dueSince);
    if (error !== null) return `passes have been failing for ${forLong}: ${error}`;
    return `a pass has been due for ${forLong}, and ${pass === null ? 'has not begun' : 'is still under way'}`;
  }
  const seenAt = Math.max(watcher.lookedAt ?? 0, lastRead ?? 0);
  if (now - seenAt < freshForMs + rescanMs) return null;
  return `nobody has been able to look at the folder for ${formatDuration(now - seenAt)}`;
}

/** A time in the past, or to come, for people and for programs. */
export type Moment = { readonly at: string; readonly age_seconds: number };

/** What `/healthz` and `/readyz` answer, and what the status page shows of the daemon. Field names are for JSON. */
export type Health = {
  readonly healthy: boolean;
  readonly ready: boolean;
  /** Why not healthy, or else why not ready; null where all is well. */
  readonly reason: string | null;
  readonly version: string;
  readonly started: Moment;
  readonly last_read: Moment | null;
  readonly last_list: Moment | null;
  readonly last_good_pass: Moment | null;
  readonly last_pass: (Moment & { readonly outcome: PassOutcome; readonly error: string | null }) | null;
  readonly pass: (Moment & { readonly trigger: Trigger }) | null;
  readonly next_pass: { readonly at: string; readonly in_seconds: number } | null;
  readonly watcher: {
    readonly by: WatchMode;
    readonly reason: string | null;
    readonly last_look: Moment | null;
    readonly missed_changes: number;
  };
};

/** When it is on the clock of the vitals, and what time of the day that or another moment on it is, as RFC 3339 spells it. */
export type Now = { readonly elapsedMs: number; readonly timeOf: (elapsedMs: number) => string };

/** Judges a daemon, and tells how it is. */
export function healthOf(vitals: Vitals, patience: HealthLimits, version: string, now: Now): Health {
  const stuck = whyStuck(vitals, patience, now.elapsedMs);
  const unready = whyNotReady(vitals, patience, now.elapsedMs);
  const moment = (at: number): Moment => ({ at: now.timeOf(at), age_seconds: seconds(now.elapsedMs - at) });
  const momentOrNull = (at: number | null) => (at === null ? null : moment(at));
  const { lastPass, pass, watcher } = vitals;
  const nextAt = nextPassAt(vitals);
  return {
    healthy: stuck === null,
    ready: stuck === null && unready === null,
    reason: stuck ?? unready,
    version,
    started: moment(vitals.startedAt),
    last_read: momentOrNull(vitals.lastRead),
    last_list: momentOrNull(vitals.lastList),
    last_good_pass: momentOrNull(vitals.lastGoodPass),
    last_pass: lastPass && { ...moment(lastPass.at), outcome: lastPass.outcome, error: lastPass.error },
    pass: pass && { ...moment(pass.since), trigger: pass.trigger },
    next_pass: nextAt === null ? null : { at: now.timeOf(nextAt), in_seconds: seconds(nextAt - now.elapsedMs) },
    watcher: {
      by: watcher.by,
      reason: watcher.reason,
      last_look: momentOrNull(watcher.lookedAt),
      missed_changes: watcher.missed,
    },
  };
}

/** When the next pass begins that nobody has to ask for; null while one is under way, and where there is none. */
export function nextPassAt({ pass, timerAt, scheduleAt }: Vitals): number | null {
  if (pass !== null) return null;
  const times = [timerAt, scheduleAt].filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** Whether a pass read the folder and listed the account, and came to its end. */
export function isGood({ error }: Pick<Report, 'error'>): boolean {
  return error === null;
}

/** To the millisecond. */
function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
