import { setImmediate as nextTurn } from 'node:timers/promises';
import { unlessAborted } from '../core/base/abort.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import type { Snapshot, Source } from '../core/load/source.ts';
import type { Directory, ListedItem, ListOptions } from '../core/service/directory.ts';

/** The content of the folder, and a function that returns the live services or throws the error of their request. */
export type ReadResult = { readonly snapshot: Snapshot; readonly list: () => Promise<TimedList> };

/**
 * Returns a function that reads the folder while the API lists the live services, because a pass spends most of its time waiting for
 * the API. Both only read, so `stop` ends both at once.
 *
 *   last read     the list is requested
 *   succeeded     before the folder is read
 *   failed, none  once the folder is in memory: a folder that cannot be read costs no request
 */
export function readerWhileListing(
  source: Source,
  directory: Pick<Directory, 'list'>,
  now: () => number,
): (stop: AbortSignal) => Promise<ReadResult> {
  let lastReadSucceeded = false;
  return async (stop) => {
    const readFailed = new AbortController();
    const signal = AbortSignal.any([stop, readFailed.signal]);
    let listing: Promise<TimedList> | null = null;
    const list = async () => {
      listing ??= timedList(directory.list, { stop: signal, kill: signal }, now);
      return listing;
    };
    const startListing = () => void list().catch(() => {}); // The caller of `list` receives the error.
    if (lastReadSucceeded) startListing();
    const begin = lastReadSucceeded ? afterTwoTurns() : undefined;
    lastReadSucceeded = false;
    try {
      const snapshot = await unlessAborted(stop, async () => source.read(stop, startListing, begin));
      lastReadSucceeded = true;
      return { snapshot, list };
    } catch (error) {
      readFailed.abort(new FailureError(failure('interrupted', 'the folder cannot be read')));
      if (listing !== null) await list().catch(() => {}); // The pass ends because of the folder, not because of the list.
      throw withFolder(error, source.path);
    }
  };
}

/** The client needs two turns of the event loop to send a request, and reading many small files leaves none. */
async function afterTwoTurns(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/** Returns an error of `pass_timeout` with the name of the folder, whose file system may not respond; any other error unchanged. */
function withFolder(error: unknown, folder: string): unknown {
  if (!(error instanceof FailureError) || error.failure.kind !== 'transient') return error;
  return new FailureError(failure('source', `${folder}: the folder cannot be read: ${error.message}`), {
    cause: error,
  });
}

/** A list, and when it was true at the latest, in milliseconds of the clock. */
export type TimedList = { readonly items: readonly ListedItem[]; readonly listedAt: number };

/** Lists the live services. A list is as old as its first page: its other pages, and their retries, can take minutes. */
export async function timedList(list: Directory['list'], options: ListOptions, now: () => number): Promise<TimedList> {
  let firstPageAt = Infinity;
  const onFirstPage = () => {
    firstPageAt = now();
  };
  const items = await list({ ...options, onFirstPage });
  return { items, listedAt: Math.min(firstPageAt, now()) };
}
