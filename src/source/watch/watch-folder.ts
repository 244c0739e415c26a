import { setTimeout as sleep } from 'node:timers/promises';
import type { FolderChange, Watch, WatchState } from '../../core/load/source.ts';
import { changeCheck } from './change-check.ts';
import type { OpenWatcher } from './folder-watcher.ts';
import { recheckTimer } from './recheck-timer.ts';
import { startRescans } from './rescan.ts';
import { settleTimer } from './settle.ts';
import { taskQueue } from './task-queue.ts';
import { stateTracker } from './watch-state.ts';

export type WatchOptions = {
  readonly openWatcher: OpenWatcher;
  /** How long the folder must be quiet before it is read. */
  readonly settleMs: number;
  /** How often the folder is checked for changes that cause no event. */
  readonly rescanMs: number;
  /** Returns how the folder differs from when it was last read; null if it does not. */
  readonly findChange: (signal: AbortSignal) => Promise<FolderChange | null>;
  /** How many times the folder has been read so far. A read covers all changes made before it. */
  readonly readCount: () => number;
  /** Milliseconds until a file that was still being written at the last check can be complete; null if there was none. None by default. */
  readonly unfinishedMs?: () => number | null;
  /** Called when the folder has changed. */
  readonly onChange: () => void;
  /** Called whenever the way in which changes are detected becomes a different one. */
  readonly onState: (state: WatchState) => void;
  /** Called after every check of the folder. */
  readonly onCheck?: () => void;
  /** Called when a rescan found a change that caused no event. The watcher is then restarted. */
  readonly onMissedChange?: () => void;
};

/** How long the restart of the watcher is delayed so that the pass runs first. A pass over 1,000 services takes less without latency. */
const PASS_FIRST_MS = 200;

/**
 * Watches a folder until it is closed. An event is only a reason to read everything again, never a fact about a file. Changes without
 * an event are found by the safety rescan.
 */
export function watchFolder({ openWatcher, settleMs, rescanMs, onChange, ...options }: WatchOptions): Watch {
  const closing = new AbortController();
  const { signal } = closing;
  const state = stateTracker(options.onState, signal);
  const check = changeCheck({ ...options, signal });
  // One task at a time, because two restarts at once would leave a watcher open.
  const tasks = taskQueue(state.setFailed, signal);

  let isCheckQueued = false;
  const queueCheck = () => {
    // One check covers all events before it. With a check for each event, the queue could grow without end.
    if (isCheckQueued) return;
    isCheckQueued = true;
    void tasks.add(checkAfterEvents);
  };
  const settle = settleTimer({ settleMs, signal, onQuiet: queueCheck });
  const recheck = recheckTimer({ unfinishedMs: options.unfinishedMs ?? (() => null), onDue: queueCheck, signal });
  const watcher = openWatcher({
    state,
    signal,
    onEvent: () => {
      recheck.countEvent();
      check.countEvent();
      settle.restart();
    },
    onStartGap: settle.restart,
  });

  const checkAfterEvents = async () => {
    isCheckQueued = false;
    // Many events change nothing that matters: other files, timestamps, the same bytes written again.
    if ((await check.run()) !== null) onChange();
    recheck.schedule();
    if (await watcher.isCurrent()) return;
    // A restart takes a while, and the pass need not wait for it. Until then, the old watcher still reports changes of links, and the
    // check after the restart finds all others.
    await sleep(PASS_FIRST_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    await watcher.restart();
    if ((await check.run()) !== null) settle.restart();
  };

  void tasks.add(async () => {
    await watcher.restart();
    // The folder may have been read before it was watched.
    if ((await check.run()) !== null) onChange();
  });
  const onChangeFound = settle.restart;
  const rescans = startRescans({ ...options, rescanMs, watcher, check, state, tasks, onChangeFound, signal });

  return {
    close: async () => {
      closing.abort();
      settle.stop();
      recheck.stop();
      await rescans.stop();
      await tasks.drained();
      await watcher.close();
    },
  };
}
