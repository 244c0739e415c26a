import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';

/** Where a path leads, and the symbolic links on the way. */
export type ResolvedPath = {
  /** Every link on the way, each by its real location. */
  readonly links: readonly string[];
  /** The real path of the folder. While part of the path is missing, the absolute path. */
  readonly folder: string;
  /** Changes whenever the path leads to another folder, or leads there through other links. */
  readonly identity: string;
};

/** Linux follows at most this many links in a row (path_resolution(7)). */
const MAX_LINK_DEPTH = 40;

/** Follows every link on the way to a folder, whether or not the folder exists. */
export function resolveLinks(path: string): ResolvedPath {
  const links = new Set<string>();
  const follow = (absolutePath: string, depth: number): void => {
    const { root } = parse(absolutePath);
    let location = root;
    for (const segment of absolutePath.slice(root.length).split(sep)) {
      location = join(location, segment);
      const target = linkTarget(location);
      if (target !== null && depth < MAX_LINK_DEPTH) {
        links.add(location);
        follow(resolve(dirname(location), target), depth + 1);
        location = realPathOrAbsolute(location);
      }
    }
  };
  follow(resolve(path), 0);
  const folder = realPathOrAbsolute(path);
  return { links: [...links], folder, identity: [...links, folder, folderIdentity(folder)].join('\n') };
}

function folderIdentity(folder: string): string {
  try {
    const stats = statSync(folder);
    // A new folder can reuse the inode number of a deleted file.
    return `${stats.dev}:${stats.ino}:${stats.isDirectory()}`;
  } catch {
    return 'none'; // Missing or inaccessible.
  }
}

function linkTarget(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
  } catch {
    return null; // Does not exist yet.
  }
}

function realPathOrAbsolute(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
