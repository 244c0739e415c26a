import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { configFileChange } from '../../src/config/config-file.ts';

function configFile(content: string) {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'config.yaml');
  writeFileSync(path, content);
  return { path, check: configFileChange({ path, bytes: Buffer.from(content) }) };
}

test.for(['interval: 1m', 'interval: 10m', 'interval:', ''])(
  'reports once that the content is "%s" now',
  async (text) => {
    const { path, check } = configFile('interval: 5m');
    expect(await check()).toBeNull();
    writeFileSync(path, text);
    expect(await check()).toBe(`${path} has changed`);
    expect(await check()).toBeNull();
    writeFileSync(path, 'interval: 5m');
    expect(await check()).toBeNull();
  },
);

test('reports a change at any moment of a check that runs already', async () => {
  for (let round = 0; round < 200; round += 1) {
    const { path, check } = configFile('interval: 5m');
    const first = check();
    for (let turn = 0; turn < round / 10; turn += 1) await nextTurn();
    writeFileSync(path, 'interval: 6m');
    const second = check();
    expect([await first, await second].filter((change) => change !== null)).toEqual([`${path} has changed`]);
  }
});

test('reports once that the file is gone, and that it is another one later', async () => {
  const { path, check } = configFile('interval: 5m');
  rmSync(path);
  expect(await check()).toBe(`${path} cannot be read: no such file or folder`);
  expect(await check()).toBeNull();
  writeFileSync(path, 'interval: 6m');
  expect(await check()).toBe(`${path} has changed`);
});

test('does not wait for a FIFO', async () => {
  const { path, check } = configFile('interval: 5m');
  rmSync(path);
  execFileSync('mkfifo', [path]);
  expect(await check()).toBe(`${path} is no longer a file`);
});
