import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isOnLocalDisk } from '../../src/source/local-disk.ts';
import { temporaryFolder } from './folders.ts';
import { mounted, noFuse } from './fuse.ts';

test('a folder that does not exist is not on a local disk', async () => {
  expect(await isOnLocalDisk(join(temporaryFolder(), 'missing'))).toBe(false);
});

test.runIf(process.platform === 'linux')('a temporary folder is on a local disk', async () => {
  expect(await isOnLocalDisk(temporaryFolder())).toBe(true);
});

test.skipIf(noFuse !== null)(
  'a mounted folder is not, even if it hangs, and neither is a folder around it',
  async () => {
    const around = temporaryFolder();
    const inside = join(around, 'inside folder');
    mkdirSync(inside);
    const mount = await mounted(temporaryFolder(), inside);
    expect(await isOnLocalDisk(mount.path)).toBe(false);
    expect(await isOnLocalDisk(around)).toBe(false);
    mount.hang();
    expect(await isOnLocalDisk(mount.path)).toBe(false);
    expect(await isOnLocalDisk(around)).toBe(false);
  },
);
