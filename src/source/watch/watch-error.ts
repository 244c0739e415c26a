import { readFileSync } from 'node:fs';
import { describeSystemError, systemErrorCode } from '../../core/base/errno.ts';

/** Whether an error means that the kernel has no watches left, and not that something is wrong with the folder. */
export function isWatchLimit(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOSPC' || code === 'EMFILE';
}

/**
 * Describes why a folder cannot be watched completely, with the limit to raise. Does not name the part of it: when watches are used up,
 * every file and folder in it causes an error, and all of them have one reason.
 */
export function describeWatchError(folder: string, error: unknown): string {
  switch (systemErrorCode(error)) {
    case 'ENOSPC':
      return `the kernel has too few inotify watches left for ${folder}; raise fs.inotify.max_user_watches${currentLimit('max_user_watches')}`;
    case 'EMFILE':
      return `the kernel has no inotify instance left for ${folder}, or this process no file descriptor; raise fs.inotify.max_user_instances${currentLimit('max_user_instances')} or ulimit -n`;
    case null:
      return describeSystemError(error);
    default:
      return `${folder} cannot be watched completely: ${describeSystemError(error)}`;
  }
}

function currentLimit(name: string): string {
  try {
    return ` (now ${readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8').trim()})`;
  } catch {
    return ''; // Not on Linux.
  }
}
