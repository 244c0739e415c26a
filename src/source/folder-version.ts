import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutState, gitSyncRevision, revisionOf } from './git-checkout.ts';

/** Which version of a folder is on disk. git-sync, the kubelet and git each replace the content of a folder as a whole. */
export type FolderVersion = {
  /** The real path of the folder. */
  readonly root: string;
  /** The commit in the folder; null if it is unknown. */
  readonly revision: string | null;
  /** Whether git is changing the files right now. */
  readonly isBusy: boolean;
  /** Changes whenever the folder is replaced. Combines the real path, the link of a ConfigMap volume, and the state of the checkout. */
  readonly identity: string;
  /** Whether no file is ever written in place: a ConfigMap volume, or a worktree of git-sync. */
  readonly isReplacedAsWhole: boolean;
};

/** Returns the version of a folder, or the system's error if the folder cannot be resolved. */
export function folderVersion(folder: string): FolderVersion | Error {
  try {
    const root = realpathSync.native(folder);
    const { isBusy, identity } = checkoutState(root);
    const volume = volumeIdentity(root);
    return {
      root,
      revision: revisionOf(root),
      isBusy,
      identity: [root, volume, identity].join('\n'),
      isReplacedAsWhole: volume !== '' || gitSyncRevision(root) !== null,
    };
  } catch (error) {
    return asError(error);
  }
}

/** Whether the folder still holds this version, and nothing is changing it. */
export function isUnchanged(version: FolderVersion, folder: string): boolean {
  const current = folderVersion(folder);
  return !(current instanceof Error) && !current.isBusy && current.identity === version.identity;
}

/** Returns the state of the link of a ConfigMap volume. Includes its inode and time, because it can be changed and changed back. */
function volumeIdentity(root: string): string {
  const path = join(root, '..data');
  const link = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  // Only ConfigMap and Secret volumes have this link.
  return link?.isSymbolicLink() === true ? `${readlinkSync(path)}:${link.ino}:${link.ctimeNs}` : '';
}

/** Returns a thrown value as an `Error`. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
