import { abortReason, unlessAborted } from '../core/base/abort.ts';
import type { Source } from '../core/load/source.ts';

/**
 * How often a folder is checked while a plan is applied. A check reads every file, so a large folder is checked less often: checks take
 * at most a fifth of the time.
 */
const MIN_PAUSE_MS = 120;
const MAX_PAUSE_MS = 1000;
const PAUSE_FACTOR = 4;

/** The pause depends on the fastest of this many checks, because a busy machine slows single ones down. */
const DURATIONS_KEPT = 4;

/**
 * A check lets writes begin for this many pauses after its end, because the next one can be late. In a small folder, that is 144 ms. It
 * does not count from the start of the check: if one read took longer than that, no write could ever begin.
 */
const FRESH_FACTOR = 1.2;

export type SnapshotCheckOptions = {
  readonly source: Source;
  /** When the folder was read, in milliseconds of `now`. */
  readonly readAt: number;
  /** Returns the milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Ends the checks. */
  readonly stop: AbortSignal;
  /** Called after each check that finds that the folder has changed, or can no longer be read. The check ends with the promise. */
  readonly onChange: () => Promise<void>;
};

export type SnapshotCheck = {
  /** Returns the milliseconds since the end of the last check. */
  readonly ageMs: () => number;
  /** Whether the last check is recent enough to begin a write. */
  readonly isFresh: () => boolean;
  /** Checks the folder now, unless the last check is recent enough. Resolves early if `stop` is aborted. */
  readonly check: () => Promise<void>;
  readonly close: () => void;
};

/** Checks continuously whether the folder is still as the pass read it. */
export function watchSnapshot({ source, readAt, now, stop, onChange }: SnapshotCheckOptions): SnapshotCheck {
  let checkedAt = readAt;
  let pauseMs = MIN_PAUSE_MS;
  let durationsMs: readonly number[] = [];
  let checking: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const ageMs = () => now() - checkedAt;
  const isFresh = () => ageMs() <= FRESH_FACTOR * pauseMs;

  const checkNow = async () => {
    clearTimeout(timer);
    const startedAt = now();
    try {
      // The pass must not wait for a read that never ends.
      const change = await unlessAborted(stop, async () => source.findChange(stop));
      if (change === 'files') await onChange();
      checkedAt = now();
      durationsMs = [...durationsMs, now() - startedAt].slice(-DURATIONS_KEPT);
      pauseMs = Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * Math.min(...durationsMs)));
    } catch (error) {
      if (error !== abortReason(stop)) throw error;
    } finally {
      checking = null;
      scheduleNext();
    }
  };
  const check = async () => {
    checking ??= checkNow();
    return checking;
  };
  const scheduleNext = () => {
    if (isClosed || stop.aborted) return;
    timer = setTimeout(() => void check(), pauseMs);
  };
  scheduleNext();

  return {
    ageMs,
    isFresh,
    check: async () => {
      if (!isFresh()) await check();
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
