import { folderReader } from './folder-reader.ts';
import type { FolderReader, ReaderOptions } from './folder-reader.ts';
import { isOnLocalDisk } from './local-disk.ts';

export type LocalFirstOptions = ReaderOptions & {
  /** Used for all other reads. */
  readonly reader: FolderReader;
  /** At most this many reads are made in this thread. */
  readonly maxReads: number;
};

/** Returns a reader that makes its first reads in this thread, if the folder is on a local disk. */
export function localFirst({ reader, maxReads, ...options }: LocalFirstOptions): FolderReader {
  const local = folderReader(options);
  let reads = 0;
  let isLocal: boolean | null = null;
  const current = () => (isLocal === true && reads <= maxReads ? local : reader);
  return {
    read: async (base, signal) => {
      reads += 1;
      if (reads <= maxReads) isLocal ??= await isOnLocalDisk(options.path);
      return current().read(base, signal);
    },
    current: async (signal) => current().current(signal),
  };
}
