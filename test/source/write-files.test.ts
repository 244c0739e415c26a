import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFiles } from '../../src/source/write-files.ts';
import { temporaryFolder, write } from './folders.ts';

const file = (folder: string, name: string, replaces = false) => ({
  path: join(folder, name),
  text: `${name}\n`,
  replaces,
});

test('creates the folder, writes the files and leaves nothing else', () => {
  const folder = join(temporaryFolder(), 'a/b');
  const files = [file(folder, '1.yaml'), file(folder, '2.yaml')];
  expect(writeFiles(files, { folder, root: folder })).toEqual({ written: files, fault: null });
  expect(readdirSync(folder).sort()).toEqual(['1.yaml', '2.yaml']);
  expect(readFileSync(join(folder, '2.yaml'), 'utf8')).toBe('2.yaml\n');
});

test('creates no folder if there is nothing to write', () => {
  const folder = join(temporaryFolder(), 'a');
  expect(writeFiles([], { folder, root: folder })).toEqual({ written: [], fault: null });
  expect(existsSync(folder)).toBe(false);
});

test('replaces nothing that was created in the meantime, not even a broken link', () => {
  const folder = temporaryFolder();
  write(folder, { '1.yaml': 'mine' });
  symlinkSync('/nowhere/at/all', join(folder, '2.yaml'));
  for (const name of ['1.yaml', '2.yaml']) {
    expect(writeFiles([file(folder, name)], { folder, root: folder })).toEqual({
      written: [],
      fault: { path: join(folder, name), message: 'cannot be written: it already exists' },
    });
  }
  expect(readFileSync(join(folder, '1.yaml'), 'utf8')).toBe('mine');
  expect(readdirSync(folder).sort()).toEqual(['1.yaml', '2.yaml']);
});

test.for([0o600, 0o444, 0o666])('keeps the mode of a replaced file, %i', (mode) => {
  const folder = temporaryFolder();
  write(folder, { '1.yaml': 'old' });
  chmodSync(join(folder, '1.yaml'), mode);
  const one = file(folder, '1.yaml', true);
  expect(writeFiles([one], { folder, root: folder })).toEqual({ written: [one], fault: null });
  expect(statSync(join(folder, '1.yaml')).mode & 0o777).toBe(mode);
  expect(readFileSync(join(folder, '1.yaml'), 'utf8')).toBe('1.yaml\n');
});

test('replaces files but no links', () => {
  const folder = temporaryFolder();
  write(folder, { '1.yaml': 'old', 'far/2.yaml': 'old' });
  symlinkSync('far/2.yaml', join(folder, '2.yaml'));
  const first = file(folder, '1.yaml', true);
  const { written, fault } = writeFiles([first, file(folder, '2.yaml', true)], { folder, root: folder });
  expect(written).toEqual([first]);
  expect(fault?.message).toBe('expected a regular file, found a link');
  expect(readFileSync(join(folder, '1.yaml'), 'utf8')).toBe('1.yaml\n');
  expect(lstatSync(join(folder, '2.yaml')).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(folder, 'far/2.yaml'), 'utf8')).toBe('old');
});

test('writes nothing if a link points outside the folder', () => {
  const [folder, outside] = [temporaryFolder(), temporaryFolder()];
  write(outside, { '1.yaml': 'old' });
  symlinkSync(outside, join(folder, 'team'));
  const files = [file(folder, '0.yaml'), file(folder, 'team/1.yaml', true)];
  const { written, fault } = writeFiles(files, { folder, root: folder });
  expect({ written, fault }).toEqual({
    written: [],
    fault: {
      path: join(folder, 'team/1.yaml'),
      message: 'expected a file in the folder, found a link that points outside it',
    },
  });
  expect([...readdirSync(folder), ...readdirSync(outside)]).toEqual(['team', '1.yaml']);
  expect(readFileSync(join(outside, '1.yaml'), 'utf8')).toBe('old');
});

test('returns why a file cannot be written', () => {
  const folder = temporaryFolder();
  write(folder, { taken: '' });
  mkdirSync(join(folder, 'here'));
  const within = join(folder, 'taken/a');
  expect(writeFiles([file(within, '1.yaml')], { folder: within, root: folder }).fault?.message).toBe(
    'cannot be written: part of its path is not a folder',
  );
  const long = writeFiles([file(folder, `${'x'.repeat(300)}.yaml`)], { folder, root: folder });
  expect(long.fault?.message).toBe('cannot be written: its name is too long');
  expect(readdirSync(folder).sort()).toEqual(['here', 'taken']);
});
