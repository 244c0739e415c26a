import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join, matchesGlob, sep } from 'node:path';

/** A file of the folder: its bytes, or why it cannot be used. `path` is relative to the folder, with `/`. */
export type FoundFile = { readonly path: string } & ({ readonly bytes: Buffer } | { readonly fault: string });

export type Files = {
  /** Where the folder really was while it was read. */
  readonly root: string;
  /** Sorted by path. */
  readonly files: readonly FoundFile[];
};

const MOST_BYTES = 1024 * 1024;
/** Far above a folder of declarations; links from folder to folder can make an endless one out of a few. */
const MOST_ENTRIES = 50_000;
const TRIES = 5;

/**
 * Reads every declaration file of a folder as of one moment: from its real path, and again when the folder was exchanged under the
 * reader, as git-sync and the kubelet do. Synchronous, which for thousands of small files is several times faster.
 *
 * Throws the system's error when the folder itself cannot be read, or does not hold still.
 */
export function readFiles(folder: string, include: readonly string[]): Files {
  for (let attempt = 1; ; attempt += 1) {
    const before = identityOf(folder);
    try {
      const files = list(before.root, include);
      if (identityOf(folder).text === before.text) return { root: before.root, files };
      if (attempt === TRIES) throw new Error('it was exchanged again and again while it was being read');
    } catch (error) {
      // What vanishes under the reader has been exchanged; what is missing from the start stays so.
      if (!isMissing(error) || attempt === TRIES) throw error;
    }
  }
}

/** What changes when the folder is exchanged: where its links lead, git-sync's (above it) and the kubelet's (`..data`, in it). */
function identityOf(folder: string): { readonly root: string; readonly text: string } {
  const root = realpathSync.native(folder);
  let data = '';
  try {
    data = readlinkSync(join(root, '..data'));
  } catch {
    // No ConfigMap volume: nothing in the folder is exchanged as a whole.
  }
  return { root, text: `${root}\n${data}` };
}

function list(root: string, include: readonly string[]): FoundFile[] {
  const files: FoundFile[] = [];
  let entries = 0;
  const walk = (folder: string, prefix: string, above: readonly string[]) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort(byName)) {
      if (entry.name.startsWith('.')) continue;
      entries += 1;
      if (entries > MOST_ENTRIES) throw new Error(`it holds more than ${MOST_ENTRIES} files, counted along its links`);
      const path = prefix + entry.name;
      const place = join(folder, entry.name);
      const wanted = include.some((glob) => matchesGlob(path, glob));
      const target = find(root, place, entry);
      if ('fault' in target) {
        if (wanted || target.isFolder) files.push({ path, fault: target.fault });
      } else if (statSync(target.real).isDirectory()) {
        if (above.includes(target.real))
          files.push({ path, fault: 'expected a folder, found a link to one that holds it' });
        else walk(target.real, `${path}/`, [...above, target.real]);
      } else if (wanted) {
        files.push({ path, ...readOne(target.real) });
      }
    }
  };
  walk(root, '', [root]);
  return files;
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
    return { fault: `expected a file, found a link that leads nowhere (${codeOf(error)})`, isFolder: false };
  }
}

function readOne(place: string): { readonly bytes: Buffer } | { readonly fault: string } {
  const stats = statSync(place);
  if (!stats.isFile()) return { fault: 'expected a regular file, found a device, a pipe or a socket' };
  if (stats.size > MOST_BYTES) {
    const tenths = Math.ceil((stats.size / MOST_BYTES) * 10);
    return { fault: `expected at most 1 MiB, found ${(tenths / 10).toFixed(1)} MiB; split the file` };
  }
  try {
    return { bytes: readFileSync(place) };
  } catch (error) {
    if (isMissing(error)) throw error;
    return { fault: `cannot be read: ${codeOf(error)}` };
  }
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

/** The system's name of an error, such as ENOENT; its message where it has none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
