import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { folderSource } from '../../../src/source/folder-source.ts';
import { localFolder } from '../../../src/source/local/local-folder.ts';
import { hasLiveThreads } from '../../../src/source/thread/live-threads.ts';
import { threadedFolder } from '../../../src/source/thread/threaded-folder.ts';
import { watchFolder } from '../../../src/source/watch/watch-folder.ts';
import { temporaryFolder, write } from '../folders.ts';
import { mounted, noFuse } from '../fuse.ts';

const { signal } = new AbortController();
const rules = { include: ['**/*.yaml'] };

function opened(path: string) {
  const folder = localFolder({ path, rules, threaded: threadedFolder({ path, rules, stallMs: 500 }) });
  onTestFinished(folder.close);
  return { path, folder, reader: folder.reader };
}

/** Watches a folder and reads it after every change. Returns a function that returns the number of changes so far. */
function watched({ path, folder: { reader, openWatcher } }: ReturnType<typeof opened>): () => number {
  const source = folderSource({ path, rules, allowEmpty: true, reader });
  let changes = 0;
  const watch = watchFolder({
    openWatcher,
    settleMs: 20,
    rescanMs: 60_000,
    findChange: source.findChange,
    readCount: source.readCount,
    onChange: () => {
      changes += 1;
      void source.read(signal).catch(() => {});
    },
    onState: () => {},
  });
  onTestFinished(watch.close);
  return () => changes;
}

test.runIf(process.platform === 'linux')('a local disk is read and watched without another thread', async () => {
  const path = temporaryFolder();
  write(path, { 'a.yaml': 'one\n' });
  const folder = opened(path);
  expect((await folder.reader.read(null, signal)).paths).toEqual(['a.yaml']);
  const changes = watched(folder);
  await expect.poll(changes).toBe(1);
  write(path, { 'a.yaml': 'two\n' });
  await expect.poll(changes).toBe(2);
  expect(hasLiveThreads()).toBe(false);
});

describe.skipIf(noFuse !== null)(`a file system that hangs${noFuse === null ? '' : ` (skipped: ${noFuse})`}`, () => {
  const hung = 'its file system has not responded within 500ms';

  test('does not block this thread when it is mounted in a folder that is watched already', async () => {
    const path = temporaryFolder();
    write(path, { 'a.yaml': 'one\n' });
    mkdirSync(join(path, 'team'));
    const served = temporaryFolder();
    write(served, { 'c.yaml': 'three\n' });
    const folder = opened(path);
    const changes = watched(folder);
    await expect.poll(changes).toBe(1);
    const mount = await mounted(served, join(path, 'team'));
    expect((await folder.reader.read(null, signal)).paths).toEqual(['a.yaml', 'team/c.yaml']);
    write(path, { 'a.yaml': 'changed\n' });
    await expect.poll(changes).toBe(2);
    mount.hang();
    const begun = performance.now();
    const reading = expect(folder.reader.read(null, signal)).rejects.toThrow(hung);
    await sleep(1);
    expect(performance.now() - begun).toBeLessThan(400);
    await reading;
    mount.resume();
    write(path, { 'a.yaml': 'changed again\n' });
    await expect.poll(changes, { timeout: 10_000 }).toBeGreaterThan(2);
  });

  test('does not block this thread through a link in the folder', async () => {
    const served = temporaryFolder();
    mkdirSync(join(served, 'team'));
    const mount = await mounted(served);
    const path = temporaryFolder();
    write(path, { 'a.yaml': 'one\n' });
    const { reader } = opened(path);
    await reader.read(null, signal);
    symlinkSync(join(mount.path, 'team'), join(path, 'team'));
    mount.hang();
    await expect(reader.read(null, signal)).rejects.toThrow(hung);
  });
});
