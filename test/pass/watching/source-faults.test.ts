import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../source/folders.ts';
import { gitSync } from '../../source/git-sync.ts';
import { startDaemon } from './running-daemon.ts';
import { declaration, liveService } from './web-service.ts';

/*
 * While the folder cannot be read, the daemon keeps running, writes nothing and reports the problem. It recovers by itself.
 */

type Fault = {
  readonly what: string;
  /** Breaks the folder. */
  readonly make: (folder: string) => void;
  readonly message: RegExp;
};

const FAULTS: readonly Fault[] = [
  { what: 'missing', make: () => {}, message: /found nothing there/ },
  { what: 'a file', make: (folder) => writeFileSync(folder, ''), message: /found a file/ },
  {
    what: 'a broken link',
    make: (folder) => symlinkSync('gone', folder),
    message: /a broken link/,
  },
  {
    what: 'a link to itself',
    make: (folder) => symlinkSync('services', folder),
    message: /links that form a loop/,
  },
  { what: 'empty', make: (folder) => mkdirSync(folder), message: /expected at least one declaration/ },
  {
    what: 'without a declaration',
    make: (folder) => {
      mkdirSync(folder);
      writeFileSync(join(folder, 'notes.yaml'), '# nothing yet\n');
    },
    message: /expected at least one declaration/,
  },
  {
    what: 'in a folder that does not exist',
    make: (folder) => rmSync(join(folder, '..'), { recursive: true }),
    message: /found nothing there/,
  },
];

test.for(FAULTS)('waits for a folder that is $what at startup', async ({ make, message }) => {
  const parent = join(temporaryFolder(), 'parent');
  mkdirSync(parent);
  const folder = join(parent, 'services');
  make(folder);
  const daemon = await startDaemon(folder, { services: [liveService(0, 1000)] });
  const failed = await daemon.nextReport(() => true);
  expect(failed).toMatchObject({
    outcome: 'failed',
    error: { kind: 'source', message: expect.stringMatching(message) },
  });
  expect(daemon.emulator.requests).toEqual([]);

  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'web.yaml'), declaration(0, 1001));
  await daemon.untilUpdated(0, 1001);
});

test.for(FAULTS)('leaves live services alone while the folder is $what, and recovers', async ({ make, message }) => {
  const parent = join(temporaryFolder(), 'parent');
  const folder = join(parent, 'services');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'web.yaml'), declaration(0, 1001));
  const daemon = await startDaemon(folder, { services: [liveService(0, 1000)] });
  await daemon.untilUpdated(0, 1001);

  const failed = daemon.nextReport(({ outcome }) => outcome === 'failed');
  rmSync(folder, { recursive: true });
  make(folder);
  expect((await failed).error).toMatchObject({
    kind: 'source',
    message: expect.stringMatching(/expected|cannot be read/),
  });
  const report = await daemon.nextReport(({ error }) => error !== null && message.test(error.message));
  expect(report).toMatchObject({ outcome: 'failed', counts: { updated: 0 } });
  expect(daemon.emulator.services()).toMatchObject([{ http_port: 1001 }]);

  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'web.yaml'), declaration(0, 1002));
  await daemon.untilUpdated(0, 1002);
});

test('waits for the first clone of git-sync and then follows its link', async () => {
  const base = temporaryFolder();
  const sync = gitSync(base);
  const daemon = await startDaemon(join(sync.link, 'services'), { services: [liveService(0, 1000)] });
  expect(await daemon.nextReport(() => true)).toMatchObject({ outcome: 'failed', error: { kind: 'source' } });
  for (const port of [1001, 1002]) {
    const hash = sync.publish({ 'services/web.yaml': declaration(0, port) });
    await daemon.untilUpdated(0, port);
    const { source } = await daemon.nextReport(() => true);
    expect(source.revision).toBe(hash);
  }
});

test.skipIf(process.getuid?.() === 0)('waits for a folder without read permission', async () => {
  const folder = join(temporaryFolder(), 'services');
  mkdirSync(folder);
  writeFileSync(join(folder, 'web.yaml'), declaration(0, 1001));
  chmodSync(folder, 0o000);
  const daemon = await startDaemon(folder, { services: [liveService(0, 1000)] });
  expect((await daemon.nextReport(() => true)).error?.message).toMatch(/permission denied/);
  chmodSync(folder, 0o755);
  await daemon.untilUpdated(0, 1001);
});

test('reads another folder that is moved to the same path', async () => {
  const parent = temporaryFolder();
  const folder = join(parent, 'services');
  for (const [name, port] of [
    ['services', 1001],
    ['next', 1002],
  ] as const) {
    mkdirSync(join(parent, name));
    writeFileSync(join(parent, name, 'web.yaml'), declaration(0, port));
  }
  const daemon = await startDaemon(folder, { services: [liveService(0, 1000)] });
  await daemon.untilUpdated(0, 1001);
  renameSync(folder, join(parent, 'old'));
  renameSync(join(parent, 'next'), folder);
  await daemon.untilUpdated(0, 1002);
});
