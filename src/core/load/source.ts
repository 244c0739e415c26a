import type { ParsedFile } from './parse-file.ts';

/** What the folder said at one moment. */
export type Snapshot = {
  readonly path: string;
  readonly revision: string | null;
  readonly files: readonly ParsedFile[];
};

export type Source = {
  /** The folder, as it was named. */
  readonly path: string;
  /**
   * Reads the folder whole. Throws a `FailureError` of kind `source` when it cannot, or when it declares nothing, and the reason of the
   * signal when that is aborted. `onLoaded` is told once all is in memory that can be, and what is left is to parse it.
   */
  readonly read: (signal: AbortSignal, onLoaded?: () => void) => Promise<Snapshot>;
  /** Whether the folder reads otherwise than when it was last read: for changes that no event announced. */
  readonly hasChanged: (signal: AbortSignal) => Promise<boolean>;
  /** How many times the folder has been read completely. */
  readonly readCount: () => number;
};

/** By events, with the safety re-scan behind them; or, where events do not tell all, by frequent re-scans, and why. */
export type WatchState = { readonly by: 'events' } | { readonly by: 'rescans'; readonly reason: string };

export type Watch = { readonly close: () => Promise<void> };
