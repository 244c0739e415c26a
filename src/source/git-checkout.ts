import { lstatSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isNotFound, readFile } from './read-file.ts';

/*
 * The state of a git checkout, read from its files without running git: https://git-scm.com/docs/gitrepository-layout
 *
 * The files are read with the same care as declarations, because others may be able to write them, in particular in parent folders: nothing
 * but regular files is read, and no more than a limit.
 */

/** Packed references can have thousands of lines. All other files have one. */
const MAX_LINE_BYTES = 4096;
const MAX_PACKED_REFS_BYTES = 16 * 1024 * 1024;

const HASH = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** An older lock file is left from a git process that died. */
const MAX_LOCK_AGE_MS = 60_000;

/**
 * Returns the commit in a folder, from the name of git-sync's worktree (`.worktrees/<hash>`) or from the checkout around the folder.
 * Returns null if there is none or it cannot be read: a revision is only information, never a reason to fail.
 */
export function revisionOf(root: string): string | null {
  const worktree = gitSyncRevision(root);
  if (worktree !== null) return worktree;
  try {
    const gitFolder = findGitFolder(root);
    return gitFolder === null ? null : readHead(gitFolder);
  } catch {
    return null; // Git may be writing its files right now. The next pass reads them complete.
  }
}

/** Returns the commit in the name of git-sync's worktree; null if the folder is not in one. */
export function gitSyncRevision(root: string): string | null {
  return /[/\\]\.worktrees[/\\]([0-9a-f]{40,64})(?:[/\\]|$)/.exec(root)?.[1] ?? null;
}

/** The state of the checkout around a folder. */
export type CheckoutState = {
  /** Whether git is changing the files right now. */
  readonly isBusy: boolean;
  /** Changes whenever git has changed the files. */
  readonly identity: string;
};

const NO_CHECKOUT: CheckoutState = { isBusy: false, identity: '' };

/** Returns the state of the checkout around a folder. Git creates `index.lock` before it changes files, and renames it to `index` afterwards. */
export function checkoutState(root: string): CheckoutState {
  try {
    return readState(root);
  } catch {
    return NO_CHECKOUT; // A git folder that this user may not read must not keep the files from being read.
  }
}

function readState(root: string): CheckoutState {
  const gitFolder = findGitFolder(root);
  if (gitFolder === null) return NO_CHECKOUT;
  const lock = statSync(join(gitFolder, 'index.lock'), { throwIfNoEntry: false });
  const index = statSync(join(gitFolder, 'index'), { bigint: true, throwIfNoEntry: false });
  return {
    isBusy: lock !== undefined && Math.abs(Date.now() - lock.mtimeMs) < MAX_LOCK_AGE_MS,
    // Both, because git replaces the index before it updates HEAD.
    identity: `${index?.ino}:${index?.mtimeNs}:${index?.size}:${readHead(gitFolder)}`,
  };
}

/** Finds the nearest `.git`: a folder, or in a worktree a file that contains the path of one. Returns null if it cannot be trusted. */
function findGitFolder(start: string): string | null {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, '.git');
    const stats = statSync(candidate, { throwIfNoEntry: false });
    if (stats !== undefined) {
      const gitFolder = stats.isDirectory() ? candidate : gitFolderNamedIn(candidate);
      if (gitFolder === null) return null;
      return isTrusted(start, [lstatSync(candidate), stats, statSync(gitFolder)]) ? gitFolder : null;
    }
    if (dirname(folder) === folder) return null;
  }
}

/** Returns the git folder that the file `.git` of a worktree names; null if it names none. */
export function gitFolderNamedIn(file: string): string | null {
  const target = /^gitdir: (.+)$/m.exec(readLine(file) ?? '')?.[1];
  return target === undefined ? null : resolve(dirname(file), target);
}

/**
 * Whether a `.git` belongs to this user, to root, or to the owner of the folder of declarations, who decides about the services anyway. Git
 * has the same reason for `safe.directory`: in `/tmp`, anyone can make a checkout of all folders in it. One with a fresh `index.lock` would
 * stop every pass.
 */
function isTrusted(folder: string, entries: readonly Stats[]): boolean {
  const user = process.geteuid?.();
  if (user === undefined) return true; // Windows has no such owners.
  const trusted = new Set([0, user, statSync(folder).uid]);
  return entries.every(({ uid }) => trusted.has(uid));
}

function readHead(gitFolder: string): string | null {
  const head = readLine(join(gitFolder, 'HEAD'));
  const ref = /^ref: (refs\/.+)$/.exec(head ?? '')?.[1];
  if (ref === undefined) return hashOrNull(head);
  if (ref.split('/').includes('..')) return null;
  const commonDir = resolve(gitFolder, readLine(join(gitFolder, 'commondir')) ?? '');
  for (const folder of [gitFolder, commonDir]) {
    const looseRef = readLine(join(folder, ref));
    if (looseRef !== null) return hashOrNull(looseRef);
  }
  const packedRefs = readText(join(commonDir, 'packed-refs'), MAX_PACKED_REFS_BYTES) ?? '';
  const line = packedRefs.split('\n').find((each) => each.endsWith(` ${ref}`));
  return hashOrNull(line?.split(' ')[0] ?? null);
}

/** Returns the content of a file with one line; null if there is no file. Throws an error if it cannot be read. */
function readLine(path: string): string | null {
  return readText(path, MAX_LINE_BYTES)?.trim() ?? null;
}

function readText(path: string, maxBytes: number): string | null {
  try {
    const content = readFile(path, maxBytes);
    if ('fault' in content) throw new Error(`${path}: ${content.fault}`);
    return content.bytes.toString('utf8');
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** Returns null for anything but a hash: while git writes a file, it can be empty for a moment. */
function hashOrNull(text: string | null): string | null {
  return text !== null && HASH.test(text) ? text : null;
}
