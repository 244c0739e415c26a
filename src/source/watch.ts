import { lstatSync, readlinkSync, realpathSync, statSync, watch as watchEntries } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname, join, parse, resolve, sep } from 'node:path';
import { watch } from 'chokidar';

export type WatchOptions = {
  readonly path: string;
  /** How long the folder must be quiet before it is read. */
  readonly settleMs: number;
  /** How often to look without having been told, for what no event announces. */
  readonly rescanMs: number;
  /** Whether a look finds something new. */
  readonly hasChanged: () => boolean;
  /** The folder may read otherwise now. */
  readonly onChange: () => void;
  /** Watching does not work as it should; passes go on with the safety re-scan. */
  readonly onTrouble: (error: Error) => void;
};

export type Watch = { readonly close: () => Promise<void> };

/** A folder that is never quiet is read all the same, after so many times of settling. */
const MOST_SETTLING = 20;

/**
 * Watches a folder, and every link on the way to it: git-sync and the kubelet exchange whole folders by renaming a link, which a
 * watcher of the folder alone never hears of. An event is a hint to read everything again, never a fact about a file.
 */
export async function watchFolder(options: WatchOptions): Promise<Watch> {
  const { path, settleMs, rescanMs, hasChanged, onChange, onTrouble } = options;
  let closed = false;
  let settling: NodeJS.Timeout | undefined;
  let firstHint: number | null = null;
  let rearming = Promise.resolve();

  const trouble = (error: unknown) => onTrouble(error instanceof Error ? error : new Error(String(error)));
  const hint = () => {
    clearTimeout(settling);
    if (closed) return;
    firstHint ??= performance.now();
    const patienceMs = Math.max(0, firstHint + MOST_SETTLING * settleMs - performance.now());
    settling = setTimeout(
      () => {
        firstHint = null;
        rearming = rearming.then(settled).catch(trouble);
      },
      Math.min(settleMs, patienceMs),
    );
  };
  const arm = async (): Promise<Armed> => {
    const route = routeTo(path);
    const watcher = watch([...route.links, route.folder], {
      followSymlinks: false,
      ignoreInitial: true,
      ignored: (candidate) => basename(candidate) === '.git',
    });
    watcher.on('all', hint);
    watcher.on('error', trouble);
    const name = watchName(route.folder, hint);
    await new Promise<void>((ready) => void watcher.once('ready', ready));
    // What was exchanged meanwhile was perhaps not watched yet.
    if (routeTo(path).identity !== route.identity) hint();
    return {
      identity: route.identity,
      close: async () => {
        name?.close();
        await watcher.close();
      },
    };
  };

  let armed = await arm();
  const settled = async () => {
    if (closed) return;
    if (routeTo(path).identity !== armed.identity) {
      // First close, then arm: watchers of one path share a handle, and it may be of the folder that was there before.
      await armed.close().catch(trouble);
      armed = await arm();
    }
    if (!closed) onChange();
  };
  const rescan = setInterval(() => {
    if (hasChanged()) hint();
  }, rescanMs);

  return {
    close: async () => {
      closed = true;
      clearInterval(rescan);
      clearTimeout(settling);
      await rearming;
      await armed.close();
    },
  };
}

type Armed = Watch & { readonly identity: string };

/** Tells when another folder takes a folder's name: a watcher of the folder itself goes where the old one goes. */
function watchName(folder: string, onRename: () => void): FSWatcher | null {
  try {
    const watcher = watchEntries(dirname(folder), (_, name) => {
      if (name === basename(folder)) onRename();
    });
    return watcher.on('error', () => watcher.close());
  } catch {
    return null; // No folder above, or none that may be read: the safety re-scan is left.
  }
}

type Route = {
  /** The links met on the way to a folder, each where it really is. */
  readonly links: readonly string[];
  /** Where they lead in the end; what can be told, where something is missing. */
  readonly folder: string;
  /** Another text when the way leads to another folder. */
  readonly identity: string;
};

function routeTo(path: string): Route {
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
