import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { describeErrorCode, errorCodeOrMessage } from '../core/base/errno.ts';

/** A file to write. Unless it replaces a file, nothing may exist at its path. */
export type FileToWrite = {
  readonly path: string;
  readonly text: string;
  readonly replaces: boolean;
  /** The content of the file to replace. If it is another one now, the file is not replaced. */
  readonly replaced?: Uint8Array;
};

/** The files that were written, in order, and the error that stopped the rest; null if all were written. */
export type Written<File> = {
  readonly written: readonly File[];
  readonly fault: { readonly path: string; readonly message: string } | null;
};

export type WriteFolders = {
  /** Created if it does not exist. */
  readonly folder: string;
  /** The same folder, or a parent of it. No link may lead outside it. */
  readonly root: string;
};

/** The permission bits of a file mode. */
const PERMISSIONS = 0o777;

/**
 * Writes files. First writes all of them next to their destinations, under names that begin with a dot and are therefore never read as
 * declarations. Most errors occur at that point, before anything has changed. Never follows a link. A replaced file keeps its mode.
 */
export function writeFiles<File extends FileToWrite>(
  files: readonly File[],
  { folder, root }: WriteFolders,
): Written<File> {
  if (files.length === 0) return { written: [], fault: null };
  const temporaryPaths = new Map(files.map((file) => [file, join(dirname(file.path), `.import-${randomUUID()}`)]));
  const written: File[] = [];
  let currentPath = folder;
  try {
    makeFolder(folder);
    const realRoot = realpathSync.native(root);
    for (const [file, temporaryPath] of temporaryPaths) {
      currentPath = file.path;
      if (!isWithin(realRoot, dirname(file.path))) {
        throw new Error('expected a file in the folder, found a link that points outside it');
      }
      writeFileSync(temporaryPath, file.text, { flag: 'wx' });
      if (file.replaces) chmodSync(temporaryPath, lstatSync(file.path).mode & PERMISSIONS);
    }
    for (const [file, temporaryPath] of temporaryPaths) {
      currentPath = file.path;
      if (file.replaces) replaceFile(temporaryPath, file);
      else createFile(temporaryPath, file.path);
      written.push(file);
    }
    return { written, fault: null };
  } catch (error) {
    return { written, fault: { path: currentPath, message: describe(error) } };
  } finally {
    for (const temporaryPath of temporaryPaths.values()) removeIfPresent(temporaryPath);
  }
}

function isWithin(root: string, folder: string): boolean {
  const realPath = realpathSync.native(folder);
  return realPath === root || realPath.startsWith(root.endsWith(sep) ? root : root + sep);
}

function replaceFile(temporaryPath: string, { path, replaced }: FileToWrite): void {
  // Replacing a link would leave the file that it points to unchanged, and declared a second time.
  if (!lstatSync(path).isFile()) throw new Error('expected a regular file, found a link');
  if (replaced !== undefined && !readFileSync(path).equals(replaced)) {
    throw new Error('the file has changed in the meantime; run the command again');
  }
  renameSync(temporaryPath, path);
}

/** Creates a file by a hard link, which never replaces an existing file, not even one that was created a moment ago. */
function createFile(temporaryPath: string, path: string): void {
  try {
    linkSync(temporaryPath, path);
  } catch (error) {
    // Some file systems do not support hard links.
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw error;
    renameSync(temporaryPath, path);
  }
}

function removeIfPresent(temporaryPath: string): void {
  try {
    rmSync(temporaryPath, { force: true });
  } catch {
    // The write error has been returned already, and a remaining temporary file is never read as a declaration.
  }
}

function describe(error: unknown): string {
  const code = errorCodeOrMessage(error);
  return /^E[A-Z0-9]+$/.test(code) ? `cannot be written: ${describeErrorCode(code)}` : code;
}

/** Creates a folder and its missing parents one by one: with `recursive`, `mkdirSync` never returns below some system folders. */
function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let path = resolve(folder); !existsSync(path) && dirname(path) !== path; path = dirname(path))
    missing.unshift(path);
  for (const path of missing) mkdirSync(path);
}
