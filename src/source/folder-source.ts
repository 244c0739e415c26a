import type { ParsedFile } from '../core/load/declaration.ts';
import type { Source } from '../core/load/source.ts';
import type { FileRules } from './file-rules.ts';
import { folderParser } from './folder-parser.ts';
import { folderReader } from './folder-reader.ts';
import type { CurrentContent, FolderReader } from './folder-reader.ts';
import { orFolderFailure, requireDeclarations } from './load-folder.ts';

export type FolderOptions = {
  readonly path: string;
  readonly rules: FileRules;
  /** Whether a folder without any declaration is valid. */
  readonly allowEmpty: boolean;
};

export type SourceOptions = FolderOptions & {
  /** Reads the folder. By default, reading blocks this thread. */
  readonly reader?: FolderReader;
};

export type FolderSource = Source & {
  /** Milliseconds until a file that was still being written at the last check or read can be complete; null if there was none. */
  readonly unfinishedMs: () => number | null;
};

/** How long a pass waits for files that are still being written. After that, it skips them. */
const MAX_UNFINISHED_MS = 3000;

/** Creates the source of declarations for a folder. Parsed files are cached while their bytes stay the same. */
export function folderSource({ path, rules, allowEmpty, ...options }: SourceOptions): FolderSource {
  const reader = options.reader ?? folderReader({ path, rules });
  const parser = folderParser(path, rules);
  let files: readonly ParsedFile[] = [];
  /** The version of the read that the parser has parsed. */
  let cachedVersion: string | null = null;
  /** Null unless the last read was successful. */
  let lastRead: CurrentContent | null = null;
  let readCount = 0;
  let unfinishedMs: number | null = null;
  let reading: Promise<unknown> = Promise.resolve();

  const read: Source['read'] = async (signal, onLoaded, begin) => {
    lastRead = null;
    await begin;
    const found = await orFolderFailure(path, signal, async () =>
      reader.read(cachedVersion, signal, MAX_UNFINISHED_MS),
    );
    unfinishedMs = found.unfinishedMs;
    onLoaded?.();
    files = await parser.parse(found, signal);
    cachedVersion = found.version;
    readCount += 1;
    lastRead = found;
    if (!allowEmpty) requireDeclarations(path, rules, files);
    return { path, revision: found.revision, files };
  };

  return {
    path,
    readCount: () => readCount,
    unfinishedMs: () => unfinishedMs,
    read: async (signal, onLoaded, begin) => {
      const result = read(signal, onLoaded, begin);
      reading = result.catch(() => {}); // The caller of `read` handles the error.
      return result;
    },
    readAgain: async (signal) => {
      await reading;
      // `lastRead` stays that of the last pass, so that `findChange` still finds what this read found.
      const found = await reader.read(cachedVersion, signal, 0);
      files = await parser.parse(found, signal);
      cachedVersion = found.version;
      return files;
    },
    findChange: async (signal) => {
      try {
        for (;;) {
          // The files are compared with the last read, so no read may be in progress.
          const before = reading;
          await before;
          const { digest, revision, ...current } = await reader.current(signal);
          unfinishedMs = current.unfinishedMs;
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
