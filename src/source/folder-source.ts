import { hash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { errorCode } from '../core/base/errno.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import { decodeUtf8 } from '../core/load/encoding.ts';
import { parseFile, unreadableFile } from '../core/load/parse-file.ts';
import type { ParsedFile } from '../core/load/parse-file.ts';
import type { Source } from '../core/load/source.ts';
import { readFiles } from './read-files.ts';
import type { Files, FoundFile } from './read-files.ts';

export type FolderOptions = {
  readonly path: string;
  /** Globs, relative to the folder. */
  readonly include: readonly string[];
  /** Whether a folder without any declaration is a folder, and not a mistake. */
  readonly allowEmpty: boolean;
};

/** Thousands of new files take seconds to parse: so long at a time the process may do nothing else. */
const SLICE_MS = 20;

/** The declarations in a folder of the file system. What was parsed once is kept while the file's bytes stay the same. */
export function folderSource({ path, include, allowEmpty }: FolderOptions): Source {
  let cache = new Map<string, { readonly digest: string; readonly parsed: ParsedFile }>();
  let lastRead: string | null = null;
  let readCount = 0;
  let reading: Promise<unknown> = Promise.resolve();

  const read: Source['read'] = async (signal, onLoaded) => {
    lastRead = null;
    const { revision, files } = await loadFolder(path, include, signal);
    onLoaded?.();
    const next: typeof cache = new Map();
    let sliceBegan = performance.now();
    for (const file of files) {
      if (performance.now() - sliceBegan > SLICE_MS) {
        await turn();
        signal.throwIfAborted();
        sliceBegan = performance.now();
      }
      const digest = digestOf(file);
      const known = cache.get(file.path);
      const parsed = known?.digest === digest ? known.parsed : parse(join(path, file.path), file);
      next.set(file.path, { digest, parsed });
    }
    cache = next;
    readCount += 1;
    lastRead = digestOfAll([...next].map(([path, { digest }]) => ({ path, digest })));
    const parsedFiles = [...next.values()].map(({ parsed }) => parsed);
    if (!allowEmpty) refuseEmpty(path, include, parsedFiles);
    return { path, revision, files: parsedFiles };
  };

  return {
    path,
    readCount: () => readCount,
    read: async (signal, onLoaded) => {
      const result = read(signal, onLoaded);
      reading = result.catch(() => {}); // Whoever reads is told.
      return result;
    },
    hasChanged: async (signal) => {
      // What is being read is not known yet.
      await reading;
      try {
        const { files } = await readFiles(path, include, signal);
        return digestOfAll(files.map((file) => ({ path: file.path, digest: digestOf(file) }))) !== lastRead;
      } catch {
        // Unreadable now: news only if it was readable before. The pass that follows says what is wrong.
        return lastRead !== null && !signal.aborted;
      }
    },
  };
}

/** Reads the files of a folder as of one moment. Throws a `FailureError` when it cannot, and the reason of the signal when that is aborted. */
export async function loadFolder(path: string, include: readonly string[], signal: AbortSignal): Promise<Files> {
  try {
    return await readFiles(path, include, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new FailureError(failure('source', describe(path, error)), { cause: error });
  }
}

/** Throws a `FailureError` when not one of the files of a folder declares anything. */
export function refuseEmpty(path: string, include: readonly string[], files: readonly ParsedFile[]): void {
  if (files.some((file) => file.declarations.length > 0 || file.skipped.length > 0)) return;
  const message = `${path}: expected at least one declaration (${include.join(', ')}), found none; set allow_empty if that is meant`;
  throw new FailureError(failure('source', message));
}

/** What a file says, under the name by which people know it. */
export function parse(name: string, file: FoundFile): ParsedFile {
  if ('fault' in file) return unreadableFile(name, file.fault);
  const decoded = decodeUtf8(file.bytes);
  return 'text' in decoded
    ? parseFile(name, decoded.text)
    : unreadableFile(name, decoded.fault, file.bytes.toString('latin1'), decoded);
}

function digestOf(file: FoundFile): string {
  return 'fault' in file ? `fault:${file.fault}` : hash('sha256', file.bytes);
}

function digestOfAll(files: readonly { readonly path: string; readonly digest: string }[]): string {
  return hash('sha256', files.map(({ path, digest }) => `${path}\0${digest}`).join('\0'));
}

function describe(path: string, error: unknown): string {
  const code = errorCode(error);
  switch (code) {
    case 'ENOENT':
      return `${path}: expected a folder of declarations, found nothing there (or a link that leads nowhere)`;
    case 'ENOTDIR':
      return `${path}: expected a folder of declarations, found a file`;
    case 'EACCES':
    case 'EPERM':
      return `${path}: the folder cannot be read: permission denied`;
    case 'ELOOP':
      return `${path}: expected a folder of declarations, found links that lead in a circle`;
    default:
      return `${path}: the folder cannot be read: ${code}`;
  }
}
