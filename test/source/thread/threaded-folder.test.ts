import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { threadedFolder } from '../../../src/source/thread/threaded-folder.ts';
import type { ThreadedFolderOptions } from '../../../src/source/thread/threaded-folder.ts';
import { temporaryFolder, write } from '../folders.ts';
import { mounted, noFuse } from '../fuse.ts';

const { signal } = new AbortController();

function opened(path: string, options: Partial<ThreadedFolderOptions> = {}) {
  const folder = threadedFolder({ path, rules: { include: ['**/*.yaml'] }, ...options });
  onTestFinished(folder.close);
  return folder;
}

test('reads everything first, and then only what has changed', async () => {
  const path = temporaryFolder();
  write(path, { 'a.yaml': 'one\n', 'b/c.yaml': 'two\n', 'comment.yaml': '#\n' });
  const { reader } = opened(path);
  const first = await reader.read(null, signal);
  expect(first.paths).toEqual(['a.yaml', 'b/c.yaml', 'comment.yaml']);
  expect(first.changed.map((file) => 'bytes' in file && file.bytes.toString())).toEqual(['one\n', 'two\n', '#\n']);
  expect(await reader.current(signal)).toEqual({ revision: null, digest: first.digest, unfinishedMs: null });

  write(path, { 'b/c.yaml': 'three\n' });
  const unfinished = await reader.read(first.version, signal);
  const lastComplete = { path: 'b/c.yaml', bytes: Buffer.from('two\n'), isUnfinished: true };
  expect(unfinished).toMatchObject({ paths: null, changed: [lastComplete], unfinishedMs: expect.any(Number) });
  const second = await reader.read(unfinished.version, signal, 3000);
  expect(second).toMatchObject({ paths: null, changed: [{ path: 'b/c.yaml', bytes: Buffer.from('three\n') }] });
  expect(second.digest).not.toBe(first.digest);

  write(path, { 'd.yaml': 'four\n' });
  expect(await reader.read(second.version, signal, 3000)).toMatchObject({
    paths: ['a.yaml', 'b/c.yaml', 'comment.yaml', 'd.yaml'],
    changed: [{ path: 'd.yaml' }],
  });
  // The caller may not have kept the last read.
  expect((await reader.read(first.version, signal)).changed).toHaveLength(4);
});

test('reports an empty folder to a caller that holds a read of another thread', async () => {
  const { reader } = opened(temporaryFolder());
  expect(await reader.read('another', signal)).toMatchObject({ paths: [], changed: [] });
});

test('passes on the code of a system error, and continues after it', async () => {
  const path = temporaryFolder();
  const { reader } = opened(join(path, 'later'));
  await expect(reader.read(null, signal)).rejects.toMatchObject({ code: 'ENOENT' });
  write(path, { 'later/a.yaml': 'one' });
  expect((await reader.read(null, signal)).paths).toEqual(['a.yaml']);
});

test('ends a read as soon as its signal is aborted', async () => {
  const path = temporaryFolder();
  // Git is changing the folder, so a read waits.
  write(path, { '.git/index.lock': '', 'a.yaml': 'one' });
  const { reader } = opened(path);
  const controller = new AbortController();
  const reading = reader.read(null, controller.signal);
  controller.abort(new Error('stopped'));
  await expect(reading).rejects.toThrow('stopped');
  await expect(reader.read(null, controller.signal)).rejects.toThrow('stopped');
});

test('starts another thread after one has ended', async () => {
  const path = temporaryFolder();
  write(path, { 'a.yaml': 'one' });
  const { reader, close } = opened(path);
  const { version } = await reader.read(null, signal);
  await close();
  expect((await reader.read(version, signal)).changed).toHaveLength(1);
});

describe.skipIf(noFuse !== null)(`a file system that hangs${noFuse === null ? '' : ` (skipped: ${noFuse})`}`, () => {
  const hung = 'its file system has not responded within 500ms';

  test('fails a read after a while, then at once, and works again as soon as it responds', async () => {
    const path = temporaryFolder();
    write(path, { 'a.yaml': 'one' });
    const mount = await mounted(path);
    const { reader } = opened(mount.path, { stallMs: 500 });
    await reader.read(null, signal);
    mount.hang();
    await expect(reader.read(null, signal)).rejects.toThrow(hung);
    const begun = performance.now();
    await expect(reader.current(signal)).rejects.toThrow(hung);
    expect(performance.now() - begun).toBeLessThan(100);
    mount.resume();
    await expect
      .poll(async () => (await reader.read(null, signal).catch(() => null))?.paths, { timeout: 10_000 })
      .toEqual(['a.yaml']);
  });

  test('is given up when something else is mounted in its place', { timeout: 30_000 }, async () => {
    const path = temporaryFolder();
    write(path, { 'a.yaml': 'one' });
    const mount = await mounted(path);
    const { reader } = opened(mount.path, { stallMs: 500 });
    await reader.read(null, signal);
    mount.hang();
    await expect(reader.read(null, signal)).rejects.toThrow(hung);
    spawnSync('umount', ['--lazy', mount.path]);
    writeFileSync(join(mount.path, 'b.yaml'), 'two');
    await expect
      .poll(async () => (await reader.read(null, signal).catch(() => null))?.paths, { timeout: 20_000 })
      .toEqual(['b.yaml']);
  });
});
