import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { errnoText, errorCode } from '../core/base/errno.ts';

/** A file for the folder. Where it does not replace one, none may be at its path. */
export type FileToWrite = { readonly path: string; readonly text: string; readonly replaces: boolean };

/** What was written, in order; and what went wrong with which file, where something did. */
export type Written<File> = {
  readonly written: readonly File[];
  readonly fault: { readonly path: string; readonly message: string } | null;
};

export type WriteFolders = {
  /** The folder that is made where it is not there yet. */
  readonly folder: string;
  /** It, or one that holds it: what no link may lead out of. */
  readonly root: string;
};

/**
 * Writes files. All are written beside their places first, under names that begin with
 * a dot and so are nobody's declarations: what goes wrong mostly goes wrong then, with nothing changed. Never follows a link. A file
 * that is replaced keeps its mode.
 */
export function writeFiles<File extends FileToWrite>(
  files: readonly File[],
  { folder, root }: WriteFolders,
): Written<File> {
  if (files.length === 0) return { written: [], fault: null };
  const beside = new Map(files.map((file) => [file, join(dirname(file.path), `.import-${randomUUID()}`)]));
  const written: File[] = [];
  let at = folder;
  try {
    makeFolder(folder);
    const within = realpathSync.native(root);
    for (const [file, temporary] of beside) {
      at = file.path;
      if (!isIn(within, dirname(file.path)))
        throw new Error('expected a file of the folder, found a link that leads out of it');
      writeFileSync(temporary, file.text, { flag: 'wx' });
      if (file.replaces) chmodSync(temporary, lstatSync(file.path).mode & MODE);
    }
    for (const [file, temporary] of beside) {
      at = file.path;
      if (file.replaces) replace(temporary, file.path);
      else place(temporary, file.path);
      written.push(file);
    }
    return { written, fault: null };
  } catch (error) {
    return { written, fault: { path: at, message: describe(error) } };
  } finally {
    for (const temporary of beside.values()) removeIfThere(temporary);
  }
}

/** Who may read, write and run a file. */
const MODE = 0o777;

function isIn(root: string, folder: string): boolean {
  const real = realpathSync.native(folder);
  return real === root || real.startsWith(root.endsWith(sep) ? root : root + sep);
}

function replace(temporary: string, path: string): void {
  // To rename over a link would leave what it names as it was, declared elsewhere.
  if (!lstatSync(path).isFile()) throw new Error('expected a regular file, found a link');
  renameSync(temporary, path);
}

/** A hard link is never made over what is there, not even over what came a moment ago. */
function place(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    // Some file systems have no hard links.
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw error;
    renameSync(temporary, path);
  }
}

function removeIfThere(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // What could not even be written has been told, and what is left over is nobody's declaration.
  }
}

function describe(error: unknown): string {
  const code = errorCode(error);
  return /^E[A-Z0-9]+$/.test(code) ? `cannot be written: ${errnoText(code)}` : code;
}

/** With the folders above it. One by one: what the platform does for all of them never ends below some of the system's folders. */
function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  for (const each of missing) mkdirSync(each);
}
