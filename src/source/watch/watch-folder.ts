import { statfsSync, watch as watchEntries } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { watch } from 'chokidar';
import { formatDuration } from '../../core/base/duration.ts';
import { errnoText, errorCode } from '../../core/base/errno.ts';
import type { Watch, WatchState } from '../../core/load/source.ts';
import { routeTo } from './links.ts';
import type { Route } from './links.ts';

export type WatchOptions = {
  readonly path: string;
  /** How long the folder must be quiet before it is read. */
  readonly settleMs: number;
  /** How often to look without having been told, for what no event announces. */
  readonly rescanMs: number;
  /** Whether the folder reads otherwise than it was last read. */
  readonly hasChanged: (signal: AbortSignal) => Promise<boolean>;
  /** How often the folder has been read so far: what had changed before is known since. */
  readonly reads: () => number;
  /** The folder reads otherwise now. */
  readonly onChange: () => void;
  /** Told whenever the way in which changes are noticed becomes another one. */
  readonly onState: (state: WatchState) => void;
  /** Told whenever somebody has looked whether the folder reads otherwise. */
  readonly onLook?: () => void;
  /** A re-scan found a change that no event had announced: the watcher does not hear all. It is put up anew. */
  readonly onMissed?: () => void;
};

/** A folder that is never quiet is read all the same, after so many times of settling. */
const MOST_SETTLING = 20;
const FREQUENT_RESCAN_MS = 2000;

/** How long a pass is let go first: more than one over a thousand services takes without latency. */
const PASS_FIRST_MS = 200;

/** How long a file system may keep a watcher waiting that is put up; a folder of 50,000 files takes a second. */
const ARMING_MS = 10_000;
/** How long it may keep one waiting that is closed. */
const CLOSING_MS = 1000;

/** An event may come a little after what it tells of was found without it. */
const LATE_EVENT_MS = 1000;

/** File systems that other machines write to, where the kernel announces only what is written here; by their magic number, statfs(2). */
const REMOTE_FILE_SYSTEMS = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
]);

/**
 * Watches a folder, and every link on the way to it: git-sync and the kubelet exchange whole folders by renaming a link, which a
 * watcher of the folder alone never hears of. An event is a hint to read everything again, never a fact about a file.
 */
export function watchFolder(options: WatchOptions): Watch {
  const { path, settleMs, rescanMs, onChange, onState, onLook, onMissed } = options;
  const closing = new AbortController();
  const { signal } = closing;
  let settling: NodeJS.Timeout | undefined;
  let firstHint: number | null = null;
  let isQueued = false;
  let state: WatchState | null = null;
  let armed: Armed | null = null;
  /** Events so far, and how many of them there were when the folder was last looked at. */
  let events = 0;
  let eventsSeen = 0;
  /** After how many reads the last look found a change; null where it found none. It stays that change until the folder is read again. */
  let changeTold: number | null = options.reads();
  let suspicion: NodeJS.Timeout | undefined;

  const become = (next: WatchState) => {
    if (signal.aborted) return;
    const news = JSON.stringify(next) !== JSON.stringify(state);
    state = next;
    if (news) onState(next);
  };
  const trouble = (error: unknown) => {
    become({ by: 'rescans', reason: error instanceof Error ? error.message : String(error) });
  };

  const isBlind = () => state?.by === 'rescans';

  /** One thing at a time: re-arming while re-arming would leave a watcher behind. */
  let queue = Promise.resolve();
  const enqueue = (work: () => Promise<void>) => {
    queue = queue.then(() => (signal.aborted ? undefined : work())).catch(trouble);
    return queue;
  };

  const hasChanged = async () => {
    const eventsBefore = events;
    const changed = await options.hasChanged(signal);
    eventsSeen = eventsBefore;
    changeTold = changed ? options.reads() : null;
    if (!signal.aborted) onLook?.();
    return changed;
  };

  const settled = async () => {
    isQueued = false;
    // Much happens in a folder that changes nothing that counts: other files, times, the same bytes again.
    if (await hasChanged()) onChange();
    if (routeTo(path).identity === armed?.identity) return;
    // To put up another watch takes a while, which the pass need not wait for. Until then the old one hears of the links; what it
    // does not hear of is found once the new one stands.
    await sleep(PASS_FIRST_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    await rearm();
    if (await hasChanged()) hint();
  };
  const onEvent = () => {
    events += 1;
    hint();
  };
  const hint = () => {
    clearTimeout(settling);
    if (signal.aborted) return;
    firstHint ??= performance.now();
    const patienceMs = Math.max(0, firstHint + MOST_SETTLING * settleMs - performance.now());
    const quiet = () => {
      firstHint = null;
      // One look sees all that came before it; a look for each event would fall ever further behind.
      if (isQueued) return;
      isQueued = true;
      void enqueue(settled);
    };
    settling = setTimeout(quiet, Math.min(settleMs, patienceMs));
  };

  const arm = async (): Promise<Armed> => {
    const route = routeTo(path);
    const faults: unknown[] = [];
    const watcher = watch([...route.links, route.folder], {
      followSymlinks: false,
      ignoreInitial: true,
      ignored: (candidate) => basename(candidate) === '.git',
    });
    watcher.on('all', onEvent);
    watcher.on('error', (error) => {
      faults.push(error);
      trouble(error);
    });
    const names = watchNames(route.folder, onEvent);
    let isLate = false;
    const stand = () => {
      const reason = whyBlind(route.folder);
      if (reason !== null) become({ by: 'rescans', reason });
      else if (faults.length === 0) become({ by: 'events' });
      // What happened meanwhile was perhaps not watched yet.
      if (isLate || routeTo(path).identity !== route.identity) hint();
    };
    const standing = new Promise<void>((done) => {
      watcher.once('ready', () => {
        stand();
        done();
      });
    });
    isLate = !(await isDone(standing, ARMING_MS, signal));
    if (isLate) trouble(`no watch of ${route.folder} stood within ${formatDuration(ARMING_MS)}`);
    return {
      folder: route.folder,
      identity: route.identity,
      at: performance.now(),
      close: async () => {
        names.close();
        await watcher.close();
      },
    };
  };
  const rearm = async () => {
    // First close, then arm: watchers of one path share a handle, and it may be of the folder that was there before. And as long as a
    // file system lets none be closed, no more of them are made to wait for it.
    if (armed !== null && !(await isDone(armed.close().catch(trouble), CLOSING_MS, signal))) {
      return trouble(`the last watch of ${armed.folder} has not let go of it yet`);
    }
    armed = await arm();
  };

  const lookAgain = async () => {
    // A watcher that failed may work by now, and a folder that was not there may have come.
    const mayWork = isBlind() && performance.now() - (armed?.at ?? 0) > rescanMs;
    if (mayWork || routeTo(path).identity !== armed?.identity) await rearm();
    const wasArmed = armed;
    const unheard = !isBlind() && events === eventsSeen && changeTold !== options.reads();
    if (!(await hasChanged())) return;
    hint();
    if (!unheard || events !== eventsSeen) return;
    const eventsThen = events;
    // The first one is not put off by others: they may come more often than events are late.
    suspicion ??= setTimeout(() => {
      suspicion = undefined;
      if (events !== eventsThen || armed !== wasArmed) return;
      onMissed?.();
      void enqueue(rearm);
    }, LATE_EVENT_MS);
  };
  void enqueue(async () => {
    armed = await arm();
    // The folder may have been read before it was watched.
    if (await hasChanged()) onChange();
  });
  const rescans = (async () => {
    for (let nextAt = performance.now() + rescanMs; !signal.aborted;) {
      const leftMs = Math.max(0, nextAt - performance.now());
      await sleep(Math.min(leftMs, FREQUENT_RESCAN_MS), undefined, { signal });
      // Who is told that events do not tell all does not wait for the end of a long pause.
      if (!isBlind() && performance.now() < nextAt) continue;
      await enqueue(lookAgain);
      nextAt = performance.now() + rescanMs;
    }
  })().catch(() => {}); // The sleep ends with an error when the watch is closed.

  return {
    close: async () => {
      closing.abort();
      clearTimeout(settling);
      clearTimeout(suspicion);
      await rescans;
      await queue;
      if (armed !== null) await isDone(armed.close(), CLOSING_MS);
    },
  };
}

type Armed = Watch & Pick<Route, 'folder' | 'identity'> & { readonly at: number };

/** Whether something comes to its end within so long, and before that is given up: a file system that is gone lets nothing end. */
async function isDone(work: Promise<unknown>, ms: number, giveUp = new AbortController().signal): Promise<boolean> {
  const done = new AbortController();
  const late = sleep(ms, false, { signal: AbortSignal.any([done.signal, giveUp]) }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    done.abort();
  }
}

/** Why the kernel's events cannot tell all that happens in a folder; null where they can. */
function whyBlind(folder: string): string | null {
  try {
    const remote = REMOTE_FILE_SYSTEMS.get(statfsSync(folder).type);
    return remote === undefined ? null : `${folder} is on a file system of kind ${remote}, where others write unheard`;
  } catch (error) {
    return `${folder} cannot be watched yet: ${errnoText(errorCode(error))}`;
  }
}

/** Tells when another folder takes the name of a folder, or of one above it: a watcher of the folder itself goes where the old one goes. */
function watchNames(folder: string, onRename: () => void): { readonly close: () => void } {
  const watchers: FSWatcher[] = [];
  for (let place = folder; dirname(place) !== place; place = dirname(place)) {
    const name = basename(place);
    try {
      const watcher = watchEntries(dirname(place), (_, changed) => {
        if (changed === name) onRename();
      });
      watchers.push(watcher.on('error', () => watcher.close()));
    } catch {
      // Not there, or not to be read: the safety re-scan is left.
    }
  }
  return {
    close: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}
