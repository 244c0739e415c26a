import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Watch, WatchState } from '../../../src/core/load/source.ts';
import { readFiles } from '../../../src/source/read-files.ts';
import { watchFolder } from '../../../src/source/watch/watch-folder.ts';
import type { WatchOptions } from '../../../src/source/watch/watch-folder.ts';
import { writeConfigMap } from '../config-map.ts';
import { replace, temporaryFolder, write } from '../folders.ts';
import { gitSync } from '../git-sync.ts';

/** Longer than any test waits: what is seen was seen by an event, and not by the safety re-scan. */
const NEVER_MS = 3_600_000;

type Watched = Watch & {
  /** What the folder held when the last change was told: the text of each file; or that it could not be read. */
  readonly seen: () => Readonly<Record<string, string>> | 'unreadable';
  /** How often a change was told. */
  readonly changes: () => number;
  readonly states: readonly WatchState[];
};

/** Watches a folder and, when told of a change, reads it. */
async function watched(path: string, options: Partial<WatchOptions> = {}): Promise<Watched> {
  let last: ReturnType<Watched['seen']> = {};
  let changes = 0;
  const states: WatchState[] = [];
  const standing = Promise.withResolvers<void>();
  let isStanding = false;
  const lookFor = async (number: number) => {
    const found = await look(path);
    if (number === changes) last = found;
  };
  const watch = watchFolder({
    path,
    settleMs: 20,
    rescanMs: NEVER_MS,
    // The first look is the watch's own, once it stands.
    hasChanged: async () => isStanding,
    readCount: () => 0,
    onCheck: () => {
      isStanding = true;
      standing.resolve();
    },
    onChange: () => {
      changes += 1;
      void lookFor(changes);
    },
    onState: (state) => states.push(state),
    ...options,
  });
  onTestFinished(watch.close);
  await standing.promise;
  return { ...watch, seen: () => last, changes: () => changes, states };
}

async function look(path: string): Promise<ReturnType<Watched['seen']>> {
  try {
    const { files } = await readFiles(path, ['**/*.yaml']);
    return Object.fromEntries(files.map((file) => [file.path, 'bytes' in file ? file.bytes.toString() : file.fault]));
  } catch {
    return 'unreadable';
  }
}

/** Waits, though not for ever, until a change was told after which the folder held this. */
async function sees(watch: Watched, expected: ReturnType<Watched['seen']>): Promise<void> {
  await expect.poll(watch.seen, { timeout: 4000, interval: 5 }).toEqual(expected);
}

describe('a change is told', () => {
  test('of a file that is written in place, replaced, new, deleted, renamed, at any depth', async () => {
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

  test('of a link within the folder that leads elsewhere, and of the file behind it', async () => {
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

  test('when the folder is deleted, and when it is made again', async () => {
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

  test('when a folder above it is exchanged for another one of its name', async () => {
    const base = temporaryFolder();
    write(base, { 'a/b/services/a.yaml': '1', 'next/b/services/a.yaml': '2' });
    const watch = await watched(join(base, 'a/b/services'));
    renameSync(join(base, 'a'), join(base, 'old'));
    renameSync(join(base, 'next'), join(base, 'a'));
    await sees(watch, { 'a.yaml': '2' });
  });

  test('when the folder is exchanged for another one of its name', async () => {
    const parent = temporaryFolder();
    write(parent, { 'services/a.yaml': '1', 'next/a.yaml': '2' });
    const watch = await watched(join(parent, 'services'));
    renameSync(join(parent, 'services'), join(parent, 'old'));
    renameSync(join(parent, 'next'), join(parent, 'services'));
    await sees(watch, { 'a.yaml': '2' });
    write(parent, { 'services/a.yaml': '3' });
    await sees(watch, { 'a.yaml': '3' });
  });

  test.each(['services', 'not/yet/services'])('when %s comes that was not there at first', async (path) => {
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

  test('when a link to the folder is turned, or one on the way to it, or one behind it', async () => {
    const parent = temporaryFolder();
    write(parent, { 'v1/services/a.yaml': '1', 'v2/services/a.yaml': '2', 'v3/services/a.yaml': '3' });
    const turn = (name: string, target: string) => {
      symlinkSync(target, join(parent, 'turning'));
      renameSync(join(parent, 'turning'), join(parent, name));
    };
    turn('release', 'v1');
    turn('current', 'release');
    mkdirSync(join(parent, 'etc'));
    turn('etc/services', '../current/services');
    const watch = await watched(join(parent, 'etc/services'));
    turn('release', 'v2');
    await sees(watch, { 'a.yaml': '2' });
    turn('current', 'v3');
    await sees(watch, { 'a.yaml': '3' });
    write(parent, { 'v3/services/a.yaml': '3, edited' });
    await sees(watch, { 'a.yaml': '3, edited' });
    turn('etc/services', '../v1/services');
    await sees(watch, { 'a.yaml': '1' });
  });

  test('when a link is turned that only a link leads to, from where that one really is', async () => {
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

  test('when a link was turned while the watch began', async () => {
    const parent = temporaryFolder();
    write(parent, { 'v1/a.yaml': '1', 'v2/a.yaml': '2' });
    symlinkSync('v1', join(parent, 'link'));
    const beginning = watched(join(parent, 'link'), { hasChanged: async () => true });
    symlinkSync('v2', join(parent, 'next'));
    renameSync(join(parent, 'next'), join(parent, 'link'));
    const watch = await beginning;
    await sees(watch, { 'a.yaml': '2' });
    write(parent, { 'v2/a.yaml': '3' });
    await sees(watch, { 'a.yaml': '3' });
  });

  test('at a path that is relative', async () => {
    const folder = temporaryFolder();
    const up = process.cwd().replaceAll(/[^/]+/g, '..').replace(/^\//, '');
    const watch = await watched(join(up, folder));
    write(folder, { 'a.yaml': '1' });
    await sees(watch, { 'a.yaml': '1' });
  });

  test('beside a pipe, a broken link and a circle of links', async () => {
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

describe('a publish of git-sync is told', () => {
  test.each([
    { below: '', stale: 'removed' },
    { below: 'services', stale: 'removed' },
    { below: '', stale: 'kept' },
    { below: 'services', stale: 'kept' },
  ] as const)('to who watches root/link/$below, the old worktree $stale', async ({ below, stale }) => {
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

  test.each(['', 'services'])('to who watches root/link/%s before the first', async (below) => {
    const sync = gitSync(temporaryFolder());
    const watch = await watched(join(sync.link, below));
    for (const version of ['1', '2']) {
      sync.publish({ [join(below, 'a.yaml')]: version });
      await sees(watch, { 'a.yaml': version });
    }
  });

  test('when the watched folder comes with it, and goes', async () => {
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

describe('an update of a ConfigMap is told', () => {
  test('of values, of new keys, of removed ones', async () => {
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

describe('a change is settled', () => {
  test('before it is told: many of them are one', async () => {
    const folder = temporaryFolder();
    const watch = await watched(folder, { settleMs: 150 });
    const files = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`${index}.yaml`, '1']));
    write(folder, files);
    await sees(watch, files);
    expect(watch.changes()).toBe(1);
  });

  test('though not for ever: a folder that never is quiet is read all the same', async () => {
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

test('a re-scan finds what no event told, and tells it', async () => {
  const folder = temporaryFolder();
  let [asked, news] = [0, 1];
  const watch = await watched(folder, {
    rescanMs: 15,
    hasChanged: async () => {
      asked += 1;
      return asked > 3 && news > 0;
    },
    onChange: () => {
      news -= 1;
    },
  });
  await expect.poll(() => news).toBe(0);
  const { length } = Array.from({ length: asked });
  await expect.poll(() => asked).toBeGreaterThan(length + 3);
  expect(news).toBe(0);
  expect(watch.states).toEqual([{ by: 'events' }]);
});

test('an event that changed nothing that counts is not told', async () => {
  const folder = temporaryFolder();
  write(folder, { 'a.yaml': '1' });
  let [asked, told] = [0, 0];
  const watch = await watched(folder, {
    hasChanged: async () => {
      asked += 1;
      return false;
    },
    onChange: () => {
      told += 1;
    },
  });
  asked = 0;
  write(folder, { 'notes.log': 'x' });
  await expect.poll(() => asked).toBeGreaterThan(0);
  await watch.close();
  expect(told).toBe(0);
});

/** A watch whose re-scan finds a change when the test says so, once; no event tells of it. */
const deaf = async (options: Partial<WatchOptions> = {}) => {
  let hasChanged = false;
  const missed: number[] = [];
  const watch = await watched(temporaryFolder(), {
    rescanMs: 15,
    hasChanged: async () => hasChanged,
    onChange: () => {
      hasChanged = false;
    },
    onMissedChange: () => void missed.push(performance.now()),
    ...options,
  });
  return { ...watch, missed, change: () => (hasChanged = true) };
};

describe('a change that no event announced', () => {
  test('is told as missed, each time, and the watcher is put up anew', async () => {
    const { missed, change } = await deaf();
    change();
    await expect.poll(() => missed.length, { timeout: 4000 }).toBe(1);
    change();
    await expect.poll(() => missed.length, { timeout: 4000 }).toBe(2);
  });

  test('is not told as missed while a pass has not read yet what was told before', async () => {
    // No pass reads: the change stays one.
    let looks = 0;
    const { missed } = await deaf({ hasChanged: async () => (looks += 1) > 0, onChange: () => {} });
    const enough = looks + 150;
    await expect.poll(() => looks, { timeout: 10_000 }).toBeGreaterThan(enough);
    expect(missed).toEqual([]);
  });

  test('is told as missed though a change was told just before, once a pass has read that one', async () => {
    let reads = 0;
    // Whenever it is looked at, the folder is another one, and a pass reads it at once.
    const { missed } = await deaf({
      readCount: () => reads,
      hasChanged: async () => true,
      onChange: () => {
        reads += 1;
      },
    });
    await expect.poll(() => missed.length, { timeout: 4000 }).toBeGreaterThanOrEqual(1);
  });

  test('is not told as missed when its event comes late', async () => {
    const folder = temporaryFolder();
    let [hasChanged, changes] = [false, 0];
    const missed: number[] = [];
    const watch = watchFolder({
      path: folder,
      settleMs: 5,
      rescanMs: 15,
      hasChanged: async () => hasChanged,
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
    // As long as it would take to be told.
    const until = performance.now() + 1500;
    await expect.poll(() => performance.now(), { timeout: 4000 }).toBeGreaterThan(until);
    expect(missed).toEqual([]);
  });
});

describe('trouble', () => {
  test.each([
    { path: 'none', why: 'no such file or folder' },
    { path: 'file/below', why: 'part of its path is not a folder' },
    { path: 'circle', why: 'its symbolic links form a loop' },
  ])('is told where $path cannot be watched: $why', async ({ path, why }) => {
    const parent = temporaryFolder();
    write(parent, { file: '' });
    symlinkSync('circle', join(parent, 'circle'));
    const { states } = await watched(join(parent, path));
    expect(states).toEqual([{ by: 'rescans', reason: `${join(parent, path)} cannot be watched yet: ${why}` }]);
  });

  test('while a change is handled is told, and the next change is handled all the same', async () => {
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

  test('has the folder looked at soon, though the re-scan is far off', async () => {
    const folder = temporaryFolder();
    let looks = 0;
    await watched(folder, {
      rescanMs: NEVER_MS,
      hasChanged: async () => {
        looks += 1;
        if (looks === 2) throw new Error('a bug');
        return false;
      },
    });
    write(folder, { 'a.yaml': '1' });
    await expect.poll(() => looks, { timeout: 6000 }).toBeGreaterThan(3);
  });
});

describe('close', () => {
  test('ends it: nothing is told any more', async () => {
    const folder = temporaryFolder();
    const [closed, open] = [await watched(folder), await watched(folder)];
    write(folder, { 'a.yaml': '1' });
    await closed.close();
    const told = closed.changes();
    write(folder, { 'a.yaml': '2' });
    await sees(open, { 'a.yaml': '2' });
    expect(closed.changes()).toBe(told);
  });

  test('twice is once', async () => {
    const watch = await watched(temporaryFolder());
    await Promise.all([watch.close(), watch.close()]);
    await watch.close();
  });

  test('while the folder is exchanged ends it, too', async () => {
    const sync = gitSync(temporaryFolder());
    sync.publish({ 'a.yaml': '1' });
    const [closed, open] = [await watched(sync.link, { settleMs: 0 }), await watched(sync.link)];
    sync.publish({ 'a.yaml': '2' });
    await closed.close();
    const told = closed.changes();
    await sees(open, { 'a.yaml': '2' });
    sync.publish({ 'a.yaml': '3' });
    await sees(open, { 'a.yaml': '3' });
    expect(closed.changes()).toBe(told);
  });

  test('leaves nothing that keeps a process alive', async () => {
    const folder = temporaryFolder();
    write(folder, { 'v1/a.yaml': '1', 'v2/a.yaml': '1' });
    symlinkSync('v1', join(folder, 'link'));
    const program = `
      import { renameSync, symlinkSync } from 'node:fs';
      import { watchFolder } from ${JSON.stringify(new URL('../../../src/source/watch/watch-folder.ts', import.meta.url))};
      const told = Promise.withResolvers();
      const stands = Promise.withResolvers();
      let looks = 0;
      const watch = watchFolder({
        path: 'link', settleMs: 20, rescanMs: 60_000, hasChanged: async () => (looks += 1) > 1, readCount: () => 0, onCheck: stands.resolve,
        onChange: told.resolve, onState: (state) => state.by === 'rescans' && told.reject(state),
      });
      await stands.promise;
      symlinkSync('v2', 'next');
      renameSync('next', 'link');
      await told.promise;
      await watch.close();
      setTimeout(() => console.log("left: " + process.getActiveResourcesInfo().filter((each) => each.startsWith('FS'))), 10);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      cwd: folder,
      timeout: 15_000,
    });
    expect(stdout).toBe('left: \n');
  });
});
