import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../source/folders.ts';
import { gitSync } from '../source/git-sync.ts';
import { declaration, liveService, living } from './living.ts';

/*
 * A source that fails: the daemon lives, writes nothing, says what is wrong, and goes on by itself when it is right again.
 */

type Fault = {
  readonly what: string;
  /** Makes the folder fail. */
  readonly make: (folder: string) => void;
  readonly says: RegExp;
};

const FAULTS: readonly Fault[] = [
  { what: 'missing', make: () => {}, says: /found nothing there/ },
  { what: 'a file', make: (folder) => writeFileSync(folder, ''), says: /found a file/ },
  {
    what: 'a link that leads nowhere',
    make: (folder) => symlinkSync('gone', folder),
    says: /a broken link/,
  },
  {
    what: 'a link in a circle',
    make: (folder) => symlinkSync('services', folder),
    says: /links that form a loop/,
  },
  { what: 'empty', make: (folder) => mkdirSync(folder), says: /expected at least one declaration/ },
  {
    what: 'without a declaration',
    make: (folder) => {
      mkdirSync(folder);
      writeFileSync(join(folder, 'notes.yaml'), '# nothing yet\n');
    },
    says: /expected at least one declaration/,
  },
  {
    what: 'below a folder that is not there',
    make: (folder) => rmSync(join(folder, '..'), { recursive: true }),
    says: /found nothing there/,
  },
];

test.for(FAULTS)('a folder that is $what at start is waited for', async ({ make, says }) => {
  const parent = join(temporaryFolder(), 'parent');
  mkdirSync(parent);
  const folder = join(parent, 'services');
  make(folder);
  const alive = await living(folder, { services: [liveService(0, 1000)] });
  const failed = await alive.report(() => true);
  expect(failed).toMatchObject({ outcome: 'failed', error: { kind: 'source', message: expect.stringMatching(says) } });
  expect(alive.emulator.requests).toEqual([]);

  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'web.yaml'), declaration(0, 1001));
  await alive.arrival(0, 1001);
});

test.for(FAULTS)('a folder that becomes $what keeps what is live, and recovers', async ({ make, says }) => {
  const parent = join(temporaryFolder(), 'parent');
  const folder = join(parent, 'services');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'web.yaml'), declaration(0, 1001));
  const alive = await living(folder, { services: [liveService(0, 1000)] });
  await alive.arrival(0, 1001);

  const failed = alive.report(({ outcome }) => outcome === 'failed');
  rmSync(folder, { recursive: true });
  make(folder);
  expect((await failed).error).toMatchObject({
    kind: 'source',
    message: expect.stringMatching(/expected|cannot be read/),
  });
  const wrong = await alive.report(({ error }) => error !== null && says.test(error.message));
  expect(wrong).toMatchObject({ outcome: 'failed', counts: { updated: 0 } });
  expect(alive.emulator.services()).toMatchObject([{ http_port: 1001 }]);

  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'web.yaml'), declaration(0, 1002));
  await alive.arrival(0, 1002);
});

test('started before git-sync has cloned, it waits for the link, and then follows it', async () => {
  const base = temporaryFolder();
  const sync = gitSync(base);
  const alive = await living(join(sync.link, 'services'), { services: [liveService(0, 1000)] });
  expect(await alive.report(() => true)).toMatchObject({ outcome: 'failed', error: { kind: 'source' } });
  for (const port of [1001, 1002]) {
    const hash = sync.publish({ 'services/web.yaml': declaration(0, port) });
    await alive.arrival(0, port);
    const { source } = await alive.report(() => true);
    expect(source.revision).toBe(hash);
  }
});

test.skipIf(process.getuid?.() === 0)('a folder that may not be read', async () => {
  const folder = join(temporaryFolder(), 'services');
  mkdirSync(folder);
  writeFileSync(join(folder, 'web.yaml'), declaration(0, 1001));
  chmodSync(folder, 0o000);
  const alive = await living(folder, { services: [liveService(0, 1000)] });
  expect((await alive.report(() => true)).error?.message).toMatch(/permission denied/);
  chmodSync(folder, 0o755);
  await alive.arrival(0, 1001);
});

test('a folder moved away and another one put in its place is the other one', async () => {
  const parent = temporaryFolder();
  const folder = join(parent, 'services');
  for (const [name, port] of [
    ['services', 1001],
    ['next', 1002],
  ] as const) {
    mkdirSync(join(parent, name));
    writeFileSync(join(parent, name, 'web.yaml'), declaration(0, port));
  }
  const alive = await living(folder, { services: [liveService(0, 1000)] });
  await alive.arrival(0, 1001);
  renameSync(folder, join(parent, 'old'));
  renameSync(join(parent, 'next'), folder);
  await alive.arrival(0, 1002);
});
