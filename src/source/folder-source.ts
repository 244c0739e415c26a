import { hash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ParsedFile } from '../core/load/declaration.ts';
import type { Source } from '../core/load/source.ts';
import type { FoundFile } from './list-files.ts';
import { loadFolder, parseFoundFile, requireDeclarations } from './load-folder.ts';
import { readFiles } from './read-files.ts';

export type FolderOptions = {
  readonly path: string;
  /** Globs, relative to the folder. */
  readonly include: readonly string[];
  /** Whether a folder without any declaration is valid. */
  readonly allowEmpty: boolean;
};

/** Parsing blocks the event loop for at most this long at a time. Thousands of new files take seconds in total. */
const SLICE_MS = 20;

/** Creates the source of declarations for a folder. Parsed files are cached while their bytes stay the same. */
export function folderSource({ path, include, allowEmpty }: FolderOptions): Source {
  let cache: ReadonlyMap<string, CachedFile> = new Map();
  /** Null unless the last read was successful. */
  let lastDigest: string | null = null;
  let readCount = 0;
  let reading: Promise<unknown> = Promise.resolve();

  const read: Source['read'] = async (signal, onLoaded) => {
    lastDigest = null;
    const { revision, files } = await loadFolder(path, include, signal);
    onLoaded?.();
    cache = await parseAll(path, files, cache, signal);
    readCount += 1;
    lastDigest = digestOfFiles([...cache].map(([name, { digest }]) => ({ path: name, digest })));
    const parsedFiles = [...cache.values()].map(({ parsed }) => parsed);
    if (!allowEmpty) requireDeclarations(path, include, parsedFiles);
    return { path, revision, files: parsedFiles };
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
      const { files } = await readFiles(path, include, signal);
      return [...(await parseAll(path, files, cache, signal)).values()].map(({ parsed }) => parsed);
    },
    hasChanged: async (signal) => {
      // The files are compared with the last read, so a read in progress must end first.
      await reading;
      try {
        const { files } = await readFiles(path, include, signal);
        return digestOfFiles(files.map((file) => ({ path: file.path, digest: digestOf(file) }))) !== lastDigest;
      } catch {
        // An unreadable folder is a change only if it was readable before. The next pass reports why.
        return lastDigest !== null && !signal.aborted;
      }
    },
  };
}

type CachedFile = { readonly digest: string; readonly parsed: ParsedFile };

/** Parses the files that are not in the cache, and lets other work run in between. */
async function parseAll(
  folder: string,
  files: readonly FoundFile[],
  cache: ReadonlyMap<string, CachedFile>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, CachedFile>> {
  const all = new Map<string, CachedFile>();
  let sliceStartedAt = performance.now();
  for (const file of files) {
    if (performance.now() - sliceStartedAt > SLICE_MS) {
      await nextTurn();
      signal.throwIfAborted();
      sliceStartedAt = performance.now();
    }
    const digest = digestOf(file);
    const cached = cache.get(file.path);
    const parsed = cached?.digest === digest ? cached.parsed : parseFoundFile(join(folder, file.path), file);
    all.set(file.path, { digest, parsed });
  }
  return all;
}

function digestOf(file: FoundFile): string {
  return 'fault' in file ? `fault:${file.fault}` : hash('sha256', file.bytes);
}

function digestOfFiles(files: readonly { readonly path: string; readonly digest: string }[]): string {
  return hash('sha256', files.map(({ path, digest }) => `${path}\0${digest}`).join('\0'));
}
