import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join, sep } from 'node:path';
import { errorCodeOrMessage } from '../core/base/errno.ts';
import { isAlmostIncluded, isExcluded, isHidden, isIncluded, mayInclude } from './file-rules.ts';
import type { FileRules } from './file-rules.ts';
import { folderVersion, isUnchanged } from './folder-version.ts';
import type { FolderVersion } from './folder-version.ts';
import { isNotFound, readFile } from './read-file.ts';
import type { FileContent } from './read-file.ts';

/** A file in the folder. `path` is relative to the folder, with `/` as separator. */
export type FoundFile = { readonly path: string } & FileContent;

export type Listing = {
  /** Sorted by path. */
  readonly files: readonly FoundFile[];
  /** The paths of files that look like declarations and are not read. */
  readonly unread: readonly string[];
  /** Whether no volume and no checkout inside the folder has been replaced since the files were listed. */
  readonly isCurrent: () => boolean;
};

/**
 * Far more files than any folder of declarations contains. Counts the selected ones; and everything that is reached through links, which
 * can produce an endless number of paths.
 */
const MAX_FILES = 50_000;

/** The name of a file of declarations. A folder with such a name is probably a mistake. Other folders can match too, by `team/**`. */
const DECLARATION_NAME = /\.(?:ya?ml|json)$/i;

export type ReadHooks = {
  /** Called for every entry of the folder. */
  readonly onEntry?: () => void;
  /** Called before a link in the folder is followed, with its path. An error that it throws ends the read. */
  readonly onLink?: (path: string) => void;
  /** Called with how long reading has blocked the thread, in milliseconds. */
  readonly onBlocked?: (ms: number) => void;
};

/** Lists and reads all files below `root` that hold declarations or values. Throws the system's error if an entry disappears. */
export function listFiles(root: string, rules: FileRules, { onEntry, onLink }: ReadHooks = {}): Listing {
  const files: FoundFile[] = [];
  const unread: string[] = [];
  const nested: { readonly folder: string; readonly version: FolderVersion | Error }[] = [];
  let fileCount = 0;
  const count = () => {
    fileCount += 1;
    if (fileCount <= MAX_FILES) return;
    throw new Error(
      `more than ${MAX_FILES} files are selected, counting everything that is reached through links; narrow the setting include`,
    );
  };

  const walk = (folder: string, prefix: string, { parents, isLinked }: Way) => {
    const entries = readdirSync(folder, { withFileTypes: true }).sort(byName);
    if (folder !== root && entries.some(({ name }) => name === '..data' || name === '.git')) {
      nested.push({ folder, version: folderVersion(folder) });
    }
    const ambiguous = ambiguousNames(entries);
    for (const entry of entries) {
      onEntry?.();
      const path = prefix + entry.name;
      if (isHidden(entry.name) || isExcluded(path, rules)) continue;
      if (!ambiguous.has(entry.name)) visit(entry, folder, path, { parents, isLinked });
    }
    for (const name of ambiguous) {
      const path = prefix + name;
      if (!isIncluded(path, rules) || isExcluded(path, rules)) continue;
      files.push({
        path,
        fault: 'expected a name in UTF-8, found several names that differ only in other bytes; rename them',
      });
    }
  };
  const visit = (entry: Dirent, folder: string, path: string, { parents, isLinked }: Way) => {
    const isMatch = isIncluded(path, rules);
    if (isMatch || isLinked) count();
    if (entry.isSymbolicLink()) onLink?.(join(folder, entry.name));
    const target = resolveEntry(root, join(folder, entry.name), entry);
    if ('fault' in target) {
      if (isMatch || (target.isFolder && mayInclude(path, rules))) files.push({ path, fault: target.fault });
    } else if (entry.isSymbolicLink() ? statSync(target.realPath).isDirectory() : entry.isDirectory()) {
      // The folder is read anyway: its services must not seem undeclared because of its name.
      if (isMatch && DECLARATION_NAME.test(path)) {
        files.push({ path, fault: 'expected a file, found a folder with this name; rename the folder' });
      }
      enter(target.realPath, path, { parents, isLinked: isLinked || entry.isSymbolicLink() });
    } else readOrSkip(target.realPath, path, isMatch);
  };
  const readOrSkip = (realPath: string, path: string, isMatch: boolean) => {
    if (isMatch) files.push({ path, ...readFile(realPath) });
    else if (isAlmostIncluded(path, rules)) unread.push(path);
  };
  const enter = (folder: string, path: string, { parents, isLinked }: Way) => {
    if (!mayInclude(path, rules)) return;
    if (parents.includes(folder)) files.push({ path, fault: 'expected a folder, found a link to a parent folder' });
    else walk(folder, `${path}/`, { parents: [...parents, folder], isLinked });
  };

  walk(root, '', { parents: [root], isLinked: false });
  for (const path of rules.values ?? []) files.push({ path, ...readValuesFile(root, path) });
  return {
    files,
    unread,
    isCurrent: () =>
      nested.every(
        ({ folder, version }) => !(version instanceof Error) && !version.isBusy && isUnchanged(version, folder),
      ),
  };
}

/** How a folder was reached: the real paths of it and of its parents, and whether through a link. */
type Way = { readonly parents: readonly string[]; readonly isLinked: boolean };

/** Reads a values file. One that is missing is a fault and no error, because the folder does not seem to have been replaced. */
export function readValuesFile(root: string, path: string): FileContent {
  const fullPath = join(root, path);
  try {
    const target = followLink(root, fullPath);
    return 'fault' in target ? { fault: target.fault } : readFile(target.realPath);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { fault: 'expected a file of values, found nothing there; add it, or remove it from "values"' };
  }
}

/** Returns the names that several entries have once Node has replaced the bytes that are not UTF-8. Any of them would be read for all. */
function ambiguousNames(entries: readonly Dirent[]): ReadonlySet<string> {
  return new Set(entries.map(({ name }) => name).filter((name, index) => name === entries[index + 1]?.name));
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}

/** The real path of an entry; or why it cannot be used, and whether it is a folder, whose files are then not read either. */
type Target = { readonly realPath: string } | { readonly fault: string; readonly isFolder: boolean };

function resolveEntry(root: string, path: string, entry: Dirent): Target {
  if (entry.isSymbolicLink()) return followLink(root, path);
  // Node replaces bytes that are not UTF-8, and nothing exists under the resulting name.
  if (entry.name.includes('\uFFFD') && !existsSync(path)) {
    return { fault: 'expected a name in UTF-8, found other bytes; rename it', isFolder: entry.isDirectory() };
  }
  return { realPath: path };
}

/** Follows a link only within the folder, because files outside it were not reviewed together with it. */
function followLink(root: string, link: string): Target {
  try {
    const realPath = realpathSync.native(link);
    if (realPath === root || realPath.startsWith(root + sep)) return { realPath };
    const isFolder = statSync(realPath).isDirectory();
    return {
      fault: `expected a ${isFolder ? 'folder' : 'file'}, found a link that points outside the folder`,
      isFolder,
    };
  } catch (error) {
    // Throws if the link itself is gone, which means that the folder was replaced. Otherwise its target is missing.
    lstatSync(link);
    return { fault: `expected a file, found a broken link (${errorCodeOrMessage(error)})`, isFolder: false };
  }
}
