import { hash, randomUUID } from 'node:crypto';
import type { FileRules } from './file-rules.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FoundFile, ReadHooks } from './list-files.ts';
import { readFiles as readFilesOnDisk } from './read-files.ts';
import { unfinishedFiles } from './unfinished/unfinished-files.ts';
import type { CheckedFiles, HashedFile } from './unfinished/unfinished-files.ts';

/** A read of the folder, as the difference to an earlier one. */
export type FolderRead = Pick<CheckedFiles, 'unfinishedMs'> & {
  /** Identifies this read. */
  readonly version: string;
  /** The commit in the folder; null if it is unknown. */
  readonly revision: string | null;
  /** Changes whenever a file does, except while it is unfinished. */
  readonly digest: string;
  /** The paths of all files, sorted; null if they are the same as in the earlier read. */
  readonly paths: readonly string[] | null;
  /** The files that are new or have changed since the earlier read. */
  readonly changed: readonly HashedFile[];
};

/** Reads one folder, in this thread or in another one. Throws as `readFiles` does. */
export type FolderReader = {
  /**
   * `base` is the version of the earlier read that the caller holds; null if it holds none. Only the last read can be the base. Waits for
   * at most `waitMs`, 0 by default, while files are still being written.
   */
  readonly read: (base: string | null, signal: AbortSignal, waitMs?: number) => Promise<FolderRead>;
  /** Returns what a read would find now. */
  readonly current: (signal: AbortSignal) => Promise<CurrentContent>;
};

/** The content of the folder, as in a read. */
export type CurrentContent = Pick<FolderRead, 'revision' | 'digest' | 'unfinishedMs'>;

export type ReaderOptions = ReadHooks & {
  readonly path: string;
  readonly rules: FileRules;
  /** Reads the files as of one moment. By default, those on the disk. */
  readonly readFiles?: typeof readFilesOnDisk;
};

/** The pauses between reads while a file is being written, so that reading a large folder takes at most a fifth of the time. */
const MIN_PAUSE_MS = 25;
const PAUSE_FACTOR = 4;

/** Returns a reader that blocks the calling thread while it reads. */
export function folderReader({ path, rules, readFiles = readFilesOnDisk, ...hooks }: ReaderOptions): FolderReader {
  let last: { readonly version: string; readonly digests: ReadonlyMap<string, string> } | null = null;
  const findUnfinished = unfinishedFiles(() => performance.now());
  const scan = async (signal: AbortSignal) => {
    const found = await readFiles(path, rules, signal, hooks);
    const hashed = found.files.map((file): HashedFile => ({ ...file, digest: digestOf(file) }));
    return { revision: found.revision, ...findUnfinished(found, hashed) };
  };
  const scanOnceQuiet = async (signal: AbortSignal, waitMs: number) => {
    const endAt = performance.now() + waitMs;
    for (;;) {
      const startedAt = performance.now();
      const found = await scan(signal);
      const { unfinishedMs } = found;
      const remainingMs = endAt - performance.now();
      if (unfinishedMs === null || remainingMs <= 0) return found;
      const pauseMs = Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * (performance.now() - startedAt));
      await sleep(Math.min(pauseMs, Math.max(1, unfinishedMs), remainingMs), undefined, { signal });
    }
  };
  return {
    read: async (base, signal, waitMs = 0) => {
      const { revision, files: hashed, unfinishedMs } = await scanOnceQuiet(signal, waitMs);
      const digests = new Map(hashed.map((file) => [file.path, file.digest]));
      const known = last?.version === base ? last?.digests : undefined;
      const hasSamePaths = known?.size === hashed.length && hashed.every((file) => known.has(file.path));
      last = { version: randomUUID(), digests };
      return {
        version: last.version,
        revision,
        unfinishedMs,
        digest: digestOfFiles(digests),
        paths: hasSamePaths ? null : hashed.map((file) => file.path),
        changed: hashed.filter((file) => known?.get(file.path) !== file.digest),
      };
    },
    current: async (signal) => {
      const { revision, files, unfinishedMs } = await scan(signal);
      return { revision, digest: digestOfFiles(new Map(files.map((file) => [file.path, file.digest]))), unfinishedMs };
    },
  };
}

function digestOf(file: FoundFile): string {
  return 'fault' in file ? `fault:${file.fault}` : hash('sha256', file.bytes);
}

function digestOfFiles(digests: ReadonlyMap<string, string>): string {
  return hash('sha256', [...digests].map(([path, digest]) => `${path}\0${digest}`).join('\0'));
}
