import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Watch, WatchState } from '../../../src/core/load/source.ts';
import { readFiles } from '../../../src/source/read-files.ts';
import { folderWatcher } from '../../../src/source/watch/folder-watcher.ts';
import { watchFolder } from '../../../src/source/watch/watch-folder.ts';
import type { WatchOptions } from '../../../src/source/watch/watch-folder.ts';
import { writeConfigMap } from '../config-map.ts';
import { replace, temporaryFolder, write } from '../folders.ts';
import { gitSync } from '../git-sync.ts';

/** Longer than any test runs, so that changes are detected by events and not by the safety rescan. */
const NEVER_MS = 3_600_000;

type Watched = Watch & {
  /** The text of each file when the last change was reported, or `unreadable`. */
  readonly seen: () => Readonly<Record<string, string>> | 'unreadable';
  /** How many changes were reported. */
  readonly changes: () => number;
  readonly states: readonly WatchState[];
};

/** Watches a folder, and reads it whenever a change is reported. Resolves when the watcher is ready. */
async function watched(path: string, options: Partial<WatchOptions> = {}): Promise<Watched> {
  let last: ReturnType<Watched['seen']> = {};
  let changes = 0;
  const states: WatchState[] = [];
  const ready = Promise.withResolvers<void>();
  let isReady = false;
  const readAfterChange = async (number: number) => {
    const found = await readTexts(path);
    if (number === changes) last = found;
  };
  const watch = watchFolder({
    openWatcher: (events) => folderWatcher({ path, ...events }),
    settleMs: 20,
    rescanMs: NEVER_MS,
    // The first check is made by the watch itself as soon as it is ready.
    findChange: async () => (isReady ? 'files' : null),
    readCount: () => 0,
    onCheck: () => {
      isReady = true;
      ready.resolve();
    },
    onChange: () => {
      changes += 1;
      void readAfterChange(changes);
    },
    onState: (state) => states.push(state),
    ...options,
  });
  onTestFinished(watch.close);
  await ready.promise;
  return { ...watch, seen: () => last, changes: () => changes, states };
}

async function readTexts(path: string): Promise<ReturnType<Watched['seen']>> {
  try {
    const { files } = await readFiles(path, { include: ['**/*.yaml'] });
    return Object.fromEntries(files.map((file) => [file.path, 'bytes' in file ? file.bytes.toString() : file.fault]));
  } catch {
    return 'unreadable';
  }
}

/** Waits until a change is reported after which the folder contains these files. Fails after 4 s. */
async function sees(watch: Watched, expected: ReturnType<Watched['seen']>): Promise<void> {
  await expect.poll(watch.seen, { timeout: 4000, interval: 5 }).toEqual(expected);
}

describe('reports a change', () => {
  test('of a file that is written in place, replaced, created, deleted or renamed, at any depth', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': '1', 'deep/er/b.yaml': '1' });
    const watch = await watched(folder);
    write(folder, { 'a.yaml': '2' });
    await sees(watch, { 'a.yaml': '2', 'deep/er/b.yaml': '1' });
    appendFileSync(join(folder, 'deep/er/b.yaml'), '2');
    await sees(watch, { 'a.yaml': '2', 'deep/er/b.yaml': '12' });
    replace(folder, 'a.yaml', '3');
    await sees(watch, { 'a.yaml': '3', 'deep/er/b.yaml': '12' });
    replace(folder, 'a.yaml', '4');
    await sees(watch, { 'a.yaml': '4', 'deep/er/b.yaml': '12' });
    write(folder, { 'new/c.yaml': '1' });
    await sees(watch, { 'a.yaml': '4', 'deep/er/b.yaml': '12', 'new/c.yaml': '1' });
    write(folder, { 'new/c.yaml': '2' });
    await sees(watch, { 'a.yaml': '4', 'deep/er/b.yaml': '12', 'new/c.yaml': '2' });
    rmSync(join(folder, 'deep'), { recursive: true });
    await sees(watch, { 'a.yaml': '4', 'new/c.yaml': '2' });
    renameSync(join(folder, 'new'), join(folder, 'old'));
    await sees(watch, { 'a.yaml': '4', 'old/c.yaml': '2' });
    rmSync(join(folder, 'a.yaml'));
    write(folder, { 'a.yaml': '5' });
    await sees(watch, { 'a.yaml': '5', 'old/c.yaml': '2' });
  });

  test('of a file that is deleted before the watcher has looked at it', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': '1', 'deep/b.yaml': '1' });
    const watch = await watched(folder);
    for (const path of ['second.yaml', 'deep/second.yaml']) {
      const before = watch.changes();
      write(folder, { [path]: '2' });
      // A pass that another change has caused may read the folder here.
      rmSync(join(folder, path));
      await expect.poll(watch.changes, { timeout: 4000, interval: 5 }).toBeGreaterThan(before);
    }
  });

  test('of a link in the folder, and of the file that it points to', async () => {
    const folder = temporaryFolder();
    write(folder, { '.real/a.yaml': '1', '.real/b.yaml': '2' });
    symlinkSync('.real/a.yaml', join(folder, 'x.yaml'));
    const watch = await watched(folder);
    write(folder, { '.real/a.yaml': '3' });
    await sees(watch, { 'x.yaml': '3' });
    symlinkSync('.real/b.yaml', join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'x.yaml'));
    await sees(watch, { 'x.yaml': '2' });
  });

  test('when the folder is deleted, and when it is created again', async () => {
    const folder = join(temporaryFolder(), 'services');
    write(folder, { 'a.yaml': '1' });
    const watch = await watched(folder);
    for (const round of ['2', '3']) {
      rmSync(folder, { recursive: true });
      await sees(watch, 'unreadable');
      write(folder, { 'a.yaml': round });
      await sees(watch, { 'a.yaml': round });
      write(folder, { 'a.yaml': `${round}, edited` });
      await sees(watch, { 'a.yaml': `${round}, edited` });
    }
  });

  test('when a parent folder is replaced by another one with the same name', async () => {
    const base = temporaryFolder();
    write(base, { 'a/b/services/a.yaml': '1', 'next/b/services/a.yaml': '2' });
    const watch = await watched(join(base, 'a/b/services'));
    renameSync(join(base, 'a'), join(base, 'old'));
    renameSync(join(base, 'next'), join(base, 'a'));
    await sees(watch, { 'a.yaml': '2' });
  });

  test('when the folder is replaced by another one with the same name', async () => {
    const parent = temporaryFolder();
    write(parent, { 'services/a.yaml': '1', 'next/a.yaml': '2' });
    const watch = await watched(join(parent, 'services'));
    renameSync(join(parent, 'services'), join(parent, 'old'));
    renameSync(join(parent, 'next'), join(parent, 'services'));
    await sees(watch, { 'a.yaml': '2' });
    write(parent, { 'services/a.yaml': '3' });
    await sees(watch, { 'a.yaml': '3' });
  });

  test.each(['services', 'not/yet/services'])('when %s is created after the watch started', async (path) => {
    const parent = temporaryFolder();
    const watch = await watched(join(parent, path));
    write(parent, { [`${path}/a.yaml`]: '1' });
    await sees(watch, { 'a.yaml': '1' });
    write(parent, { [`${path}/a.yaml`]: '2' });
    await sees(watch, { 'a.yaml': '2' });
  });

  test.each(['circle', 'file/below', 'file'])('when %s becomes a folder', async (path) => {
    const parent = temporaryFolder();
    write(parent, { file: '' });
    symlinkSync('circle', join(parent, 'circle'));
    const watch = await watched(join(parent, path));
    rmSync(join(parent, 'circle'));
    rmSync(join(parent, 'file'));
    write(parent, { [`${path}/a.yaml`]: '1' });
    await sees(watch, { 'a.yaml': '1' });
    write(parent, { [`${path}/a.yaml`]: '2' });
    await sees(watch, { 'a.yaml': '2' });
  });

  test('when a link to the folder is changed, or another link on the way', async () => {
    const parent = temporaryFolder();
    write(parent, { 'v1/services/a.yaml': '1', 'v2/services/a.yaml': '2', 'v3/services/a.yaml': '3' });
    const setLink = (name: string, target: string) => {
      symlinkSync(target, join(parent, 'next'));
      renameSync(join(parent, 'next'), join(parent, name));
    };
    setLink('release', 'v1');
    setLink('current', 'release');
    mkdirSync(join(parent, 'etc'));
    setLink('etc/services', '../current/services');
    const watch = await watched(join(parent, 'etc/services'));
    setLink('release', 'v2');
    await sees(watch, { 'a.yaml': '2' });
    setLink('current', 'v3');
    await sees(watch, { 'a.yaml': '3' });
    write(parent, { 'v3/services/a.yaml': '3, edited' });
    await sees(watch, { 'a.yaml': '3, edited' });
    setLink('etc/services', '../v1/services');
    await sees(watch, { 'a.yaml': '1' });
  });

  test('when a link is changed that is reached only from the real location of another link', async () => {
    const parent = temporaryFolder();
    write(parent, { 'deep/v1/a.yaml': '1', 'deep/v2/a.yaml': '2', 'deep/checkout/README.md': '' });
    symlinkSync('v1', join(parent, 'deep/current'));
    symlinkSync('../current', join(parent, 'deep/checkout/services'));
    symlinkSync('deep/checkout', join(parent, 'link'));
    const watch = await watched(join(parent, 'link/services'));
    symlinkSync('v2', join(parent, 'deep/next'));
    renameSync(join(parent, 'deep/next'), join(parent, 'deep/current'));
    await sees(watch, { 'a.yaml': '2' });
  });

  test('when a link is changed while the watch starts', async () => {
    const parent = temporaryFolder();
    write(parent, { 'v1/a.yaml': '1', 'v2/a.yaml': '2' });
    symlinkSync('v1', join(parent, 'link'));
    const starting = watched(join(parent, 'link'), { findChange: async () => 'files' });
    symlinkSync('v2', join(parent, 'next'));
    renameSync(join(parent, 'next'), join(parent, 'link'));
    const watch = await starting;
    await sees(watch, { 'a.yaml': '2' });
    write(parent, { 'v2/a.yaml': '3' });
    await sees(watch, { 'a.yaml': '3' });
  });

  test('at a relative path', async () => {
    const folder = temporaryFolder();
    const up = process.cwd().replaceAll(/[^/]+/g, '..').replace(/^\//, '');
    const watch = await watched(join(up, folder));
    write(folder, { 'a.yaml': '1' });
    await sees(watch, { 'a.yaml': '1' });
  });

  test('next to a pipe, a broken link and a loop of links', async () => {
    const folder = temporaryFolder();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('gone', join(folder, 'dangling'));
    symlinkSync('circle', join(folder, 'circle'));
    symlinkSync('.', join(folder, 'self'));
    const watch = await watched(folder);
    write(folder, { 'a.yaml': '1' });
    await expect.poll(watch.seen).toMatchObject({ 'a.yaml': '1' });
    expect(watch.states).toEqual([{ by: 'events' }]);
  });
});

describe('reports a publish of git-sync', () => {
  test.each([
    { below: '', stale: 'removed' },
    { below: 'services', stale: 'removed' },
    { below: '', stale: 'kept' },
    { below: 'services', stale: 'kept' },
  ] as const)('to a watch of root/link/$below, with the old worktree $stale', async ({ below, stale }) => {
    const sync = gitSync(temporaryFolder());
    const files = (version: string) => ({ [join(below, 'a.yaml')]: version });
    sync.publish(files('1'));
    const watch = await watched(join(sync.link, below));
    for (const version of ['2', '3', '4']) {
      sync.publish(files(version), { stale });
      await sees(watch, { 'a.yaml': version });
    }
    write(join(sync.link, below), { 'a.yaml': 'edited' });
    await sees(watch, { 'a.yaml': 'edited' });
    expect(watch.states).toEqual([{ by: 'events' }]);
  });

  test.each(['', 'services'])('to a watch of root/link/%s that started before the first publish', async (below) => {
    const sync = gitSync(temporaryFolder());
    const watch = await watched(join(sync.link, below));
    for (const version of ['1', '2']) {
      sync.publish({ [join(below, 'a.yaml')]: version });
      await sees(watch, { 'a.yaml': version });
    }
  });

  test('that adds or removes the watched folder', async () => {
    const sync = gitSync(temporaryFolder());
    sync.publish({ 'README.md': '' });
    const watch = await watched(join(sync.link, 'services'));
    sync.publish({ 'services/a.yaml': '1' });
    await sees(watch, { 'a.yaml': '1' });
    sync.publish({ 'README.md': '' });
    await sees(watch, 'unreadable');
    sync.publish({ 'services/a.yaml': '2' });
    await sees(watch, { 'a.yaml': '2' });
  });
});

describe('reports an update of a ConfigMap', () => {
  test('with changed values, new keys and removed keys', async () => {
    const folder = join(temporaryFolder(), 'volume');
    writeConfigMap(folder, { 'a.yaml': '1' });
    const watch = await watched(folder);
    for (const payload of [{ 'a.yaml': '2' }, { 'a.yaml': '3', 'b.yaml': '1' }, { 'b.yaml': '1' }, { 'b.yaml': '2' }]) {
      writeConfigMap(folder, payload);
      await sees(watch, payload);
    }
    expect(watch.states).toEqual([{ by: 'events' }]);
  });
});

describe('waits until the folder is quiet', () => {
  test('and reports many changes as one', async () => {
    const folder = temporaryFolder();
    const watch = await watched(folder, { settleMs: 150 });
    const files = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`${index}.yaml`, '1']));
    write(folder, files);
    await sees(watch, files);
    expect(watch.changes()).toBe(1);
  });

  test('but reports changes of a folder that is never quiet', async () => {
    const folder = temporaryFolder();
    const watch = await watched(folder);
    const noise = setInterval(() => appendFileSync(join(folder, 'noise.log'), '.'), 5);
    onTestFinished(() => clearInterval(noise));
    write(folder, { 'a.yaml': '1' });
    await sees(watch, { 'a.yaml': '1' });
    write(folder, { 'a.yaml': '2' });
    await sees(watch, { 'a.yaml': '2' });
  });
});

test('reports a change that a rescan found without an event', async () => {
  const folder = temporaryFolder();
  let [checks, unreportedChanges] = [0, 1];
  const watch = await watched(folder, {
    rescanMs: 15,
    findChange: async () => {
      checks += 1;
      return checks > 3 && unreportedChanges > 0 ? 'files' : null;
    },
    onChange: () => {
      unreportedChanges -= 1;
    },
  });
  await expect.poll(() => unreportedChanges).toBe(0);
  const checksSoFar = checks;
  await expect.poll(() => checks).toBeGreaterThan(checksSoFar + 3);
  expect(unreportedChanges).toBe(0);
  expect(watch.states).toEqual([{ by: 'events' }]);
});

test('does not report an event without a relevant change', async () => {
  const folder = temporaryFolder();
  write(folder, { 'a.yaml': '1' });
  let [checks, changes] = [0, 0];
  const watch = await watched(folder, {
    findChange: async () => {
      checks += 1;
      return null;
    },
    onChange: () => {
      changes += 1;
    },
  });
  checks = 0;
  write(folder, { 'notes.log': 'x' });
  await expect.poll(() => checks).toBeGreaterThan(0);
  await watch.close();
  expect(changes).toBe(0);
});

/** Watches a folder without any events. After `change`, the next rescan finds a change. */
const watchWithoutEvents = async (options: Partial<WatchOptions> = {}) => {
  let hasChanged = false;
  const missed: number[] = [];
  const watch = await watched(temporaryFolder(), {
    rescanMs: 15,
    findChange: async () => (hasChanged ? 'files' : null),
    onChange: () => {
      hasChanged = false;
    },
    onMissedChange: () => void missed.push(performance.now()),
    ...options,
  });
  return { ...watch, missed, change: () => (hasChanged = true) };
};

describe('a change that caused no event', () => {
  test('is reported as missed each time, after which the watcher is restarted', async () => {
    const { missed, change } = await watchWithoutEvents();
    change();
    await expect.poll(() => missed.length, { timeout: 4000 }).toBe(1);
    change();
    await expect.poll(() => missed.length, { timeout: 4000 }).toBe(2);
  });

  test('is not reported as missed while no pass has read the change reported before', async () => {
    // No pass reads the folder, so the change remains.
    let checks = 0;
    const { missed } = await watchWithoutEvents({
      findChange: async () => ((checks += 1) > 0 ? 'files' : null),
      onChange: () => {},
    });
    const enough = checks + 150;
    await expect.poll(() => checks, { timeout: 10_000 }).toBeGreaterThan(enough);
    expect(missed).toEqual([]);
  });

  test('is reported as missed after a pass has read the change reported before', async () => {
    let reads = 0;
    // Every check finds a change, and a pass reads it at once.
    const { missed } = await watchWithoutEvents({
      readCount: () => reads,
      findChange: async () => 'files',
      onChange: () => {
        reads += 1;
      },
    });
    await expect.poll(() => missed.length, { timeout: 4000 }).toBeGreaterThanOrEqual(1);
  });

  test('is not reported as missed if it is only another commit, which causes none', async () => {
    let [revision, changes] = ['one', 0];
    let known = revision;
    const { missed } = await watchWithoutEvents({
      findChange: async () => (revision === known ? null : 'revision'),
      onChange: () => {
        changes += 1;
        known = revision;
      },
    });
    revision = 'two';
    await expect.poll(() => changes).toBe(1);
    // Longer than it takes to report a missed change.
    const until = performance.now() + 1500;
    await expect.poll(() => performance.now(), { timeout: 4000 }).toBeGreaterThan(until);
    expect(missed).toEqual([]);
  });

  test('is not reported as missed if its event arrives late', async () => {
    const folder = temporaryFolder();
    let [hasChanged, changes] = [false, 0];
    const missed: number[] = [];
    const watch = watchFolder({
      openWatcher: (events) => folderWatcher({ path: folder, ...events }),
      settleMs: 5,
      rescanMs: 15,
      findChange: async () => (hasChanged ? 'files' : null),
      readCount: () => changes,
      onChange: () => {
        hasChanged = false;
        changes += 1;
      },
      onState: () => {},
      onMissedChange: () => void missed.push(1),
    });
    onTestFinished(watch.close);
    for (let each = 1; each <= 10; each += 1) {
      hasChanged = true;
      await expect.poll(() => changes, { interval: 1 }).toBeGreaterThanOrEqual(each);
      write(folder, { 'a.yaml': String(each) });
    }
    // Longer than it takes to report a missed change.
    const until = performance.now() + 1500;
    await expect.poll(() => performance.now(), { timeout: 4000 }).toBeGreaterThan(until);
    expect(missed).toEqual([]);
  });
});

describe('an error', () => {
  test.each([
    { path: 'none', why: 'no such file or folder' },
    { path: 'file/below', why: 'part of its path is not a folder' },
    { path: 'circle', why: 'its symbolic links form a loop' },
  ])('is reported if $path cannot be watched: $why', async ({ path, why }) => {
    const parent = temporaryFolder();
    write(parent, { file: '' });
    symlinkSync('circle', join(parent, 'circle'));
    const { states } = await watched(join(parent, path));
    expect(states).toEqual([{ by: 'rescans', reason: `${join(parent, path)} cannot be watched yet: ${why}` }]);
  });

  test('while a change is handled is reported, and the next change is handled', async () => {
    const folder = temporaryFolder();
    let changes = 0;
    const watch = await watched(folder, {
      onChange: () => {
        changes += 1;
        throw new Error('a bug');
      },
    });
    write(folder, { 'a.yaml': '1' });
    await expect.poll(() => changes).toBe(1);
    write(folder, { 'a.yaml': '2' });
    await expect.poll(() => changes).toBe(2);
    expect(watch.states).toContainEqual({ by: 'rescans', reason: 'a bug' });
  });

  test('causes frequent rescans, although the next safety rescan is far off', async () => {
    const folder = temporaryFolder();
    let checks = 0;
    await watched(folder, {
      rescanMs: NEVER_MS,
      findChange: async () => {
        checks += 1;
        if (checks === 2) throw new Error('a bug');
        return null;
      },
    });
    write(folder, { 'a.yaml': '1' });
    await expect.poll(() => checks, { timeout: 6000 }).toBeGreaterThan(3);
  });
});

describe('close', () => {
  test('ends the watch: no further change is reported', async () => {
    const folder = temporaryFolder();
    const [closed, open] = [await watched(folder), await watched(folder)];
    write(folder, { 'a.yaml': '1' });
    await closed.close();
    const changes = closed.changes();
    write(folder, { 'a.yaml': '2' });
    await sees(open, { 'a.yaml': '2' });
    expect(closed.changes()).toBe(changes);
  });

  test('can be called twice', async () => {
    const watch = await watched(temporaryFolder());
    await Promise.all([watch.close(), watch.close()]);
    await watch.close();
  });

  test('ends the watch while the folder is being replaced', async () => {
    const sync = gitSync(temporaryFolder());
    sync.publish({ 'a.yaml': '1' });
    const [closed, open] = [await watched(sync.link, { settleMs: 0 }), await watched(sync.link)];
    sync.publish({ 'a.yaml': '2' });
    await closed.close();
    const changes = closed.changes();
    await sees(open, { 'a.yaml': '2' });
    sync.publish({ 'a.yaml': '3' });
    await sees(open, { 'a.yaml': '3' });
    expect(closed.changes()).toBe(changes);
  });

  test('during a rescan that finds a change reports no missed change later', async () => {
    const [begun, found] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let checks = 0;
    const { missed, close } = await watchWithoutEvents({
      findChange: async () => {
        checks += 1;
        if (checks === 1) return null;
        begun.resolve();
        await found.promise;
        return 'files';
      },
    });
    await begun.promise;
    const closing = close();
    found.resolve();
    await closing;
    // Longer than it takes to report a missed change.
    const until = performance.now() + 1200;
    await expect.poll(() => performance.now(), { timeout: 4000 }).toBeGreaterThan(until);
    expect(missed).toEqual([]);
  });

  test('leaves nothing open that keeps a process alive', async () => {
    const folder = temporaryFolder();
    write(folder, { 'v1/a.yaml': '1', 'v2/a.yaml': '1' });
    symlinkSync('v1', join(folder, 'link'));
    const program = `
      import { renameSync, symlinkSync } from 'node:fs';
      import { folderWatcher } from ${JSON.stringify(new URL('../../../src/source/watch/folder-watcher.ts', import.meta.url))};
      import { watchFolder } from ${JSON.stringify(new URL('../../../src/source/watch/watch-folder.ts', import.meta.url))};
      const changed = Promise.withResolvers();
      const ready = Promise.withResolvers();
      let checks = 0;
      const watch = watchFolder({
        openWatcher: (events) => folderWatcher({ path: 'link', ...events }), settleMs: 20, rescanMs: 60_000, findChange: async () => ((checks += 1) > 1 ? 'files' : null), readCount: () => 0, onCheck: ready.resolve,
        onChange: changed.resolve, onState: (state) => state.by === 'rescans' && changed.reject(state),
      });
      await ready.promise;
      symlinkSync('v2', 'next');
      renameSync('next', 'link');
      await changed.promise;
      await watch.close();
      setTimeout(() => console.log("left: " + process.getActiveResourcesInfo().filter((each) => each.startsWith('FS'))), 10);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      cwd: folder,
      timeout: 15_000,
    });
    expect(stdout).toBe('left: \n');
  });
});
