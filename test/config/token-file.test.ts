import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { tokenFileCredentials } from '../../src/config/token-file.ts';
import { temporaryFolder } from '../cli/command.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => {
  vi.useRealTimers();
});

/** Writes a token to a file and watches it. `changes` returns the number of changes that were reported. */
function watched(token: string) {
  const path = join(temporaryFolder(), 'token');
  writeFileSync(path, token);
  const secrets: string[] = [];
  const source = tokenFileCredentials(path, (secret) => void secrets.push(secret));
  let changes = 0;
  const unwatch = source.watch(() => {
    changes += 1;
  });
  onTestFinished(unwatch);
  return { path, source, secrets, unwatch, changes: () => changes, token: () => Object.values(source.current())[0] };
}

const POLL_MS = 1000;

/** Lets time pass, and waits for the reads that begin meanwhile. */
async function advance(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += POLL_MS) {
    vi.advanceTimersByTime(POLL_MS);
    for (let idleTurns = 0; idleTurns < 3; await nextTurn()) {
      const isReading = process.getActiveResourcesInfo().some((name) => /^(?:FS|Close)Req/.test(name));
      idleTurns = isReading ? 0 : idleTurns + 1;
    }
  }
}

test('uses a new token after it was read twice', async () => {
  const { path, changes, token } = watched('first-token\n');
  expect(token()).toBe('first-token');
  writeFileSync(path, 'second-token\n');
  await advance(POLL_MS);
  expect([token(), changes()]).toEqual(['first-token', 0]);
  await advance(POLL_MS);
  expect([token(), changes()]).toEqual(['second-token', 1]);
  await advance(10 * POLL_MS);
  expect(changes()).toBe(1);
});

test('does not use a half-written token', async () => {
  const { path, changes, token } = watched('first-token');
  writeFileSync(path, 'second');
  await advance(POLL_MS);
  writeFileSync(path, 'second-token');
  await advance(POLL_MS);
  expect(token()).toBe('first-token');
  await advance(POLL_MS);
  expect([token(), changes()]).toEqual(['second-token', 1]);
});

test.for([
  ['an empty file', (path: string) => writeFileSync(path, '\n')],
  ['not a token', (path: string) => writeFileSync(path, 'two words')],
  ['deleted', (path: string) => rmSync(path)],
  ['a folder', (path: string) => (rmSync(path), mkdirSync(path))],
  ['a pipe', (path: string) => (rmSync(path), execFileSync('mkfifo', [path]))],
  ['a large file', (path: string) => writeFileSync(path, 'x'.repeat(100_000))],
] as const)('keeps the token when the file becomes: %s', async ([, breakFile]) => {
  const { path, source, changes, token } = watched('first-token');
  breakFile(path);
  await advance(5 * POLL_MS);
  expect(await source.reload(source.current())).toBe(false);
  expect([token(), changes()]).toEqual(['first-token', 0]);
});

test('reports once that the file holds no token, and that it holds one again', async () => {
  const path = join(temporaryFolder(), 'token');
  writeFileSync(path, 'first-token');
  const problems: (string | null)[] = [];
  const source = tokenFileCredentials(path, () => {});
  onTestFinished(
    source.watch(
      () => {},
      (problem) => void problems.push(problem),
    ),
  );
  rmSync(path);
  await advance(POLL_MS);
  expect(problems).toEqual([]); // It may be replaced at this moment.
  await advance(5 * POLL_MS);
  expect(problems).toEqual([
    'expected a file that holds the token, found that it cannot be read: no such file or folder',
  ]);
  writeFileSync(path, 'TOKEN=first-token');
  await advance(5 * POLL_MS);
  writeFileSync(path, 'first-token');
  await advance(5 * POLL_MS);
  expect(problems.slice(1)).toEqual(['expected a token, found "NAME=" in front of it; keep only the token', null]);
});

test('follows the swapped links of a Kubernetes secret volume', async () => {
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
  const source = tokenFileCredentials(join(folder, 'token'), () => {});
  onTestFinished(source.watch(() => {}));
  symlinkSync('..2', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  rmSync(join(folder, '..1'), { recursive: true });
  await advance(2 * POLL_MS);
  expect(source.current()).toEqual({ token: 'second-token' });
});

describe('after a denial', () => {
  test('reads the file at once', async () => {
    const { path, source, token } = watched('first-token');
    const refused = source.current();
    expect(await source.reload(refused)).toBe(false);
    writeFileSync(path, 'second-token');
    expect(await source.reload(refused)).toBe(true);
    expect(token()).toBe('second-token');
    expect(await source.reload(refused)).toBe(true);
    expect(await source.reload(source.current())).toBe(false);
  });
});

test('ignores a file that is too large for a token', async () => {
  const { path, secrets } = watched('first-token');
  writeFileSync(path, 'x'.repeat(8193));
  await advance(5 * POLL_MS);
  expect(secrets).not.toContain('x'.repeat(8193));
  expect(() => tokenFileCredentials(path, () => {})).toThrow('expected a token, found more than 8192 bytes');
});

test('reports every token as a secret before it is used', async () => {
  const { path, secrets } = watched('first-token');
  writeFileSync(path, 'second-token');
  await advance(2 * POLL_MS);
  expect(new Set(secrets)).toEqual(new Set(['first-token', 'second-token']));
});

test('stops reading the file when it is no longer watched', async () => {
  const { path, unwatch, token } = watched('first-token');
  unwatch();
  writeFileSync(path, 'second-token');
  await advance(5 * POLL_MS);
  expect(token()).toBe('first-token');
  expect(vi.getTimerCount()).toBe(0);
});
