import { folderReader } from '../folder-reader.ts';
import type { FolderReader, ReaderOptions } from '../folder-reader.ts';
import type { ThreadedFolder } from '../thread/threaded-folder.ts';
import type { FolderWatcher, WatcherEvents } from '../watch/folder-watcher.ts';
import { localDisk } from './local-disk.ts';

export type LocalFolderOptions = Pick<ReaderOptions, 'path' | 'rules'> & {
  /** The same folder, read and watched by another thread. */
  readonly threaded: ThreadedFolder;
};

/** A disk that has blocked this thread for longer is slow or failing, and the next time may take much longer. */
const MAX_BLOCKED_MS = 500;

/**
 * Returns a folder that this thread reads and watches itself while that cannot block it for long: reading is faster, and the other thread
 * takes 25 MB. As soon as the folder is no longer on local disks, or has been slow once, the other thread does it from then on.
 */
export function localFolder({ path, rules, threaded }: LocalFolderOptions): Omit<ThreadedFolder, 'start'> {
  const disk = localDisk();
  let isSafe = true;
  const canRead = () => {
    isSafe &&= disk.holdsFolder(path);
    return isSafe;
  };
  const local = folderReader({
    path,
    rules,
    onLink: (link) => {
      if (!disk.holds(link)) throw new NotLocalError();
    },
    onBlocked: (ms) => {
      if (ms > MAX_BLOCKED_MS) isSafe = false;
    },
  });
  const read = async <Result>(task: (reader: FolderReader) => Promise<Result>): Promise<Result> => {
    if (!canRead()) return task(threaded.reader);
    try {
      return await task(local);
    } catch (error) {
      if (!(error instanceof NotLocalError)) throw error;
      isSafe = false;
      return task(threaded.reader);
    }
  };
  if (!canRead()) threaded.start();

  return {
    reader: {
      read: async (base, signal, waitMs) => read(async (reader) => reader.read(base, signal, waitMs)),
      current: async (signal) => read(async (reader) => reader.current(signal)),
    },
    openWatcher: (events) => localWatcher({ path, canRead, threaded, events }),
    close: threaded.close,
  };
}

/** Thrown in the middle of a read that must not go on in this thread. */
class NotLocalError extends Error {}

type WatcherOptions = Pick<LocalFolderOptions, 'path' | 'threaded'> & {
  readonly canRead: () => boolean;
  readonly events: WatcherEvents;
};

/** Returns a watcher in this thread. When it is restarted after the folder has become unsafe, it is one in the other thread. */
function localWatcher({ path, canRead, threaded, events }: WatcherOptions): FolderWatcher {
  let watcher: FolderWatcher | null = null;
  let isLocal = true;
  let startCount = 0;
  const open = async (): Promise<FolderWatcher> => {
    isLocal = canRead();
    if (!isLocal) return threaded.openWatcher(events);
    // Imported only when needed, because it takes as long to load as a small folder to read.
    const { folderWatcher } = await import('../watch/folder-watcher.ts');
    return folderWatcher({ ...events, path });
  };
  return {
    restart: async () => {
      if (isLocal && !canRead()) {
        void watcher?.close(); // It may never close.
        watcher = null;
      }
      watcher ??= await open();
      await watcher.restart();
      startCount += 1;
    },
    isCurrent: async () => isLocal === canRead() && watcher !== null && watcher.isCurrent(),
    ageMs: () => watcher?.ageMs() ?? Infinity,
    startCount: () => startCount,
    close: async () => watcher?.close(),
  };
}
