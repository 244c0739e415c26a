import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gitFolderNamedIn } from '../git-checkout.ts';
import { mountReader } from './mounts.ts';
import type { Mounts } from './mounts.ts';

/** Decides what can be read without waiting for another machine or another process. The answers take microseconds, also while one hangs. */
export type LocalDisk = {
  /** Whether a folder, everything mounted in it, every link on the way to it, and the git checkout around it are on local disks. */
  readonly holdsFolder: (path: string) => boolean;
  /** Whether a path leads to a local disk, and through local disks only. */
  readonly holds: (path: string) => boolean;
};

/** Linux follows at most this many links (path_resolution(7)). */
const MAX_LINKS = 40;

export function localDisk(): LocalDisk {
  const readMounts = mountReader();
  const withMounts = (check: (mounts: Mounts) => boolean) => {
    try {
      return check(readMounts());
    } catch {
      return false; // Only Linux lists the mounts like this.
    }
  };
  return {
    holdsFolder: (path) =>
      withMounts((mounts) => {
        const folder = follow(path, mounts);
        return folder !== null && mounts.areLocalBelow(folder) && isCheckoutLocal(folder, mounts);
      }),
    holds: (path) => withMounts((mounts) => follow(path, mounts) !== null),
  };
}

/**
 * Returns the real path that a path leads to; null if a file system on the way is not local. Looks at each part of the path only after
 * it is known that its file system is local. What does not exist is not on any other file system.
 */
function follow(path: string, mounts: Mounts): string | null {
  let location = '/';
  if (mounts.isLocalAt(location) !== true) return null;
  let links = 0;
  const rest = resolve(path).split('/');
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '' || name === '.') continue;
    const next = join(location, name);
    if (mounts.isLocalAt(next) === false) return null;
    const target = linkTarget(next);
    if (target === null) {
      location = next;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) return location; // Reading it reports the loop.
    if (target.startsWith('/')) location = '/';
    rest.unshift(...target.split('/'));
  }
  return location;
}

function linkTarget(path: string): string | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(path) : null;
  } catch {
    return null; // Reading it reports the error.
  }
}

/** Whether the git folder of the checkout around a folder is local, which can be a link, a mount, or in a file that names it. */
function isCheckoutLocal(root: string, mounts: Mounts): boolean {
  for (let folder = root; ; folder = dirname(folder)) {
    const candidate = join(folder, '.git');
    const git = follow(candidate, mounts);
    if (git === null) return false;
    const stats = lstatSync(git, { throwIfNoEntry: false });
    if (stats?.isFile() === true) {
      const named = gitFolderNamedIn(candidate);
      return named === null || follow(named, mounts) !== null;
    }
    if (stats?.isDirectory() === true || dirname(folder) === folder) return true;
  }
}
