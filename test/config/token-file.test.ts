import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { tokenFile } from '../../src/config/token-file.ts';
import { temporaryFolder } from '../cli/command.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
});

/** A file with this token, watched, and how often it was told of another one. */
function watched(token: string) {
  const path = join(temporaryFolder(), 'token');
  writeFileSync(path, token);
  const secrets: string[] = [];
  const source = tokenFile(path, (secret) => void secrets.push(secret));
  let changes = 0;
  const unwatch = source.watch(() => {
    changes += 1;
  });
  onTestFinished(unwatch);
  return { path, source, secrets, unwatch, changes: () => changes, token: () => Object.values(source.current())[0] };
}

const LOOK_MS = 1000;

test('another token in the file is believed when it was seen twice, within three seconds', () => {
  const { path, changes, token } = watched('first-token\n');
  expect(token()).toBe('first-token');
  writeFileSync(path, 'second-token\n');
  vi.advanceTimersByTime(LOOK_MS);
  expect([token(), changes()]).toEqual(['first-token', 0]);
  vi.advanceTimersByTime(LOOK_MS);
  expect([token(), changes()]).toEqual(['second-token', 1]);
  vi.advanceTimersByTime(10 * LOOK_MS);
  expect(changes()).toBe(1);
});

test('a token that is half there is not believed', () => {
  const { path, changes, token } = watched('first-token');
  writeFileSync(path, 'second');
  vi.advanceTimersByTime(LOOK_MS);
  writeFileSync(path, 'second-token');
  vi.advanceTimersByTime(LOOK_MS);
  expect(token()).toBe('first-token');
  vi.advanceTimersByTime(LOOK_MS);
  expect([token(), changes()]).toEqual(['second-token', 1]);
});

test.for([
  ['empty', (path: string) => writeFileSync(path, '\n')],
  ['no token', (path: string) => writeFileSync(path, 'two words')],
  ['gone', (path: string) => rmSync(path)],
  ['a folder', (path: string) => (rmSync(path), mkdirSync(path))],
  ['a pipe', (path: string) => (rmSync(path), execFileSync('mkfifo', [path]))],
  ['another file, and large', (path: string) => writeFileSync(path, 'x'.repeat(100_000))],
] as const)('a file that is %s later leaves the token as it was', ([, spoil]) => {
  const { path, source, changes, token } = watched('first-token');
  spoil(path);
  vi.advanceTimersByTime(5 * LOOK_MS);
  expect(source.reload(source.current())).toBe(false);
  expect([token(), changes()]).toEqual(['first-token', 0]);
});

test('a secret volume of Kubernetes, whose links are swapped', () => {
  const folder = temporaryFolder();
  for (const [name, text] of [
    ['..1', 'first-token'],
    ['..2', 'second-token'],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'token'), text);
  }
  symlinkSync('..1', join(folder, '..data'));
  symlinkSync('..data/token', join(folder, 'token'));
  const source = tokenFile(join(folder, 'token'), () => {});
  onTestFinished(source.watch(() => {}));
  symlinkSync('..2', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  rmSync(join(folder, '..1'), { recursive: true });
  vi.advanceTimersByTime(2 * LOOK_MS);
  expect(source.current()).toEqual({ token: 'second-token' });
});

describe('after a denial', () => {
  test('the file is looked at at once', () => {
    const { path, source, token } = watched('first-token');
    const refused = source.current();
    expect(source.reload(refused)).toBe(false);
    writeFileSync(path, 'second-token');
    expect(source.reload(refused)).toBe(true);
    expect(token()).toBe('second-token');
    expect(source.reload(refused)).toBe(true);
    expect(source.reload(source.current())).toBe(false);
  });
});

test('what is too large for a token is no secret: nothing is done with it', () => {
  const { path, secrets } = watched('first-token');
  writeFileSync(path, 'x'.repeat(8193));
  vi.advanceTimersByTime(5 * LOOK_MS);
  expect(secrets).not.toContain('x'.repeat(8193));
  expect(() => tokenFile(path, () => {})).toThrow('expected a token, found more than 8192 bytes');
});

test('every token that was read is told of before it is used', () => {
  const { path, secrets } = watched('first-token');
  writeFileSync(path, 'second-token');
  vi.advanceTimersByTime(2 * LOOK_MS);
  expect(new Set(secrets)).toEqual(new Set(['first-token', 'second-token']));
});

test('nothing is looked at any more once it is no longer watched', () => {
  const { path, unwatch, token } = watched('first-token');
  unwatch();
  writeFileSync(path, 'second-token');
  vi.advanceTimersByTime(5 * LOOK_MS);
  expect(token()).toBe('first-token');
  expect(vi.getTimerCount()).toBe(0);
});
