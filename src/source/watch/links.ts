import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';

export type Route = {
  /** The links met on the way to a folder, each where it really is. */
  readonly links: readonly string[];
  /** Where they lead in the end; what can be told, where something is missing. */
  readonly folder: string;
  /** Another text when the way leads to another folder. */
  readonly identity: string;
};

/** Follows every link on the way to a folder, whether anything is there or not. */
export function routeTo(path: string): Route {
  const links = new Set<string>();
  const follow = (start: string, depth: number): void => {
    const { root } = parse(start);
    let place = root;
    for (const step of start.slice(root.length).split(sep)) {
      place = join(place, step);
      const target = linkTarget(place);
      if (target !== null && depth < 40) {
        links.add(place);
        follow(resolve(dirname(place), target), depth + 1);
        place = realPathOrSelf(place);
      }
    }
  };
  follow(resolve(path), 0);
  const folder = realPathOrSelf(path);
  return { links: [...links], folder, identity: [...links, folder, inodeOf(folder)].join('\n') };
}

function inodeOf(place: string): string {
  try {
    const stats = statSync(place);
    // A new folder may have the number of a file that was there before.
    return `${stats.dev}:${stats.ino}:${stats.isDirectory()}`;
  } catch {
    return 'none'; // Not there, or not to be reached.
  }
}

function linkTarget(place: string): string | null {
  try {
    return lstatSync(place).isSymbolicLink() ? readlinkSync(place) : null;
  } catch {
    return null; // Not there yet.
  }
}

function realPathOrSelf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
