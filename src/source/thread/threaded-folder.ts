import { setTimeout as sleep } from 'node:timers/promises';
import type { WatchState } from '../../core/load/source.ts';
import type { FileRules } from '../file-rules.ts';
import type { FolderReader } from '../folder-reader.ts';
import type { FolderWatcher, OpenWatcher, WatcherEvents } from '../watch/folder-watcher.ts';
import { unpack } from './protocol.ts';
import type { Notice, Task, TaskResults } from './protocol.ts';
import { startThread } from './start-thread.ts';
import type { FolderThread } from './start-thread.ts';

/** How long a single operation of the file system may take. */
const STALL_MS = 10_000;
/** A blocked thread is replaced at most this often, because each one holds memory until its file system responds. */
const MAX_BLOCKED = 3;
/** Multiplies how long a thread must be blocked until it is replaced, with every thread that was replaced before it. */
const PATIENCE_FACTOR = 4;
/** How long `close` waits for the thread to end. */
const CLOSE_TIMEOUT_MS = 500;

export type ThreadedFolderOptions = {
  readonly path: string;
  readonly rules: FileRules;
  readonly stallMs?: number;
};

/** A folder that another thread reads and watches. A file system that does not respond blocks that thread only. */
export type ThreadedFolder = {
  readonly reader: FolderReader;
  readonly openWatcher: OpenWatcher;
  /** Starts the thread before its first task. */
  readonly start: () => void;
  /** Ends the thread, or stops waiting for it if the file system blocks it. */
  readonly close: () => Promise<void>;
};

/**
 * Returns a folder whose thread starts with the first task. While the file system does not respond, all reads fail at once, and the
 * thread continues as soon as it responds. The folder may also be mounted again elsewhere, while the thread stays blocked for good. So
 * the thread is replaced after a while.
 */
export function threadedFolder({ path, rules, stallMs = STALL_MS }: ThreadedFolderOptions): ThreadedFolder {
  let events: WatcherEvents | null = null;
  const startNext = (): FolderThread => {
    const thread: FolderThread = startThread({
      path,
      rules,
      stallMs,
      onNotice: (notice) => {
        if (thread === current && events !== null) handle(notice, events);
      },
    });
    return thread;
  };
  const blocked = new Set<FolderThread>();
  let current: FolderThread | null = null;

  const ask = async <T extends Task>(task: T, signal: AbortSignal): Promise<TaskResults[T['kind']]> => {
    const thread = current;
    const patienceMs = 2 * stallMs * PATIENCE_FACTOR ** blocked.size;
    if (thread !== null && thread.stalledMs() >= patienceMs && blocked.size < MAX_BLOCKED) {
      blocked.add(thread);
      void thread.end().then(() => blocked.delete(thread));
      current = null;
    }
    if (current === null || current.hasEnded()) current = startNext();
    return current.ask(task, signal);
  };

  return {
    reader: {
      read: async (base, signal, waitMs = 0) => unpack(await ask({ kind: 'read', base, waitMs }, signal)),
      current: async (signal) => ask({ kind: 'current' }, signal),
    },
    openWatcher: (watcherEvents) => {
      const { watcher, onState } = threadedWatcher(ask, watcherEvents);
      events = { ...watcherEvents, state: { ...watcherEvents.state, set: onState } };
      return watcher;
    },
    start: () => {
      current ??= startNext();
    },
    close: async () => {
      await Promise.race([current?.end(), sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    },
  };
}

function handle(notice: Notice, { state, onEvent, onStartGap }: WatcherEvents): void {
  switch (notice.notice) {
    case 'event':
      return onEvent();
    case 'startGap':
      return onStartGap();
    case 'state':
      return state.set(notice.state);
    case 'failed':
      return state.setFailed(notice.message);
  }
}

type Ask = <T extends Task>(task: T, signal: AbortSignal) => Promise<TaskResults[T['kind']]>;

/** Returns the watcher of the folder thread. Call `onState` when the thread reports its state. */
function threadedWatcher(ask: Ask, { state, onStartGap, signal }: WatcherEvents) {
  let startCount = 0;
  let startedAt = -Infinity;
  /** Whether a start has failed here, although the thread can still complete it. Nothing has been checked since. */
  let isLate = false;
  const watcher: FolderWatcher = {
    restart: async () => {
      isLate = true;
      await ask({ kind: 'restartWatcher' }, signal);
      isLate = false;
      startCount += 1;
      startedAt = performance.now();
    },
    isCurrent: async () => ask({ kind: 'isWatcherCurrent' }, signal),
    ageMs: () => performance.now() - startedAt,
    startCount: () => startCount,
    close: async () => {
      // Rejected if the file system does not respond. The thread ends together with the folder.
      await ask({ kind: 'closeWatcher' }, AbortSignal.timeout(CLOSE_TIMEOUT_MS)).catch(() => {});
    },
  };
  const onState = (next: WatchState) => {
    state.set(next);
    if (isLate) onStartGap();
  };
  return { watcher, onState };
}
