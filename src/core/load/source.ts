import type { ParsedFile } from './declaration.ts';

/** The declarations in the folder at one moment. */
export type Snapshot = {
  readonly path: string;
  /** The commit that is checked out, or null if it is unknown. */
  readonly revision: string | null;
  readonly files: readonly ParsedFile[];
};

/** How a folder differs from when it was last read. A new commit that changes none of its files is only another `revision`. */
export type FolderChange = 'files' | 'revision';

/** Where declarations come from. A pass knows the folder only through this type. */
export type Source = {
  /** The path of the folder as it was configured. */
  readonly path: string;
  /**
   * Reads the whole folder. Throws a `FailureError` of kind `source` if the folder cannot be read or declares nothing, and the reason of
   * the signal if that is aborted. `onLoaded` is called when all files are in memory and only parsing is left. The read
   * begins when `begin` is fulfilled; until it has ended, `findChange` waits for it.
   */
  readonly read: (signal: AbortSignal, onLoaded?: () => void, begin?: Promise<void>) => Promise<Snapshot>;
  /**
   * Returns the files as they are now. Does not count as a read: `findChange` still compares with the last one. Throws if the folder
   * cannot be read.
   */
  readonly readAgain: (signal: AbortSignal) => Promise<readonly ParsedFile[]>;
  /** Returns how the folder has changed since it was last read; null if it has not. Finds changes for which no event arrived. */
  readonly findChange: (signal: AbortSignal) => Promise<FolderChange | null>;
  /** Returns how many times the folder has been read completely. */
  readonly readCount: () => number;
};

/** How changes are detected: by events with a safety rescan; or, if events are not reliable here, by frequent rescans. */
export type WatchState = { readonly by: 'events' } | { readonly by: 'rescans'; readonly reason: string };

/** A folder that is being watched. */
export type Watch = { readonly close: () => Promise<void> };
