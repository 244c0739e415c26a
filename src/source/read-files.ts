import { setTimeout as sleep } from 'node:timers/promises';
import type { FileRules } from './file-rules.ts';
import { asError, folderVersion, isUnchanged } from './folder-version.ts';
import { listFiles } from './list-files.ts';
import type { FoundFile, Listing, ReadHooks } from './list-files.ts';
import { isNotFound } from './read-file.ts';

export type FolderFiles = {
  /** The real path of the folder while it was read. */
  readonly root: string;
  /** The commit in the folder; null if it is unknown. */
  readonly revision: string | null;
  /** The same as of the `FolderVersion`. */
  readonly identity: string;
  readonly isReplacedAsWhole: boolean;
  /** Sorted by path. */
  readonly files: readonly FoundFile[];
  /** The paths of files that look like declarations and are not read. */
  readonly unread: readonly string[];
};

/** How long to retry while a folder keeps changing, and the pause between attempts. */
const RETRY_TIMEOUT_MS = 15_000;
const RETRY_PAUSE_MS = 20;
/** While a link is replaced, its target can be missing for a moment. A missing folder stays missing. */
const MAX_MISSING_IN_A_ROW = 5;

/**
 * Reads all files of a folder that hold declarations or values, as of one moment. Waits until git has finished changing the folder, reads from its real path,
 * and starts again if the folder was replaced during the attempt, as git-sync and the kubelet do. Each attempt is synchronous, because
 * this is several times faster for thousands of small files.
 *
 * Throws the system's error if the folder itself cannot be read, and an error with a message if the folder keeps changing.
 */
export async function readFiles(
  folder: string,
  rules: FileRules,
  signal?: AbortSignal,
  hooks?: ReadHooks,
): Promise<FolderFiles> {
  signal?.throwIfAborted(); // Later, the pause between two attempts throws.
  return readUntilUnchanged(folder, rules, signal, hooks);
}

async function readUntilUnchanged(
  folder: string,
  rules: FileRules,
  signal?: AbortSignal,
  hooks?: ReadHooks,
): Promise<FolderFiles> {
  const deadline = performance.now() + RETRY_TIMEOUT_MS;
  for (let missingInARow = 0; ; await sleep(RETRY_PAUSE_MS, undefined, { signal })) {
    const isLastAttempt = performance.now() > deadline;
    const version = folderVersion(folder);
    if (version instanceof Error) {
      missingInARow += 1;
      if (!isNotFound(version) || missingInARow === MAX_MISSING_IN_A_ROW) throw version;
      continue;
    }
    missingInARow = 0;
    const listing = version.isBusy ? null : tryToList(version.root, rules, hooks);
    if (listing instanceof Error && (!isNotFound(listing) || isLastAttempt)) throw listing;
    if (listing !== null && !(listing instanceof Error) && isUnchanged(version, folder) && listing.isCurrent()) {
      const { root, revision, identity, isReplacedAsWhole } = version;
      const { files, unread } = listing;
      return { root, revision, identity, isReplacedAsWhole, files, unread };
    }
    if (isLastAttempt) {
      throw new Error(
        version.isBusy ? 'git is changing it (.git/index.lock exists)' : 'it keeps changing while it is read',
      );
    }
  }
}

/** Returns the error instead of throwing it: a file that disappears during an attempt means that the folder was replaced. */
function tryToList(root: string, rules: FileRules, hooks?: ReadHooks): Listing | Error {
  const startedAt = performance.now();
  try {
    return listFiles(root, rules, hooks);
  } catch (error) {
    return asError(error);
  } finally {
    hooks?.onBlocked?.(performance.now() - startedAt);
  }
}
