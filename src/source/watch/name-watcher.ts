import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isWatchLimit } from './watch-error.ts';

/**
 * Watches the names of a folder and of its parents, and calls `onRename` when another folder takes one of them. A watcher of the folder
 * itself does not notice this, because it follows the renamed folder. Calls `onLimit` with the error if the kernel has no watches left.
 */
export function watchNames(
  folder: string,
  onRename: () => void,
  onLimit: (error: unknown) => void,
): { readonly close: () => void } {
  const watchers: FSWatcher[] = [];
  for (let path = folder; dirname(path) !== path; path = dirname(path)) {
    const name = basename(path);
    try {
      const watcher = watch(dirname(path), (_, changedName) => {
        if (changedName === name) onRename();
      });
      watchers.push(watcher.on('error', () => watcher.close()));
    } catch (error) {
      // Otherwise, the parent is missing or unreadable. The safety rescan finds such changes.
      if (isWatchLimit(error)) onLimit(error);
    }
  }
  return {
    close: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}
