import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ParsedFile } from '../core/load/declaration.ts';
import type { Source } from '../core/load/source.ts';
import { folderReader } from './folder-reader.ts';
import type { CurrentContent, FolderRead, FolderReader } from './folder-reader.ts';
import { orFolderFailure, parseFoundFile, requireDeclarations } from './load-folder.ts';

export type FolderOptions = {
  readonly path: string;
  /** Globs, relative to the folder. */
  readonly include: readonly string[];
  /** Whether a folder without any declaration is valid. */
  readonly allowEmpty: boolean;
};

export type SourceOptions = FolderOptions & {
  /** Reads the folder. By default, reading blocks this thread. */
  readonly reader?: FolderReader;
};

/** Parsing blocks the event loop for at most this long at a time. Thousands of new files take seconds in total. */
const SLICE_MS = 20;

/** Creates the source of declarations for a folder. Parsed files are cached while their bytes stay the same. */
export function folderSource({ path, include, allowEmpty, ...options }: SourceOptions): Source {
  const reader = options.reader ?? folderReader({ path, include });
  let cache: ReadonlyMap<string, CachedFile> = new Map();
  /** The version of the read that `cache` holds. */
  let cachedVersion: string | null = null;
  /** Null unless the last read was successful. */
  let lastRead: CurrentContent | null = null;
  let readCount = 0;
  let reading: Promise<unknown> = Promise.resolve();

  const read: Source['read'] = async (signal, onLoaded) => {
    lastRead = null;
    const found = await orFolderFailure(path, signal, async () => reader.read(cachedVersion, signal));
    onLoaded?.();
    cache = await parseChanged(path, found, cache, signal);
    cachedVersion = found.version;
    readCount += 1;
    lastRead = found;
    const files = [...cache.values()].map(({ parsed }) => parsed);
    if (!allowEmpty) requireDeclarations(path, include, files);
    return { path, revision: found.revision, files };
  };

  return {
    path,
    readCount: () => readCount,
    read: async (signal, onLoaded) => {
      const result = read(signal, onLoaded);
      reading = result.catch(() => {}); // The caller of `read` handles the error.
      return result;
    },
    readAgain: async (signal) => {
      await reading;
      // `lastRead` stays that of the last pass, so that `findChange` still finds what this read found.
      const found = await reader.read(cachedVersion, signal);
      cache = await parseChanged(path, found, cache, signal);
      cachedVersion = found.version;
      return [...cache.values()].map(({ parsed }) => parsed);
    },
    findChange: async (signal) => {
      try {
        for (;;) {
          // The files are compared with the last read, so no read may be in progress.
          const before = reading;
          await before;
          const { digest, revision } = await reader.current(signal);
          if (reading !== before) continue;
          if (digest !== lastRead?.digest) return 'files';
          // Unknown for a moment while git writes its files.
          return revision === null || revision === lastRead.revision ? null : 'revision';
        }
      } catch {
        // An unreadable folder is a change only if it was readable before. The next pass reports why.
        return lastRead !== null && !signal.aborted ? 'files' : null;
      }
    },
  };
}

type CachedFile = { readonly digest: string; readonly parsed: ParsedFile };

/** Parses the files whose content is not in the cache, and lets other work run in between. */
async function parseChanged(
  folder: string,
  { paths, changed }: FolderRead,
  cache: ReadonlyMap<string, CachedFile>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, CachedFile>> {
  if (paths === null && changed.length === 0) return cache;
  const all = new Map<string, CachedFile>();
  const changedByPath = new Map(changed.map((file) => [file.path, file]));
  let sliceStartedAt = performance.now();
  for (const path of paths ?? cache.keys()) {
    if (performance.now() - sliceStartedAt > SLICE_MS) {
      await nextTurn();
      signal.throwIfAborted();
      sliceStartedAt = performance.now();
    }
    const file = changedByPath.get(path);
    const cached = cache.get(path);
    if (cached !== undefined && (file === undefined || file.digest === cached.digest)) all.set(path, cached);
    else if (file === undefined) throw new Error(`${path} was not read`);
    else all.set(path, { digest: file.digest, parsed: parseFoundFile(join(folder, path), file) });
  }
  return all;
}
