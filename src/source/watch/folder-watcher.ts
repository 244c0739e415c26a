import { statfsSync, watch as watchEntries } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { watch } from 'chokidar';
import { formatDuration } from '../../core/base/duration.ts';
import { errnoText, errorCode } from '../../core/base/errno.ts';
import { resolveLinks } from './links.ts';
import type { ResolvedPath } from './links.ts';
import type { StateTracker } from './watch-state.ts';

/** At most this long is waited for a watcher to become ready. A folder of 50,000 files takes about a second. */
const START_TIMEOUT_MS = 10_000;
/** At most this long is waited for a watcher to close. */
const CLOSE_TIMEOUT_MS = 1000;

/**
 * File systems that other machines write to, by their magic number (statfs(2)). The kernel reports only the writes of this machine as
 * events.
 */
const REMOTE_FILE_SYSTEMS = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
]);

export type FolderWatcherOptions = {
  readonly path: string;
  readonly state: StateTracker;
  /** Called for every event in the folder, on a link that leads to it, and on the names above it. */
  readonly onEvent: () => void;
  /** Called when changes made while the watcher started may have caused no event. */
  readonly onStartGap: () => void;
  readonly signal: AbortSignal;
};

export type FolderWatcher = {
  /** Watches the folder that the path leads to now. Closes the watcher that was started before. */
  readonly restart: () => Promise<void>;
  /** Whether the path still leads to the folder that is watched. */
  readonly isCurrent: () => boolean;
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
    isCurrent: () => resolveLinks(path).identity === current?.identity,
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

/** Starts a watcher, and waits until it is ready or the time is over. A watcher that becomes ready later is used all the same. */
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
  watcher.on('error', (error) => {
    hasFailed = true;
    state.setFailed(error);
  });
  const nameWatcher = watchNames(folder, onEvent);
  const onReady = () => {
    const reason = whyEventsAreIncomplete(folder);
    if (reason !== null) state.set({ by: 'rescans', reason });
    else if (!hasFailed) state.set({ by: 'events' });
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

/** Resolves to whether the work ends in time. On a file system that no longer responds, nothing ever ends. */
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

/** Returns why the kernel does not report every change in the folder as an event; null if it does. */
function whyEventsAreIncomplete(folder: string): string | null {
  try {
    const remote = REMOTE_FILE_SYSTEMS.get(statfsSync(folder).type);
    return remote === undefined ? null : `${folder} is on ${remote}, where changes by other machines cause no events`;
  } catch (error) {
    return `${folder} cannot be watched yet: ${errnoText(errorCode(error))}`;
  }
}

/**
 * Watches the names of the folder and of the folders above it, to notice when another folder takes one of them. A watcher of the
 * folder itself follows the renamed folder instead.
 */
function watchNames(folder: string, onRename: () => void): { readonly close: () => void } {
  const watchers: FSWatcher[] = [];
  for (let path = folder; dirname(path) !== path; path = dirname(path)) {
    const name = basename(path);
    try {
      const watcher = watchEntries(dirname(path), (_, changedName) => {
        if (changedName === name) onRename();
      });
      watchers.push(watcher.on('error', () => watcher.close()));
    } catch {
      // Missing or unreadable: the safety rescan finds such changes.
    }
  }
  return {
    close: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}
