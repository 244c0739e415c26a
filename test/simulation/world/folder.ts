import type { FileRules } from '../../../src/source/file-rules.ts';
import { folderReader } from '../../../src/source/folder-reader.ts';
import type { FolderReader } from '../../../src/source/folder-reader.ts';
import type { FolderFiles } from '../../../src/source/read-files.ts';
import type { FoundFile } from '../../../src/source/list-files.ts';
import type { OpenWatcher, WatcherEvents } from '../../../src/source/watch/folder-watcher.ts';
import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { declaredBy, textOf } from './files.ts';
import type { Commit, Declared, WorldFile } from './files.ts';

/** How a commit reaches the folder. */
export type Delivery = 'swap' | 'rename' | 'in place';

/** The declarations of the folder from a moment on; null while it cannot be read. */
type Past = { readonly at: number; readonly declared: Declared | null };

/** How the folder behaves. Scenarios change it. */
export type FolderConditions = {
  /** How long a read takes, in milliseconds. */
  readMs: readonly [number, number];
  /** The same when nothing is wrong: a few folders are on a slow file system. */
  readonly usualReadMs: readonly [number, number];
  /** Whether changes cause no events. */
  isDeaf: boolean;
};

/** A folder in memory. It is changed as git-sync, editors and scripts do it, and read and watched by the program. */
export type WorldFolder = {
  readonly path: string;
  readonly conditions: FolderConditions;
  readonly deliver: (commit: Commit, how: Delivery, random: Random) => void;
  /** Removes the folder, or puts it back. */
  readonly setMissing: (isMissing: boolean) => void;
  /** Returns what the folder declares now. */
  readonly declared: () => Declared | null;
  /** Returns everything that the folder declared at some time since `at`. */
  readonly declaredSince: (at: number) => readonly (Declared | null)[];
  readonly isQuiet: () => boolean;
  /** The longest that any read took so far, in milliseconds. */
  readonly slowestReadMs: () => number;
  readonly openReader: (rules: FileRules) => FolderReader;
  readonly openWatcher: OpenWatcher;
};

type DiskFile = {
  readonly bytes: Buffer;
  readonly model: WorldFile;
  readonly stamp: { ino: number; birthtimeMs: number; mtimeMs: number; ctimeMs: number };
};

export type WorldFolderOptions = {
  readonly time: VirtualTime;
  readonly first: Commit;
  /** The paths of the files of values. */
  readonly values: readonly string[];
  readonly random: Random;
};

/** Creates a folder with a first commit. */
export function worldFolder({ time, first, values, random }: WorldFolderOptions): WorldFolder {
  const path = '/services';
  const usualReadMs = random.chance(0.05) ? ([1300, 1600] as const) : ([0, 3] as const);
  const conditions: FolderConditions = { readMs: usualReadMs, usualReadMs, isDeaf: false };
  const disk = new Map<string, DiskFile>();
  const writing = new Set<string>();
  const past: Past[] = [];
  let watchers: { readonly events: WatcherEvents; readonly identity: () => number }[] = [];
  let identity = 1;
  let inode = 1000;
  let isSwapped = false;
  let isMissing = false;
  let slowestReadMs = 0;
  let deliveries = 0;

  const note = () => {
    const declared = isMissing
      ? null
      : declaredBy(
          [...disk.values()].map(({ model }) => model),
          writing,
          values,
        );
    past.push({ at: time.now(), declared });
    if (past.length > 2000) past.splice(0, 1000);
  };
  const notify = () => {
    note();
    if (conditions.isDeaf) return;
    for (const { events } of watchers)
      time.inProcess(random.int(1, 30), () => !events.signal.aborted && events.onEvent());
  };
  const put = (model: WorldFile, bytes: Buffer, { isNew, isRenamed }: { isNew: boolean; isRenamed: boolean }) => {
    const at = Date.now() + 0.25;
    const before = disk.get(model.path)?.stamp;
    const fresh = { ino: (inode += 1), birthtimeMs: at };
    const kept = isNew || before === undefined ? fresh : { ino: before.ino, birthtimeMs: before.birthtimeMs };
    disk.set(model.path, { bytes, model, stamp: { ...kept, mtimeMs: isRenamed ? at - 5 : at, ctimeMs: at } });
  };

  const swap = (commit: Commit, textRandom: Random) => {
    identity += 1;
    isSwapped = true;
    disk.clear();
    writing.clear();
    for (const file of commit.values())
      put(file, Buffer.from(textOf(file, textRandom)), { isNew: true, isRenamed: false });
    notify();
  };
  /** Changes one file after the other. Another delivery ends this one. */
  const changeFiles = (commit: Commit, how: Delivery, textRandom: Random) => {
    const delivery = deliveries;
    const models = [...disk.values()].map(({ model }) => model);
    const removed = models.filter((model) => !commit.has(model.path));
    const isPending = (file: WorldFile) => disk.get(file.path)?.model !== file || writing.has(file.path);
    const changed = [...commit.values()].filter(isPending);
    const steps: (() => void)[] = [
      ...changed.flatMap((file) => stepsOf(file, how, textRandom)),
      ...removed.map(({ path: gone }) => () => {
        disk.delete(gone);
        writing.delete(gone);
      }),
    ];
    const next = () => {
      const step = delivery === deliveries ? steps.shift() : undefined;
      if (step === undefined) return;
      step();
      notify();
      if (steps.length > 0) time.inWorld(textRandom.int(1, how === 'in place' ? 40 : 15), next);
    };
    next();
  };
  const stepsOf = (file: WorldFile, how: Delivery, textRandom: Random): (() => void)[] => {
    const bytes = Buffer.from(textOf(file, textRandom));
    if (how === 'rename') {
      return [
        () => {
          writing.delete(file.path);
          put(file, bytes, { isNew: true, isRenamed: true });
        },
      ];
    }
    const cuts = [0, textRandom.int(1, bytes.length - 1), textRandom.int(1, bytes.length - 1)].sort((a, b) => a - b);
    return [
      ...cuts.map((cut) => () => {
        writing.add(file.path);
        put(file, bytes.subarray(0, cut), { isNew: false, isRenamed: false });
      }),
      () => {
        // The file is complete, although the program cannot know yet.
        writing.delete(file.path);
        put(file, bytes, { isNew: false, isRenamed: false });
      },
    ];
  };

  const readNow = (): FolderFiles => {
    if (isMissing) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    const files = [...disk].map(([name, { bytes, stamp }]): FoundFile => ({ path: name, bytes, stamp: { ...stamp } }));
    // A file of values that is not there is a fault of that file.
    const missing = values
      .filter((name) => !disk.has(name))
      .map((name): FoundFile => ({ path: name, fault: 'missing' }));
    return {
      root: path,
      revision: identity.toString(16).padStart(40, '0'),
      identity: String(identity),
      isReplacedAsWhole: isSwapped,
      unread: [],
      files: [...files, ...missing].sort((a, b) => (a.path < b.path ? -1 : 1)),
    };
  };
  /** Reads as of the moment at which the read begins, and returns it when the read ends. */
  const read = async (signal?: AbortSignal): Promise<FolderFiles> => {
    const [min, max] = conditions.readMs;
    const ms = random.int(min, max);
    slowestReadMs = Math.max(slowestReadMs, ms);
    let found: FolderFiles | Error;
    try {
      found = readNow();
    } catch (error) {
      found = error instanceof Error ? error : new Error(String(error));
    }
    if (ms > 0) await new Promise<void>((resolve) => time.inProcess(ms, resolve));
    signal?.throwIfAborted();
    if (found instanceof Error) throw found;
    return found;
  };

  swap(first, random);
  isSwapped = random.chance(0.5);
  return {
    path,
    conditions,
    deliver: (commit, how, textRandom) => {
      deliveries += 1;
      if (how === 'swap') swap(commit, textRandom);
      else changeFiles(commit, how, textRandom);
    },
    setMissing: (missing) => {
      if (missing === isMissing) return;
      isMissing = missing;
      if (!missing) identity += 1;
      notify();
    },
    declared: () => past.at(-1)?.declared ?? null,
    declaredSince: (at) =>
      past.filter((_, index) => (past[index + 1]?.at ?? Infinity) >= at).map(({ declared }) => declared),
    isQuiet: () => writing.size === 0,
    slowestReadMs: () => slowestReadMs,
    openReader: (rules) => {
      watchers = [];
      return folderReader({ path, rules, readFiles: async (_folder, _rules, signal) => read(signal) });
    },
    openWatcher: (events) => {
      let watched = -1;
      let startedAt = -Infinity;
      let startCount = 0;
      const watcher = { events, identity: () => watched };
      return {
        restart: async () => {
          await new Promise<void>((resolve) => time.inProcess(random.int(1, 50), resolve));
          watched = identity;
          startedAt = time.now();
          startCount += 1;
          if (!watchers.includes(watcher)) watchers.push(watcher);
          events.state.set({ by: 'events' });
        },
        isCurrent: async () => watched === identity,
        ageMs: () => time.now() - startedAt,
        startCount: () => startCount,
        close: async () => {
          watchers = watchers.filter((each) => each !== watcher);
        },
      };
    },
  };
}
