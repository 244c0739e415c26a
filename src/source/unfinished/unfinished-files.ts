import type { FoundFile } from '../list-files.ts';
import type { FileStamp } from '../read-file.ts';
import type { FolderFiles } from '../read-files.ts';
import { looksComplete } from './looks-complete.ts';

/** A file with the hash of its content. */
export type HashedFile = FoundFile & {
  readonly digest: string;
  /** Set if the file is still being written. It then has its last complete content, if that is known. */
  readonly isUnfinished?: true;
};

export type CheckedFiles = {
  readonly files: readonly HashedFile[];
  /** Milliseconds until the first unfinished file can be complete; null if there is none. */
  readonly unfinishedMs: number | null;
};

/**
 * How long a file must stay as it is before it is used. Most programs save a file at once, so content that looks complete needs little
 * time, and at most `MAX_COMPLETE_MS` if it keeps being replaced. A file that is written bit by bit needs more than its longest pause.
 */
const COMPLETE_MS = 100;
const MAX_COMPLETE_MS = 500;
const INCOMPLETE_MS = 2000;
const PAUSE_FACTOR = 3;
const MAX_QUIET_MS = 10_000;

/** The content of a file that was used last. */
type Used = { readonly digest: string; readonly bytes: Buffer; readonly stamp: FileStamp };

/** Content that has not been used yet. Times are of a monotonic clock. */
type Pending = {
  readonly digest: string;
  readonly bytes: Buffer;
  /** When the file was first found changed. */
  readonly since: number;
  readonly changedAt: number;
  /** The longest time after which the file was found longer; 0 if it has not grown. */
  readonly longestPauseMs: number;
};

/**
 * Returns a function that finds the files that are still being written. No system call says so: a file is unfinished while its content is
 * new, was written in place, and has not been quiet for long enough.
 */
export function unfinishedFiles(
  now: () => number,
): (found: FolderFiles, hashed: readonly HashedFile[]) => CheckedFiles {
  let used: ReadonlyMap<string, Used> = new Map();
  let pending: ReadonlyMap<string, Pending> = new Map();
  let lastIdentity: string | null = null;

  return (found, hashed) => {
    const nextUsed = new Map<string, Used>();
    const nextPending = new Map<string, Pending>();
    const folder: FolderState = {
      isFirst: lastIdentity === null,
      isReplacedAsWhole: found.isReplacedAsWhole,
      isNewVersion: lastIdentity !== null && found.identity !== lastIdentity,
    };
    lastIdentity = found.identity;
    let unfinishedMs: number | null = null;

    const files = hashed.map((file): HashedFile => {
      if ('fault' in file || file.stamp === undefined) return file;
      const { path, digest, bytes, stamp } = file;
      const known = used.get(path);
      if (known?.digest === digest) {
        // The bytes of the earlier read are kept, so that those of this one can be freed.
        nextUsed.set(path, { ...known, stamp });
        return file;
      }
      const content = nextContent(pending.get(path), bytes, digest, now());
      const remainingMs = isWhole(stamp, known, folder) ? 0 : remaining(content, known, stamp, folder, now());
      if (remainingMs <= 0) {
        nextUsed.set(path, { digest, bytes, stamp });
        return file;
      }
      nextPending.set(path, content);
      if (known !== undefined) nextUsed.set(path, known);
      unfinishedMs = Math.min(unfinishedMs ?? Infinity, remainingMs);
      return { path, digest: `unfinished:${known?.digest}`, bytes: known?.bytes ?? bytes, isUnfinished: true };
    });
    used = nextUsed;
    pending = nextPending;
    return { files, unfinishedMs };
  };
}

type FolderState = Pick<FolderFiles, 'isReplacedAsWhole'> & {
  /** Whether nothing is known of the files yet. */
  readonly isFirst: boolean;
  /** Whether git or another program has replaced the folder, or changed its checkout, since the last check. */
  readonly isNewVersion: boolean;
};

/**
 * Whether a file was not written at its place, or by git. A rename, like the copy of a time, sets only the time of the last change. Git
 * creates a new file, whose number can be that of the deleted one.
 */
function isWhole(stamp: FileStamp, known: Used | undefined, { isReplacedAsWhole, isNewVersion }: FolderState): boolean {
  const isSameFile = stamp.ino === known?.stamp.ino && stamp.birthtimeMs === known.stamp.birthtimeMs;
  return isReplacedAsWhole || stamp.mtimeMs !== stamp.ctimeMs || (isNewVersion && !isSameFile);
}

function nextContent(last: Pending | undefined, bytes: Buffer, digest: string, now: number): Pending {
  if (last === undefined) return { digest, bytes, since: now, changedAt: now, longestPauseMs: 0 };
  if (last.digest === digest) return last;
  const hasGrown = bytes.length > last.bytes.length && bytes.subarray(0, last.bytes.length).equals(last.bytes);
  const pauseMs = hasGrown ? now - last.changedAt : 0;
  return { ...last, digest, bytes, changedAt: now, longestPauseMs: Math.max(pauseMs, last.longestPauseMs) };
}

/** Returns how many milliseconds the content must still stay as it is. */
function remaining(
  content: Pending,
  known: Used | undefined,
  { mtimeMs }: FileStamp,
  { isFirst }: FolderState,
  now: number,
): number {
  const { bytes, since, changedAt, longestPauseMs } = content;
  const ageMs = Date.now() - mtimeMs;
  if (known === undefined && ageMs > INCOMPLETE_MS && longestPauseMs === 0) return 0;
  const isComplete = looksComplete(known?.bytes ?? null, bytes);
  if (isComplete && isFirst) return 0;
  if (isComplete && longestPauseMs === 0) {
    return Math.min(COMPLETE_MS - Math.max(now - changedAt, ageMs), MAX_COMPLETE_MS - (now - since));
  }
  const quietMs = Math.max(isComplete ? COMPLETE_MS : INCOMPLETE_MS, PAUSE_FACTOR * longestPauseMs);
  return Math.min(MAX_QUIET_MS, quietMs) - (now - changedAt);
}
