import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/*
 * The state of a git checkout, read from its files without running git: https://git-scm.com/docs/gitrepository-layout
 */

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

/** Finds the nearest `.git`: a folder, or in a worktree a file that contains the path of one. */
function findGitFolder(start: string): string | null {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, '.git');
    const stats = statSync(candidate, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) return candidate;
    if (stats?.isFile() === true) return gitFolderNamedIn(readFileSync(candidate, 'utf8'), folder);
    if (dirname(folder) === folder) return null;
  }
}

/** Returns the git folder that the file `.git` of a worktree names; null if it names none. */
export function gitFolderNamedIn(text: string, worktree: string): string | null {
  const target = /^gitdir: (.+)$/m.exec(text)?.[1];
  return target === undefined ? null : resolve(worktree, target);
}

function readHead(gitFolder: string): string | null {
  const head = readFileSync(join(gitFolder, 'HEAD'), 'utf8').trim();
  const ref = /^ref: (.+)$/.exec(head)?.[1];
  if (ref === undefined) return hashOrNull(head);
  const commonDirFile = join(gitFolder, 'commondir');
  const commonDir = existsSync(commonDirFile)
    ? resolve(gitFolder, readFileSync(commonDirFile, 'utf8').trim())
    : gitFolder;
  for (const folder of [gitFolder, commonDir]) {
    const looseRef = join(folder, ref);
    if (existsSync(looseRef)) return hashOrNull(readFileSync(looseRef, 'utf8').trim());
  }
  const packedRefs = join(commonDir, 'packed-refs');
  if (!existsSync(packedRefs)) return null;
  const line = readFileSync(packedRefs, 'utf8')
    .split('\n')
    .find((each) => each.endsWith(` ${ref}`));
  return hashOrNull(line?.split(' ')[0] ?? '');
}

/** Returns null for anything but a hash: while git writes a file, it can be empty for a moment. */
function hashOrNull(text: string): string | null {
  return HASH.test(text) ? text : null;
}
