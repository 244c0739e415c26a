/**
 * How long after the last event the folder is checked again. On a busy machine, the watcher of a new subfolder can begin after the first
 * check, and a change in between causes no event.
 */
const FOLLOW_UP_MS = 1000;

export type RecheckOptions = {
  /** Milliseconds until a file that was still being written at the last check can be complete; null if there was none. */
  readonly unfinishedMs: () => number | null;
  readonly onDue: () => void;
  readonly signal: AbortSignal;
};

export type RecheckTimer = {
  /** Call it for each event. */
  readonly countEvent: () => void;
  /** Schedules the next check, if one is needed. Call it after each check. */
  readonly schedule: () => void;
  readonly stop: () => void;
};

/** Creates a timer for checks that no event causes: once after the last event, and when a file can be complete. */
export function recheckTimer({ unfinishedMs, onDue, signal }: RecheckOptions): RecheckTimer {
  let timer: NodeJS.Timeout | undefined;
  let needsFollowUp = false;
  return {
    countEvent: () => {
      needsFollowUp = true;
    },
    schedule: () => {
      clearTimeout(timer);
      const fileMs = unfinishedMs() ?? Infinity;
      const isFollowUp = needsFollowUp && FOLLOW_UP_MS <= fileMs;
      if (signal.aborted || (!isFollowUp && fileMs === Infinity)) return;
      timer = setTimeout(
        () => {
          if (isFollowUp) needsFollowUp = false;
          onDue();
        },
        isFollowUp ? FOLLOW_UP_MS : fileMs,
      );
    },
    stop: () => clearTimeout(timer),
  };
}
