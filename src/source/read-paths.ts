import { realpathSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { systemErrorCode } from '../core/base/errno.ts';
import { FailureError } from '../core/base/failure.ts';
import { decodeUtf8 } from '../core/load/encoding.ts';
import type { ParsedFile } from '../core/load/declaration.ts';
import type { FolderOptions } from './folder-source.ts';
import type { FoundFile } from './list-files.ts';
import { loadFolder, parseFoundFile, requireDeclarations } from './load-folder.ts';
import { readFile, unreadable } from './read-file.ts';

export type PathsContent = {
  readonly files: readonly ParsedFile[];
  /** Returns the text of a file as it was read; null if it is not text, or was not read. */
  readonly textOf: (file: string) => string | null;
  /** One for each folder that cannot be read, and for each path that does not exist. */
  readonly errors: readonly string[];
};

/** With `onlyFolders`, each path must be a folder. */
export type PathOptions = Omit<FolderOptions, 'path'> & { readonly onlyFolders: boolean };

/**
 * Reads files and folders. `include` selects the files of a folder, but does not apply to files given by path. A file given twice is
 * read once. A file that cannot be read is a problem, because it may declare something. A folder that cannot be read and a path that
 * does not exist are errors. The other paths are still read.
 */
export async function readPaths(
  paths: readonly string[],
  { include, allowEmpty, onlyFolders }: PathOptions,
  signal: AbortSignal,
): Promise<PathsContent> {
  const found = new Map<string, { readonly name: string; readonly file: FoundFile }>();
  const errors: string[] = [];
  const add = (name: string, file: FoundFile) => {
    const key = realPathOrSelf(name);
    if (!found.has(key)) found.set(key, { name, file });
  };
  for (const path of paths) {
    if (!onlyFolders && !isFolder(path)) {
      const file = readFileIfPresent(path);
      if (file !== null) add(normalize(path), file);
      else errors.push(`${path}: expected a file or a folder, found nothing there (or a broken link)`);
      continue;
    }
    try {
      const { files } = await loadFolder(path, include, signal);
      const parsed = files.map((file) => parseFoundFile(join(path, file.path), file));
      for (const file of files) add(join(path, file.path), file);
      if (!allowEmpty) requireDeclarations(path, include, parsed);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      errors.push(error.message);
    }
  }
  const all = [...found.values()];
  const byName = new Map(all.map(({ name, file }) => [name, file]));
  return {
    files: all.map(({ name, file }) => parseFoundFile(name, file)),
    textOf: (name) => {
      const file = byName.get(name);
      const decoded = file === undefined || 'fault' in file ? null : decodeUtf8(file.bytes);
      return decoded !== null && 'text' in decoded ? decoded.text : null;
    },
    errors,
  };
}

function realPathOrSelf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // Reading the file reports the error.
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Reading the file reports the error.
  }
}

/** Returns null if nothing is at the path. */
function readFileIfPresent(path: string): FoundFile | null {
  try {
    return { path, ...readFile(path) };
  } catch (error) {
    const code = systemErrorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : { path, ...unreadable(error) };
  }
}
