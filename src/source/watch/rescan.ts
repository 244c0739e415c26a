import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeCheck } from './change-check.ts';
import type { FolderWatcher } from './folder-watcher.ts';
import type { TaskQueue } from './task-queue.ts';
import type { StateTracker } from './watch-state.ts';

/** How often the folder is checked while events do not cover all changes. */
const FREQUENT_RESCAN_MS = 2000;

/** An event can arrive this much later than a rescan that found its change. */
const LATE_EVENT_MS = 1000;

export type RescanOptions = {
  /** How often the folder is checked while events cover all changes. */
  readonly rescanMs: number;
  readonly watcher: FolderWatcher;
  readonly check: ChangeCheck;
  readonly state: StateTracker;
  readonly tasks: TaskQueue;
  readonly onChangeFound: () => void;
  /** Called when a rescan found a change that caused no event. */
  readonly onMissedChange?: () => void;
  readonly signal: AbortSignal;
};

/** Checks the folder periodically until the signal is aborted, for changes that cause no event. `stop` waits for the end. */
export function startRescans(options: RescanOptions): { readonly stop: () => Promise<void> } {
  const { watcher, check, state, tasks, rescanMs, onChangeFound, signal } = options;
  const missedChange = missedChangeTimer(options);

  const rescan = async () => {
    // A watcher that failed may work by now, and a missing folder may exist by now.
    const shouldRetry = state.needsRescans() && watcher.ageMs() > rescanMs;
    if (shouldRetry || !(await watcher.isCurrent())) await watcher.restart();
    const isExpected = state.needsRescans() || check.expectsChange();
    const change = await check.run();
    if (change === null) return;
    onChangeFound();
    // A commit that changes no file of the folder causes no event in it.
    const isMissed = change === 'files' && !isExpected && !check.hasNewEvents();
    if (isMissed && !signal.aborted) missedChange.start();
  };

  /** Waits, at most until the state changes. */
  const pause = async (ms: number) => {
    const woken = new AbortController();
    state.onNextChange(() => woken.abort());
    await sleep(ms, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => {});
    signal.throwIfAborted();
  };
  const repeat = async () => {
    for (let nextAt = performance.now() + rescanMs; !signal.aborted;) {
      const remainingMs = Math.max(0, nextAt - performance.now());
      const isFrequent = state.needsRescans();
      await pause(isFrequent ? Math.min(remainingMs, FREQUENT_RESCAN_MS) : remainingMs);
      if (!(isFrequent && state.needsRescans()) && performance.now() < nextAt) continue;
      await tasks.add(rescan);
      nextAt = performance.now() + rescanMs;
    }
  };
  const stopped = repeat().catch(() => {}); // The pause is rejected when the signal is aborted.

  return {
    stop: async () => {
      missedChange.stop();
      await stopped;
    },
  };
}

/** Waits for a late event. If none arrives, reports the change as missed and restarts the watcher. */
function missedChangeTimer({ watcher, check, tasks, onMissedChange }: RescanOptions) {
  let timer: NodeJS.Timeout | undefined;
  return {
    start: () => {
      const eventCount = check.eventCount();
      const startCount = watcher.startCount();
      // A later change does not postpone a running timer. Otherwise, frequent changes would postpone it forever.
      timer ??= setTimeout(() => {
        timer = undefined;
        if (check.eventCount() !== eventCount || watcher.startCount() !== startCount) return;
        onMissedChange?.();
        void tasks.add(watcher.restart);
      }, LATE_EVENT_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
