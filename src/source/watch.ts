import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, parse, resolve, sep } from 'node:path';
import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';

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

/**
 * Watches a folder, and every link on the way to it: git-sync and the kubelet exchange whole folders by renaming a link, which a
 * watcher of the folder alone never hears of. An event is a hint to read everything again, never a fact about a file.
 */
export async function watchFolder(options: WatchOptions): Promise<Watch> {
  const { path, settleMs, rescanMs, hasChanged, onChange, onTrouble } = options;
  let closed = false;
  let settling: NodeJS.Timeout | undefined;
  let targets = targetsOf(path);
  let rearming = Promise.resolve();

  const hint = () => {
    clearTimeout(settling);
    if (closed) return;
    settling = setTimeout(() => {
      rearming = rearming.then(settled);
    }, settleMs);
  };
  const arm = async (paths: readonly string[]): Promise<FSWatcher> => {
    const watcher = watch([...paths], {
      followSymlinks: false,
      ignoreInitial: true,
      ignored: (candidate) => basename(candidate) === '.git',
    });
    watcher.on('all', hint);
    watcher.on('error', (error) => onTrouble(error instanceof Error ? error : new Error(String(error))));
    await new Promise<void>((ready) => void watcher.once('ready', ready));
    return watcher;
  };

  let watcher = await arm(targets);
  const settled = async () => {
    const now = targetsOf(path);
    if (now.join('\n') !== targets.join('\n')) {
      const old = watcher;
      targets = now;
      watcher = await arm(now);
      await old.close();
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
      await watcher.close();
    },
  };
}

/** The links met on the way to a folder, and where they lead in the end; what can be told, where something is missing. */
function targetsOf(path: string): string[] {
  const links: string[] = [];
  const follow = (start: string, depth: number): void => {
    const { root } = parse(start);
    let place = root;
    for (const step of start.slice(root.length).split(sep)) {
      place = join(place, step);
      const target = linkTarget(place);
      if (target !== null && depth < 40) {
        links.push(place);
        follow(resolve(dirname(place), target), depth + 1);
      }
    }
  };
  follow(resolve(path), 0);
  return [...new Set([...links, realPathOrSelf(path)])];
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
