import type { PassOutcome, Trigger } from './pass.ts';
import type { Report } from './report.ts';
import type { Suspension } from './suspension.ts';

/** How changes of the folder are detected; `starting` until the watch is set up. */
export const WATCH_MODES = ['starting', 'events', 'rescans'] as const;
export type WatchMode = (typeof WATCH_MODES)[number];

/** The records of a daemon about itself. Times are in milliseconds of one monotonic clock. */
export type Vitals = {
  readonly startedAt: number;
  /** Whether the process is shutting down. */
  readonly stopping: boolean;
  /** The pass in progress. */
  readonly pass: { readonly trigger: Trigger; readonly since: number } | null;
  /** When the next pass begins by interval or back-off, and by schedule. */
  readonly timerAt: number | null;
  readonly scheduleAt: number | null;
  /** When the pending pass was requested; null if none is pending. */
  readonly requestedSince: number | null;
  /** When a good pass became due; null if none is due. */
  readonly dueSince: number | null;
  /** When the folder was last read, the account was last listed, and a good pass last ended. */
  readonly lastRead: number | null;
  readonly lastList: number | null;
  readonly lastGoodPass: number | null;
  readonly lastPass: { readonly at: number; readonly outcome: PassOutcome; readonly error: string | null } | null;
  /** The pause of all writes that holds now; null if there is none. */
  readonly paused: Suspension | null;
  /** The number of unexpected errors after which the process continued. */
  readonly internalErrors: number;
  readonly watcher: {
    readonly by: WatchMode;
    /** Why changes are not detected by events. */
    readonly reason: string | null;
    /** When a check for changes in the folder last ended, even if the folder could not be read. */
    readonly checkedAt: number | null;
    /** The number of changes that caused no event, so that only a rescan found them. */
    readonly missedChanges: number;
  };
};

/** Returns when the next pass begins without a request; null if none is planned, or a pass is in progress. */
export function nextPassAt({ pass, timerAt, scheduleAt }: Vitals): number | null {
  if (pass !== null) return null;
  const times = [timerAt, scheduleAt].filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** Whether a pass read the folder, listed the account and was not ended early. It is good even if single services failed. */
export function isGoodPass({ error }: Pick<Report, 'error'>): boolean {
  return error === null;
}
