import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import type { Dirent } from 'node:fs';
import { join, matchesGlob, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoText, errorCode } from '../core/base/errno.ts';
import { checkoutState, revisionOf } from './git-checkout.ts';

/** A file of the folder: its bytes, or why it cannot be used. `path` is relative to the folder, with `/`. */
export type FoundFile = { readonly path: string } & ({ readonly bytes: Buffer } | { readonly fault: string });

export type Files = {
  /** Where the folder really was while it was read. */
  readonly root: string;
  /** The commit that it held, where that can be known. */
  readonly revision: string | null;
  /** Sorted by path. */
  readonly files: readonly FoundFile[];
};

const MOST_BYTES = 1024 * 1024;
/** Far above a folder of declarations; links from folder to folder can make an endless one out of a few. */
const MOST_ENTRIES = 50_000;
/** A glob such as `team/**` finds folders, too; a name such as these is a file's. */
const DECLARATION_NAME = /\.(?:ya?ml|json)$/i;

/** How long a folder may go on changing under the reader, and how often to look whether it has stopped. */
const PATIENCE_MS = 15_000;
const PAUSE_MS = 20;
/** A link whose target has just gone leads nowhere for a moment; a folder that is not there stays so. */
const MOST_TIMES_MISSING = 5;

/**
 * Reads every declaration file of a folder as of one moment: from its real path, when no git is at work in it, and again when it
 * was exchanged under the reader, as git-sync and the kubelet do. Each try is synchronous, which for thousands of small files is
 * several times faster.
 *
 * Throws the system's error when the folder itself cannot be read, or an error that says so when it does not hold still.
 */
export async function readFiles(folder: string, include: readonly string[], signal?: AbortSignal): Promise<Files> {
  const giveUp = performance.now() + PATIENCE_MS;
  for (let notThere = 0; ; await sleep(PAUSE_MS, undefined, { signal })) {
    const late = performance.now() > giveUp;
    const before = stateOf(folder);
    if (before instanceof Error) {
      notThere += 1;
      if (!isMissing(before) || notThere === MOST_TIMES_MISSING) throw before;
      continue;
    }
    notThere = 0;
    const listed = before.busy ? null : tryToList(before.root, include);
    if (listed instanceof Error && (!isMissing(listed) || late)) throw listed;
    if (listed !== null && !(listed instanceof Error) && isSame(before, stateOf(folder)) && listed.isSteady()) {
      return { root: before.root, revision: before.revision, files: listed.files };
    }
    if (late)
      throw new Error(before.busy ? 'git is at work in it (.git/index.lock)' : 'it is being exchanged again and again');
  }
}

/** Whether a file at this path, relative to the folder and with `/`, would be read. */
export function wouldRead(path: string, include: readonly string[]): boolean {
  return !path.split('/').some(isHidden) && isIncluded(path, include);
}

function isHidden(name: string): boolean {
  return name.startsWith('.');
}

function isIncluded(path: string, include: readonly string[]): boolean {
  return include.some((glob) => matchesGlob(path, glob));
}

function tryToList(root: string, include: readonly string[]): Listed | Error {
  try {
    return list(root, include);
  } catch (error) {
    // What vanishes under the reader has been exchanged.
    return asError(error);
  }
}

/** What changes when a folder is exchanged: where its links lead, git-sync's (above it) and the kubelet's (`..data`, in it), and its checkout. */
type State = {
  readonly root: string;
  readonly revision: string | null;
  readonly busy: boolean;
  readonly identity: string;
};

function stateOf(folder: string): State | Error {
  try {
    const root = realpathSync.native(folder);
    const { busy, identity } = checkoutState(root);
    return { root, revision: revisionOf(root), busy, identity: [root, dataLinkOf(root), identity].join('\n') };
  } catch (error) {
    return asError(error);
  }
}

function isSame(before: State, after: State | Error): boolean {
  return !(after instanceof Error) && !after.busy && after.identity === before.identity;
}

/** The link itself is looked at, too: it may be turned there and back. */
function dataLinkOf(root: string): string {
  const place = join(root, '..data');
  const link = lstatSync(place, { bigint: true, throwIfNoEntry: false });
  // No ConfigMap volume: nothing in the folder is exchanged as a whole.
  return link?.isSymbolicLink() === true ? `${readlinkSync(place)}:${link.ino}:${link.ctimeNs}` : '';
}

type Listed = {
  readonly files: readonly FoundFile[];
  /** Whether no volume and no checkout within the folder has been exchanged since it was listed. */
  readonly isSteady: () => boolean;
};

function list(root: string, include: readonly string[]): Listed {
  const files: FoundFile[] = [];
  const within: { readonly folder: string; readonly state: State | Error }[] = [];
  let entries = 0;
  const walk = (folder: string, prefix: string, above: readonly string[]) => {
    const found = readdirSync(folder, { withFileTypes: true }).sort(byName);
    if (folder !== root && found.some(({ name }) => name === '..data' || name === '.git')) {
      within.push({ folder, state: stateOf(folder) });
    }
    for (const entry of found) {
      if (isHidden(entry.name)) continue;
      entries += 1;
      if (entries > MOST_ENTRIES) throw new Error(`it holds more than ${MOST_ENTRIES} files, counted along its links`);
      const path = prefix + entry.name;
      const place = join(folder, entry.name);
      const wanted = isIncluded(path, include);
      const target = find(root, place, entry);
      if ('fault' in target) {
        if (wanted || target.isFolder) files.push({ path, fault: target.fault });
      } else if (entry.isSymbolicLink() ? statSync(target.real).isDirectory() : entry.isDirectory()) {
        // What is in it is read all the same: nobody shall be missing because of a name.
        if (wanted && DECLARATION_NAME.test(path)) {
          files.push({ path, fault: 'expected a file, found a folder of that name; rename it' });
        }
        if (above.includes(target.real))
          files.push({ path, fault: 'expected a folder, found a link to one that holds it' });
        else walk(target.real, `${path}/`, [...above, target.real]);
      } else if (wanted) {
        files.push({ path, ...readOne(target.real) });
      }
    }
  };
  walk(root, '', [root]);
  const isSteady = () =>
    within.every(({ folder, state }) => !(state instanceof Error) && !state.busy && isSame(state, stateOf(folder)));
  return { files, isSteady };
}

/** Where an entry really is; or why it cannot be used, and whether there would have been a folder to read. */
type Found = { readonly real: string } | { readonly fault: string; readonly isFolder: boolean };

function find(root: string, place: string, entry: Dirent): Found {
  if (entry.isSymbolicLink()) return follow(root, place);
  // Bytes that are no UTF-8 were replaced, and under the new name there is nothing.
  if (entry.name.includes('\uFFFD') && !existsSync(place)) {
    return { fault: 'expected a name in UTF-8, found other bytes; rename it', isFolder: entry.isDirectory() };
  }
  return { real: place };
}

/** A link counts only while it stays in the folder: what lies outside was not reviewed with it. */
function follow(root: string, link: string): Found {
  try {
    const real = realpathSync.native(link);
    if (real === root || real.startsWith(root + sep)) return { real };
    const isFolder = statSync(real).isDirectory();
    return { fault: `expected a ${isFolder ? 'folder' : 'file'}, found a link that leads out of the folder`, isFolder };
  } catch (error) {
    // ENOENT of the link itself means that the folder moved on; of its target, that it dangles.
    lstatSync(link);
    return { fault: `expected a file, found a link that leads nowhere (${errorCode(error)})`, isFolder: false };
  }
}

/** What is opened but read only if it is a file: never waits for the other end of a pipe, and never becomes our terminal. */
const OPEN_ANYTHING = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Whatever is read goes through it: to make and drop a buffer for each of thousands of files takes longer than to copy. */
const room = Buffer.allocUnsafeSlow(MOST_BYTES + 1);

/** The bytes of a file, or why it cannot be used. Throws the system's error when it is not there. */
export function readOne(place: string): { readonly bytes: Buffer } | { readonly fault: string } {
  let file: number;
  try {
    file = openSync(place, OPEN_ANYTHING);
  } catch (error) {
    if (isMissing(error)) throw error;
    // A socket cannot be opened.
    return statSync(place).isFile() ? { fault: `cannot be read: ${errnoText(errorCode(error))}` } : { fault: NO_FILE };
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return { fault: NO_FILE };
    const length = stats.size > MOST_BYTES ? stats.size : readSync(file, room, 0, room.length, 0);
    if (length > MOST_BYTES) {
      const tenths = Math.ceil((length / MOST_BYTES) * 10);
      return { fault: `expected at most 1 MiB, found ${(tenths / 10).toFixed(1)} MiB; split the file` };
    }
    return { bytes: Buffer.from(room.subarray(0, length)) };
  } catch (error) {
    return { fault: `cannot be read: ${errnoText(errorCode(error))}` };
  } finally {
    closeSync(file);
  }
}

const NO_FILE = 'expected a regular file, found a device, a pipe or a socket';

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}

function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}
