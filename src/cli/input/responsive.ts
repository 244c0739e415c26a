import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { unlessAborted } from '../../core/base/abort.ts';
import { printNotice } from '../context.ts';
import type { Context } from '../context.ts';

/** After this long, a notice says what the program waits for. */
const NOTICE_MS = 3000;

/**
 * Waits until files and folders can be read. A command reads them only then, because a file system that hangs would block the process,
 * which could not even be stopped. Errors are left to the command. Throws the reason of the stop signal.
 */
export async function untilResponsive(paths: readonly (string | null | undefined)[], context: Context): Promise<void> {
  for (const path of paths) {
    if (path === null || path === undefined || path === '') continue;
    const notice = setTimeout(() => {
      printNotice(context, `waiting for ${JSON.stringify(path)}: its file system does not respond`);
    }, NOTICE_MS);
    try {
      await unlessAborted(context.stop, async () => tryToRead(path));
    } finally {
      clearTimeout(notice);
    }
  }
}

async function tryToRead(path: string): Promise<void> {
  try {
    // Opening must not wait for the writer of a pipe.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const stats = await file.stat();
      if (stats.isFile()) await file.read(Buffer.alloc(1), 0, 1, 0);
      else if (stats.isDirectory()) await readdir(path);
    } finally {
      await file.close();
    }
  } catch {
    // The command reports the error when it reads the path itself.
  }
}
