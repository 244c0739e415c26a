import { realpathSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { errnoText, errorCode } from '../core/base/errno.ts';
import { FailureError } from '../core/base/failure.ts';
import { decodeUtf8 } from '../core/load/encoding.ts';
import type { ParsedFile } from '../core/load/parse-file.ts';
import { readOne } from './read-files.ts';
import type { FoundFile } from './read-files.ts';
import { loadFolder, parse, refuseEmpty } from './folder-source.ts';
import type { FolderOptions } from './folder-source.ts';

/** What was read at some paths. */
export type Read = {
  readonly files: readonly ParsedFile[];
  /** The text of a file, as it was read; null where it is none. */
  readonly textOf: (file: string) => string | null;
  /** What kept a folder from being read, and what is not there at all. */
  readonly errors: readonly string[];
};

/** `onlyFolders`: each path is that of a folder, and anything else there is an error. */
export type PathOptions = Omit<FolderOptions, 'path'> & { readonly onlyFolders: boolean };

/**
 * Reads files, whatever their names, and folders, in which `include` says what is read. What is named twice is read once. A file that
 * cannot be read is a problem, for it may declare something; a folder that cannot be, and what is not there, is an error. The others are read all the same.
 */
export async function readPaths(
  paths: readonly string[],
  { include, allowEmpty, onlyFolders }: PathOptions,
  signal: AbortSignal,
): Promise<Read> {
  const found = new Map<string, { readonly name: string; readonly file: FoundFile }>();
  const errors: string[] = [];
  const add = (name: string, file: FoundFile) => {
    const place = placeOf(name);
    if (!found.has(place)) found.set(place, { name, file });
  };
  for (const path of paths) {
    if (!onlyFolders && !isFolder(path)) {
      const file = readFile(path);
      if (file === null)
        errors.push(`${path}: expected a file or a folder, found nothing there (or a link that leads nowhere)`);
      else add(normalize(path), file);
      continue;
    }
    try {
      const { files } = await loadFolder(path, include, signal);
      const parsed = files.map((file) => parse(join(path, file.path), file));
      for (const file of files) add(join(path, file.path), file);
      if (!allowEmpty) refuseEmpty(path, include, parsed);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      errors.push(error.message);
    }
  }
  const all = [...found.values()];
  const byName = new Map(all.map(({ name, file }) => [name, file]));
  return {
    files: all.map(({ name, file }) => parse(name, file)),
    textOf: (name) => {
      const file = byName.get(name);
      const decoded = file === undefined || 'fault' in file ? null : decodeUtf8(file.bytes);
      return decoded !== null && 'text' in decoded ? decoded.text : null;
    },
    errors,
  };
}

function placeOf(name: string): string {
  try {
    return realpathSync(name);
  } catch {
    return name; // It is not there, which reading it tells.
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Why it cannot be looked at is told when it is read.
  }
}

/** Null where there is nothing. */
function readFile(path: string): FoundFile | null {
  try {
    return { path, ...readOne(path) };
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : { path, fault: `cannot be read: ${errnoText(code)}` };
  }
}
