import { basename, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { watch } from 'chokidar';
import { formatDuration } from '../../core/base/duration.ts';
import { resolveLinks } from './links.ts';
import type { ResolvedPath } from './links.ts';
import { watchNames } from './name-watcher.ts';
import { findRescanReason } from './rescan-reason.ts';
import { describeWatchError } from './watch-error.ts';
import type { StateTracker } from './watch-state.ts';

/** How long a start waits for the watcher to become ready. A folder of 50,000 files takes about a second. */
const START_TIMEOUT_MS = 10_000;
/** How long a restart or close waits for the watcher to close. */
const CLOSE_TIMEOUT_MS = 1000;

/** The callbacks of a watcher, and the signal that ends them. */
export type WatcherEvents = {
  readonly state: Pick<StateTracker, 'set' | 'setFailed'>;
  /** Called for every event: in the folder, on a link that leads to it, and when it or a parent is renamed. */
  readonly onEvent: () => void;
  /** Called when changes made during the start may have caused no event. */
  readonly onStartGap: () => void;
  readonly signal: AbortSignal;
};

export type FolderWatcherOptions = WatcherEvents & { readonly path: string };

/** Returns a watcher of one folder, which starts with `restart`. */
export type OpenWatcher = (events: WatcherEvents) => FolderWatcher;

export type FolderWatcher = {
  /** Closes the running watcher, if any, and watches the folder that the path leads to now. */
  readonly restart: () => Promise<void>;
  /** Whether the path still leads to the watched folder. */
  readonly isCurrent: () => Promise<boolean>;
  /** Milliseconds since the watcher started; infinite before the first start. */
  readonly ageMs: () => number;
  readonly startCount: () => number;
  readonly close: () => Promise<void>;
};

/**
 * Watches a folder and every link on the way to it. git-sync and the kubelet replace whole folders by renaming a link, and a watcher
 * of the folder alone gets no event for that.
 */
export function folderWatcher(options: FolderWatcherOptions): FolderWatcher {
  const { path, state, signal } = options;
  let current: RunningWatcher | null = null;
  let startCount = 0;
  return {
    restart: async () => {
      // Closed first, because watchers of the same path share a handle, which may belong to the folder that was there before. If a file
      // system blocks the close, no second watcher is started that would block as well.
      if (current !== null && !(await endsWithin(current.close().catch(state.setFailed), CLOSE_TIMEOUT_MS, signal))) {
        state.setFailed(`the previous watcher of ${current.folder} has not closed yet`);
        return;
      }
      current = await startWatcher(options);
      startCount += 1;
    },
    isCurrent: async () => resolveLinks(path).identity === current?.identity,
    ageMs: () => performance.now() - (current?.startedAt ?? -Infinity),
    startCount: () => startCount,
    close: async () => {
      if (current !== null) await endsWithin(current.close(), CLOSE_TIMEOUT_MS);
    },
  };
}

type RunningWatcher = Pick<ResolvedPath, 'folder' | 'identity'> & {
  readonly startedAt: number;
  readonly close: () => Promise<void>;
};

/** Starts a watcher and waits until it is ready, for a limited time. The watcher is also used if it becomes ready later. */
async function startWatcher(options: FolderWatcherOptions): Promise<RunningWatcher> {
  const { path, state, onEvent, onStartGap, signal } = options;
  const { links, folder, identity } = resolveLinks(path);
  let hasFailed = false;
  let isLate = false;
  const watcher = watch([...links, folder], {
    followSymlinks: false,
    ignoreInitial: true,
    ignored: (candidate) => basename(candidate) === '.git',
  });
  watcher.on('all', onEvent);
  // chokidar reports no event for a file that is created and deleted before it looks, but this program may have read it in between. So
  // what the kernel reports counts too; for links, it includes everything next to them, and `all` suffices.
  watcher.on('raw', (_event, _path, details) => {
    if (isWithin(folder, watchedPathOf(details))) onEvent();
  });
  const onError = (error: unknown) => {
    // The first error stays the reason. Otherwise, the reason would change, and be logged, at every start.
    if (!hasFailed) state.setFailed(describeWatchError(folder, error));
    hasFailed = true;
  };
  watcher.on('error', onError);
  const nameWatcher = watchNames(folder, onEvent, onError);
  const onReady = () => {
    const reason = findRescanReason(folder);
    if (!hasFailed) state.set(reason === null ? { by: 'events' } : { by: 'rescans', reason });
    if (isLate || resolveLinks(path).identity !== identity) onStartGap();
  };
  const ready = new Promise<void>((resolve) => {
    watcher.once('ready', () => {
      onReady();
      resolve();
    });
  });
  isLate = !(await endsWithin(ready, START_TIMEOUT_MS, signal));
  if (isLate) state.setFailed(`the watcher of ${folder} was not ready within ${formatDuration(START_TIMEOUT_MS)}`);
  return {
    folder,
    identity,
    startedAt: performance.now(),
    close: async () => {
      nameWatcher.close();
      await watcher.close();
    },
  };
}

function watchedPathOf(details: unknown): string {
  const isKnown = typeof details === 'object' && details !== null && 'watchedPath' in details;
  return isKnown ? String(details.watchedPath) : '';
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Resolves to whether the work ends in time. It may never end if the file system does not respond. */
async function endsWithin(work: Promise<unknown>, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
  const ended = new AbortController();
  const stop = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]);
  const timeout = sleep(timeoutMs, false, { signal: stop }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), timeout]);
  } finally {
    ended.abort();
  }
}
