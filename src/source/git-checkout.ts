import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/*
 * What git says about a folder, read from its files without running it: https://git-scm.com/docs/gitrepository-layout
 */

const HASH = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** A lock that is older was left by a git that died; git does not touch it while it is at work. */
const LONGEST_LOCK_MS = 60_000;

/**
 * The commit that a folder holds: from git-sync's worktree (`.worktrees/<hash>`), or from the checkout around it.
 * Null where there is none, or none that can be read: a revision is information, never a reason to fail.
 */
export function revisionOf(root: string): string | null {
  const worktree = /[/\\]\.worktrees[/\\]([0-9a-f]{40,64})(?:[/\\]|$)/.exec(root)?.[1];
  if (worktree !== undefined) return worktree;
  try {
    const gitFolder = findGitFolder(root);
    return gitFolder === null ? null : headOf(gitFolder);
  } catch {
    return null; // Half-written by a git that runs right now; the next pass sees it whole.
  }
}

/** The state of the checkout around a folder. */
export type CheckoutState = {
  /** Git is changing the files right now. */
  readonly busy: boolean;
  /** Another text whenever git has changed the files since. */
  readonly identity: string;
};

/** Git takes `index.lock` before it touches the files of a checkout, and makes it the new index when it is done. */
export function checkoutState(root: string): CheckoutState {
  try {
    return stateOf(root);
  } catch {
    return NO_CHECKOUT; // A git folder of somebody else's: what may not be looked into is no reason not to read the files.
  }
}

const NO_CHECKOUT: CheckoutState = { busy: false, identity: '' };

function stateOf(root: string): CheckoutState {
  const gitFolder = findGitFolder(root);
  if (gitFolder === null) return NO_CHECKOUT;
  const lock = statSync(join(gitFolder, 'index.lock'), { throwIfNoEntry: false });
  const index = statSync(join(gitFolder, 'index'), { bigint: true, throwIfNoEntry: false });
  return {
    busy: lock !== undefined && Math.abs(Date.now() - lock.mtimeMs) < LONGEST_LOCK_MS,
    // The index is exchanged before HEAD is.
    identity: `${index?.ino}:${index?.mtimeNs}:${index?.size}:${headOf(gitFolder)}`,
  };
}

/** The nearest `.git`: a folder, or in a worktree a file that names one. */
function findGitFolder(start: string): string | null {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, '.git');
    const stats = statSync(candidate, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) return candidate;
    if (stats?.isFile() === true) {
      const target = /^gitdir: (.+)$/m.exec(readFileSync(candidate, 'utf8'))?.[1];
      return target === undefined ? null : resolve(folder, target);
    }
    if (dirname(folder) === folder) return null;
  }
}

function headOf(gitFolder: string): string | null {
  const head = readFileSync(join(gitFolder, 'HEAD'), 'utf8').trim();
  const ref = /^ref: (.+)$/.exec(head)?.[1];
  if (ref === undefined) return hashOrNull(head);
  const shared = join(gitFolder, 'commondir');
  const common = existsSync(shared) ? resolve(gitFolder, readFileSync(shared, 'utf8').trim()) : gitFolder;
  for (const folder of [gitFolder, common]) {
    const loose = join(folder, ref);
    if (existsSync(loose)) return hashOrNull(readFileSync(loose, 'utf8').trim());
  }
  const packed = join(common, 'packed-refs');
  if (!existsSync(packed)) return null;
  const line = readFileSync(packed, 'utf8')
    .split('\n')
    .find((each) => each.endsWith(` ${ref}`));
  return hashOrNull(line?.split(' ')[0] ?? '');
}

/** A git that writes right now can leave an empty file for a moment. */
function hashOrNull(text: string): string | null {
  return HASH.test(text) ? text : null;
}
