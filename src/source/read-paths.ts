import { realpathSync, statSync } from 'node:fs';
import { join, normalize, sep } from 'node:path';
import { systemErrorCode } from '../core/base/errno.ts';
import { FailureError } from '../core/base/failure.ts';
import { decodeUtf8 } from '../core/load/encoding.ts';
import type { ParsedFile } from '../core/load/declaration.ts';
import { readValues } from '../core/load/values/values.ts';
import type { Values } from '../core/load/values/values.ts';
import type { FileRules } from './file-rules.ts';
import type { FolderOptions } from './folder-source.ts';
import { readValuesFile } from './list-files.ts';
import type { FoundFile } from './list-files.ts';
import { loadFolder, parseFoundFile, requireDeclarations, toValuesFile, valuesProblems } from './load-folder.ts';
import { asFile, readFile, unreadable } from './read-file.ts';

export type PathsContent = {
  readonly files: readonly ParsedFile[];
  /** Returns the text of a file as it was read; null if it is not text, or was not read. */
  readonly textOf: (file: string) => string | null;
  /** One for each folder that cannot be read, and for each path that does not exist. */
  readonly errors: readonly string[];
  /** Files that look like declarations and are not read. */
  readonly unread: readonly string[];
};

/** With `onlyFolders`, each path must be a folder. */
export type PathOptions = Omit<FolderOptions, 'path'> & {
  readonly onlyFolders: boolean;
  /** The folder that holds the values of files given by path. */
  readonly services: string;
  /** The content of standard input, which the path `-` names. */
  readonly standardInput?: Buffer | null;
};

/** The name of standard input in messages. */
const STANDARD_INPUT = 'stdin';

/** A file by the path that messages use, and what its content means. */
type NamedFile = { readonly name: string; readonly file: FoundFile; readonly parsed: ParsedFile };

/**
 * Reads files and folders. `include` and `exclude` select the files of a folder, but do not apply to files given by path. A file given
 * twice is read once. A file that cannot be read is a problem, because it may declare something. A folder that cannot be read and a path
 * that does not exist are errors. The other paths are still read.
 */
export async function readPaths(
  paths: readonly string[],
  options: PathOptions,
  signal: AbortSignal,
): Promise<PathsContent> {
  const { rules, allowEmpty, onlyFolders, standardInput = null } = options;
  const unread = new Set<string>();
  const found = new Map<string, NamedFile>();
  const errors: string[] = [];
  const add = (named: NamedFile) => {
    const key = realPathOrSelf(named.name);
    if (!found.has(key)) found.set(key, named);
  };
  const shared = folderValues(options.services, rules);
  for (const path of paths) {
    if (path === '-' && standardInput !== null) {
      add(shared.parse(STANDARD_INPUT, { path: STANDARD_INPUT, ...asFile(standardInput) }));
      continue;
    }
    if (!onlyFolders && !isFolder(path)) {
      const file = readFileIfPresent(path);
      if (file !== null) add(shared.parse(normalize(path), file));
      else errors.push(`${path}: expected a file or a folder, found nothing there (or a broken link)`);
      continue;
    }
    try {
      const { named, unread: inFolder } = await readFolder(path, rules, { shared, signal });
      for (const each of inFolder) unread.add(each);
      for (const file of named) add(file);
      if (!allowEmpty)
        requireDeclarations(
          path,
          rules,
          named.map(({ parsed }) => parsed),
        );
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      errors.push(error.message);
    }
  }
  const byName = new Map([...found.values()].map(({ name, file }) => [name, file]));
  return {
    files: [...found.values()].map(({ parsed }) => parsed),
    textOf: (name) => {
      const file = byName.get(name);
      const decoded = file === undefined || 'fault' in file ? null : decodeUtf8(file.bytes);
      return decoded !== null && 'text' in decoded ? decoded.text : null;
    },
    errors,
    unread: [...unread],
  };
}

type ReadFolderOptions = { readonly shared: FolderValues; readonly signal: AbortSignal };

/** Reads a folder with its own values, or with the shared ones if it is a part of the folder of the settings. */
async function readFolder(
  path: string,
  rules: FileRules,
  { shared, signal }: ReadFolderOptions,
): Promise<{ readonly named: readonly NamedFile[]; readonly unread: readonly string[] }> {
  const hasSharedValues = realPathOrSelf(path).startsWith(shared.root + sep);
  const { values: _, ...withoutValues } = rules;
  const { files, unread } = await loadFolder(path, hasSharedValues ? withoutValues : rules, signal);
  const values = hasSharedValues ? shared : folderValues(path, rules);
  return {
    named: files.map((file) => values.parse(join(path, file.path), file)),
    unread: unread.map((each) => join(path, each)),
  };
}

/** The values of a folder. */
type FolderValues = {
  /** The real path of the folder. */
  readonly root: string;
  /** Parses a file, which may itself be one of the values files. */
  readonly parse: (name: string, file: FoundFile) => NamedFile;
};

function folderValues(folder: string, { values: paths = [] }: FileRules): FolderValues {
  const root = realPathOrSelf(folder);
  const nameByRealPath = new Map(paths.map((path) => [realPathOrSelf(join(root, path)), join(folder, path)]));
  let values: Values | null = null;
  return {
    root,
    parse: (name, file) => {
      if (paths.length === 0) return { name, file, parsed: parseFoundFile(name, file, null) };
      values ??= readValues(
        paths.map((path) => toValuesFile(join(folder, path), { path, ...readValuesFile(root, path) })),
      );
      const valuesName = nameByRealPath.get(realPathOrSelf(name));
      const parsed = valuesName === undefined ? parseFoundFile(name, file, values) : valuesProblems(valuesName, values);
      return { name, file, parsed };
    },
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
