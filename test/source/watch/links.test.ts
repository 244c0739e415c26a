import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveLinks } from '../../../src/source/watch/links.ts';
import { temporaryFolder, write } from '../folders.ts';

test('returns every link on the way by its real location, and the real path of the folder', () => {
  const parent = temporaryFolder();
  mkdirSync(join(parent, 'v1/services'), { recursive: true });
  symlinkSync('v1', join(parent, 'release'));
  symlinkSync('release', join(parent, 'current'));
  mkdirSync(join(parent, 'etc'));
  symlinkSync('../current/services', join(parent, 'etc/services'));
  const { links, folder } = resolveLinks(join(parent, 'etc/services'));
  expect(links).toEqual([join(parent, 'etc/services'), join(parent, 'current'), join(parent, 'release')]);
  expect(folder).toBe(join(parent, 'v1/services'));
});

test('resolves as much as exists', () => {
  const parent = temporaryFolder();
  expect(resolveLinks(join(parent, 'not/yet'))).toMatchObject({ links: [], folder: join(parent, 'not/yet') });
  symlinkSync('gone', join(parent, 'link'));
  expect(resolveLinks(join(parent, 'link'))).toMatchObject({ links: [join(parent, 'link')] });
});

test('ends in a loop of links', () => {
  const parent = temporaryFolder();
  symlinkSync('b', join(parent, 'a'));
  symlinkSync('a', join(parent, 'b'));
  expect(resolveLinks(join(parent, 'a')).links).toEqual([join(parent, 'a'), join(parent, 'b')]);
});

test('has another identity when the folder, a link, or the kind of the entry changes', () => {
  const parent = temporaryFolder();
  const path = join(parent, 'link');
  const identities = new Set<string>();
  const remember = () => identities.add(resolveLinks(path).identity);
  remember();
  write(parent, { 'v1/a.yaml': '', 'v2/a.yaml': '' });
  symlinkSync('v1', path);
  remember();
  symlinkSync('v2', join(parent, 'next'));
  renameSync(join(parent, 'next'), path);
  remember();
  rmSync(join(parent, 'v2'), { recursive: true });
  remember();
  write(parent, { v2: '' });
  remember();
  expect(identities.size).toBe(5);
  write(parent, { v2: 'edited' });
  remember();
  expect(identities.size).toBe(5);
});
