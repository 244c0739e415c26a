import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isLocalDevice } from '../../../src/source/local/block-device.ts';
import { localDisk } from '../../../src/source/local/local-disk.ts';
import { temporaryFolder, write } from '../folders.ts';
import { mounted, noFuse } from '../fuse.ts';

const disk = localDisk();

describe.runIf(process.platform === 'linux')('on a local disk', () => {
  test('is a temporary folder, also through links, and what does not exist there', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'relative'));
    symlinkSync(join(folder, 'relative'), join(folder, 'absolute'));
    symlinkSync('loop', join(folder, 'loop'));
    for (const name of ['real', 'absolute/../relative', 'missing/too', 'loop']) {
      expect(disk.holdsFolder(join(folder, name))).toBe(true);
    }
  });

  test('is not a file of the kernel', () => {
    expect(disk.holds('/proc/self/fd')).toBe(false);
  });

  test('is a device without a disk, but no image in a file, and none that the kernel does not know', () => {
    expect(isLocalDevice('0:42')).toBe(true);
    expect(isLocalDevice('7:0')).toBe(false);
    expect(isLocalDevice('1000:1000')).toBe(false);
  });
});

describe.skipIf(noFuse !== null)(`a file system that hangs${noFuse === null ? '' : ` (skipped: ${noFuse})`}`, () => {
  test('is not on a local disk, and neither is a folder around it or a path that leads through it', async () => {
    const around = temporaryFolder();
    const inside = join(around, 'inside folder');
    mkdirSync(inside);
    const served = temporaryFolder();
    symlinkSync(temporaryFolder(), join(served, 'back'));
    const mount = await mounted(served, inside);
    symlinkSync(inside, join(around, 'link'));
    const paths = [inside, join(inside, 'missing'), join(inside, 'back'), join(around, 'link', 'back')];
    expect(paths.map(disk.holds)).toEqual(paths.map(() => false));
    mount.hang();
    expect(paths.map(disk.holds)).toEqual(paths.map(() => false));
    expect([around, ...paths].map(disk.holdsFolder)).toEqual([around, ...paths].map(() => false));
  });

  test('may hold the git folder of a checkout', async () => {
    const served = temporaryFolder();
    mkdirSync(join(served, 'git'));
    const mount = await mounted(served);
    const worktree = temporaryFolder();
    const services = join(worktree, 'services');
    mkdirSync(services);
    mount.hang();
    write(worktree, { '.git': `gitdir: ${join(worktree, 'local')}\n` });
    expect(disk.holdsFolder(services)).toBe(true);
    write(worktree, { '.git': `gitdir: ${join(mount.path, 'git')}\n` });
    expect(disk.holdsFolder(services)).toBe(false);
    rmSync(join(worktree, '.git'));
    symlinkSync(join(mount.path, 'git'), join(worktree, '.git'));
    expect(disk.holdsFolder(services)).toBe(false);
  });
});
