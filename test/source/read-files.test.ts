import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FileRules } from '../../src/source/file-rules.ts';
import { readFiles } from '../../src/source/read-files.ts';
import { writeConfigMap } from './config-map.ts';
import { temporaryFolder, write } from './folders.ts';
import { gitSync } from './git-sync.ts';
import { git } from './git.ts';

const rules: FileRules = { include: ['**/*.{yaml,yml,json}'] };

/** Returns the text of each file in a folder, or why it cannot be used. */
async function found(folder: string, others: Partial<FileRules> = {}): Promise<Record<string, string>> {
  const { files } = await readFiles(folder, { ...rules, ...others });
  return Object.fromEntries(
    files.map((file) => [file.path, 'fault' in file ? `fault: ${file.fault}` : file.bytes.toString()]),
  );
}

/** Returns the same, or nothing if reading fails. A read may fail because the folder keeps changing, but must never mix two versions. */
async function readWhole(folder: string): Promise<Record<string, string>> {
  try {
    return await found(folder);
  } catch {
    return {};
  }
}

const pointsOutside = 'fault: expected a file, found a link that points outside the folder';

describe('reads', () => {
  test('files at any depth, sorted by path', async () => {
    const folder = temporaryFolder();
    write(folder, { 'b.yml': 'b', 'a/z.yaml': 'az', 'a/b/c/d.json': 'abcd', 'Z.yaml': 'Z', 'ü.yaml': 'ü' });
    expect(Object.entries(await found(folder))).toEqual([
      ['Z.yaml', 'Z'],
      ['a/b/c/d.json', 'abcd'],
      ['a/z.yaml', 'az'],
      ['b.yml', 'b'],
      ['ü.yaml', 'ü'],
    ]);
  });

  test('names files that look like declarations and are not read', async () => {
    const folder = temporaryFolder();
    const names = [
      'a.yaml',
      'b.YAML',
      'c/d.Yml',
      'e.jsonc',
      'f.json5',
      'g.JSON',
      'h.yaml.bak',
      'i.txt',
      '.j.YAML',
      'old/k.YAML',
    ];
    write(folder, Object.fromEntries(names.map((name) => [name, ''])));
    const unread = async (more: Partial<FileRules>) => (await readFiles(folder, { ...rules, ...more })).unread;
    expect(await unread({ exclude: ['old'] })).toEqual(['b.YAML', 'c/d.Yml', 'e.jsonc', 'f.json5', 'g.JSON']);
    expect(await unread({ include: ['c/*'] })).toEqual([]);
    expect(await unread({ include: ['c/*.yml'] })).toEqual(['c/d.Yml']);
  });

  test.each([
    { globs: rules.include, paths: ['a.yaml', 'b/c.json', 'b/d/e.yml'] },
    { globs: ['*.yaml'], paths: ['a.yaml'] },
    { globs: ['b/**'], paths: ['b/c.json', 'b/d/e.yml', 'b/f.txt'] },
    { globs: ['**/e.*', '*.md'], paths: ['README.md', 'b/d/e.yml'] },
    { globs: ['**/*.yaml', '**/a.y*l'], paths: ['a.yaml'], reason: 'two globs find a file once' },
    { globs: ['nothing'], paths: [] },
  ])('$paths for $globs', async ({ globs, paths }) => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': '', 'b/c.json': '', 'b/d/e.yml': '', 'b/f.txt': '', 'README.md': '', 'a.yaml.bak': '' });
    expect(Object.keys(await found(folder, { include: globs }))).toEqual(paths);
  });

  test('no hidden files, and no files in hidden folders', async () => {
    const folder = temporaryFolder();
    write(folder, {
      'a.yaml': '',
      '.b.yaml': '',
      '.git/config.yaml': '',
      'c/.github/d.yaml': '',
      '..data/e.yaml': '',
      '.yaml': '',
    });
    expect(Object.keys(await found(folder))).toEqual(['a.yaml']);
  });

  test('a folder with the name of a declaration file, which is also reported', async () => {
    const folder = temporaryFolder();
    write(folder, { 'x.yaml/y.yaml': 'y', 'x.yaml/z.txt': '' });
    expect(await found(folder)).toEqual({
      'x.yaml': 'fault: expected a file, found a folder with this name; rename the folder',
      'x.yaml/y.yaml': 'y',
    });
  });

  test('nothing in an empty folder', async () => {
    expect(await found(temporaryFolder())).toEqual({});
  });

  test('unchanged bytes', async () => {
    const folder = temporaryFolder();
    const bytes = Buffer.from([0xff, 0xfe, 0x61, 0x00, 0x0d, 0x0a]);
    write(folder, { 'a.yaml': bytes });
    expect((await readFiles(folder, rules)).files).toEqual([{ path: 'a.yaml', bytes, stamp: expect.anything() }]);
  });

  test('a folder given as a link, with links in it, by its real path', async () => {
    const folder = temporaryFolder();
    write(folder, { 'real/a.yaml': 'a' });
    symlinkSync('a.yaml', join(folder, 'real/b.yaml'));
    symlinkSync('real', join(folder, 'link'));
    expect(await found(join(folder, 'link'))).toEqual({ 'a.yaml': 'a', 'b.yaml': 'a' });
    expect((await readFiles(join(folder, 'link'), rules)).root).toBe(join(folder, 'real'));
  });
});

describe('a link', () => {
  test('to a file or a folder inside the folder is followed', async () => {
    const folder = temporaryFolder();
    write(folder, { '.hidden/a.yaml': 'a', '.hidden/deep/b.yaml': 'b' });
    symlinkSync('.hidden/a.yaml', join(folder, 'a.yaml'));
    symlinkSync(join(folder, '.hidden/deep'), join(folder, 'linked'));
    mkdirSync(join(folder, 'sub'));
    symlinkSync('../.hidden/a.yaml', join(folder, 'sub/c.yaml'));
    expect(await found(folder)).toEqual({ 'a.yaml': 'a', 'linked/b.yaml': 'b', 'sub/c.yaml': 'a' });
  });

  test('to a file outside the folder is rejected, and other files are read', async () => {
    const folder = temporaryFolder();
    write(folder, { 'outside.yaml': 'secret', 'services/a.yaml': 'a', 'services-too/b.yaml': 'secret' });
    const services = join(folder, 'services');
    symlinkSync('../outside.yaml', join(services, 'relative.yaml'));
    symlinkSync('/etc/hostname', join(services, 'absolute.yaml'));
    symlinkSync('relative.yaml', join(services, 'twice.yaml'));
    symlinkSync('../services-too/b.yaml', join(services, 'sibling.yaml'));
    expect(await found(services)).toEqual({
      'a.yaml': 'a',
      'absolute.yaml': pointsOutside,
      'relative.yaml': pointsOutside,
      'sibling.yaml': pointsOutside,
      'twice.yaml': pointsOutside,
    });
  });

  test('to a folder outside the folder is rejected, with any name, because its files would be missing', async () => {
    const folder = temporaryFolder();
    write(folder, { 'common/b.yaml': 'b', 'services/a.yaml': 'a' });
    symlinkSync('../common', join(folder, 'services/common'));
    expect(await found(join(folder, 'services'))).toEqual({
      'a.yaml': 'a',
      common: 'fault: expected a folder, found a link that points outside the folder',
    });
  });

  test('to a file outside the folder is ignored if the file is not included', async () => {
    const folder = temporaryFolder();
    write(folder, { 'README.md': '', 'services/a.yaml': 'a' });
    symlinkSync('../README.md', join(folder, 'services/README.md'));
    symlinkSync('nowhere', join(folder, 'services/LICENSE'));
    expect(await found(join(folder, 'services'))).toEqual({ 'a.yaml': 'a' });
  });

  test('that is broken or part of a loop is rejected', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': 'a' });
    symlinkSync('gone.yaml', join(folder, 'b.yaml'));
    symlinkSync('d.yaml', join(folder, 'c.yaml'));
    symlinkSync('c.yaml', join(folder, 'd.yaml'));
    expect(await found(folder)).toEqual({
      'a.yaml': 'a',
      'b.yaml': 'fault: expected a file, found a broken link (ENOENT)',
      'c.yaml': 'fault: expected a file, found a broken link (ELOOP)',
      'd.yaml': 'fault: expected a file, found a broken link (ELOOP)',
    });
  });

  test('to a parent folder is rejected', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': 'a', 'b/c.yaml': 'c' });
    symlinkSync('.', join(folder, 'self'));
    symlinkSync('..', join(folder, 'b/up'));
    symlinkSync('../b', join(folder, 'b/again'));
    const fault = 'fault: expected a folder, found a link to a parent folder';
    expect(await found(folder)).toEqual({
      'a.yaml': 'a',
      'b/again': fault,
      'b/c.yaml': 'c',
      'b/up': fault,
      self: fault,
    });
  });

  test('between many folders does not make reading endless', async () => {
    const folder = temporaryFolder();
    const names = Array.from({ length: 30 }, (_, index) => `d${index}`);
    for (const name of names) mkdirSync(join(folder, name));
    for (const name of names) for (const other of names) symlinkSync(`../${other}`, join(folder, name, other));
    await expect(readFiles(folder, rules)).rejects.toThrow('more than');
  });
});

/** Writes two declarations and 60,000 other files. They are hard links, which are created faster. */
function writeManyFiles(folder: string): void {
  write(folder, { 'services/a.yaml': 'a', 'services/deep/b.yaml': 'b', 'file.js': '' });
  for (let part = 0; part < 20; part += 1) {
    mkdirSync(join(folder, `node_modules/part-${part}`), { recursive: true });
    for (let file = 0; file < 3000; file += 1) {
      linkSync(join(folder, 'file.js'), join(folder, `node_modules/part-${part}/${file}.js`));
    }
  }
}

describe('a narrow include', () => {
  test('reads a folder with more than 50,000 other files, and does not visit them if it cannot select any', async () => {
    const folder = temporaryFolder();
    writeManyFiles(folder);
    const visited: number[] = [];
    for (const globs of [['**/*.yaml'], ['services/**/*.yaml']]) {
      let entries = 0;
      const { files } = await readFiles(folder, { include: globs }, undefined, {
        onEntry: () => {
          entries += 1;
        },
      });
      expect(files.map(({ path }) => path)).toEqual(['services/a.yaml', 'services/deep/b.yaml']);
      visited.push(entries);
    }
    expect(visited[0]).toBeGreaterThan(60_000);
    expect(visited[1]).toBeLessThan(10);
    await expect(readFiles(folder, { include: ['**/*.js'] })).rejects.toThrow(
      'more than 50000 files are selected, counting everything that is reached through links; narrow the setting include',
    );
  });

  test('reports no links in folders that it excludes', async () => {
    const folder = temporaryFolder();
    write(folder, { 'services/a.yaml': 'a' });
    symlinkSync('/usr', join(folder, 'outside'));
    symlinkSync('.', join(folder, 'self'));
    symlinkSync('/usr', join(folder, 'services/outside'));
    expect(await found(folder, { include: ['services/**/*.yaml'] })).toEqual({
      'services/a.yaml': 'a',
      'services/outside': 'fault: expected a folder, found a link that points outside the folder',
    });
  });

  test('does not make reading endless either, if links between folders lead to no selected file', async () => {
    const folder = temporaryFolder();
    const names = Array.from({ length: 30 }, (_, index) => `d${index}`);
    for (const name of names) mkdirSync(join(folder, name));
    for (const name of names) for (const other of names) symlinkSync(`../${other}`, join(folder, name, other));
    await expect(readFiles(folder, { include: ['**/services/*.yaml'] })).rejects.toThrow('more than');
  });
});

describe('reports a file that cannot be used, and reads the others:', () => {
  test('a file of more than 1 MiB', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': 'a', 'full.yaml': Buffer.alloc(1024 * 1024), 'more.yaml': Buffer.alloc(1_600_000) });
    const files = await found(folder);
    expect(files).toMatchObject({
      'a.yaml': 'a',
      'more.yaml': 'fault: expected at most 1 MiB, found 1.6 MiB; split the file',
    });
    expect(files['full.yaml']).toHaveLength(1024 * 1024);
  });

  test('a file that is one byte too large', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': Buffer.alloc(1024 * 1024 + 1) });
    expect((await found(folder))['a.yaml']).toMatch(/^fault: expected at most 1 MiB, found 1\.1 MiB/);
  });

  test('a pipe, a socket, a device', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': 'a' });
    execFileSync('mkfifo', [join(folder, 'pipe.yaml'), join(folder, 'pipe')]);
    const server = createServer();
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => void server.listen(join(folder, 'socket.yaml'), resolve));
    const fault = 'fault: expected a regular file, found a device, a pipe or a socket';
    expect(await found(folder)).toEqual({ 'a.yaml': 'a', 'pipe.yaml': fault, 'socket.yaml': fault });
  });

  test('a file whose name is not UTF-8', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': 'a' });
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/b`), Buffer.from([0xff]), Buffer.from('.yaml')]), 'b');
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/c`), Buffer.from([0xff]), Buffer.from('.txt')]), 'c');
    mkdirSync(Buffer.concat([Buffer.from(`${folder}/d`), Buffer.from([0xff])]));
    const fault = 'fault: expected a name in UTF-8, found other bytes; rename it';
    expect(await found(folder)).toEqual({ 'a.yaml': 'a', 'b\uFFFD.yaml': fault, 'd\uFFFD': fault });
  });

  test.skipIf(process.getuid?.() === 0)('a file without read permission', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': 'a', 'b.yaml': 'b' });
    chmodSync(join(folder, 'b.yaml'), 0o000);
    expect(await found(folder)).toEqual({ 'a.yaml': 'a', 'b.yaml': 'fault: cannot be read: permission denied' });
  });
});

describe('a folder that is replaced as a whole', () => {
  test('reads each file of a ConfigMap only once', async () => {
    const folder = join(temporaryFolder(), 'volume');
    writeConfigMap(folder, { 'a.yaml': 'a1', 'b.yaml': 'b1' });
    expect(await found(folder)).toEqual({ 'a.yaml': 'a1', 'b.yaml': 'b1' });
    writeConfigMap(folder, { 'b.yaml': 'b2', 'c.yaml': 'c2' });
    expect(await found(folder)).toEqual({ 'b.yaml': 'b2', 'c.yaml': 'c2' });
  });

  test('reads a worktree of git-sync through its link', async () => {
    const sync = gitSync(temporaryFolder());
    sync.publish({ 'services/a.yaml': 'a', 'README.md': '' });
    expect(await found(sync.link)).toEqual({ 'services/a.yaml': 'a' });
    expect(await found(join(sync.link, 'services'))).toEqual({ 'a.yaml': 'a' });
    sync.publish({ 'services/b.yaml': 'b' });
    expect(await found(sync.link)).toEqual({ 'services/b.yaml': 'b' });
    expect(await found(sync.root)).toEqual({ 'link/services/b.yaml': 'b' });
  });

  test.each([
    { what: 'a ConfigMap', publish: 'writeConfigMap(folder, files)' },
    { what: 'a ConfigMap inside the folder', publish: "writeConfigMap(join(folder, 'team'), files)" },
    {
      what: 'a worktree that is removed at once',
      publish: `
        mkdirSync(join(folder, String(version)));
        for (const name in files) writeFileSync(join(folder, String(version), name), files[name]);
        symlinkSync(String(version), join(folder, 'next'));
        renameSync(join(folder, 'next'), join(folder, 'link'));
        rmSync(join(folder, String(version - 1)), { recursive: true, force: true });`,
      below: 'link',
    },
  ])(
    'never reads $what half old and half new, even if it is replaced all the time',
    { timeout: 15_000 },
    async ({ publish, below = '' }) => {
      const folder = temporaryFolder();
      const program = `
      import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
      import { join } from 'node:path';
      import { writeConfigMap } from ${JSON.stringify(new URL('config-map.ts', import.meta.url))};
      const folder = ${JSON.stringify(folder)};
      let version = 0;
      setInterval(() => {
        version += 1;
        const files = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [index + '.yaml', String(version)]));
        ${publish};
        if (version === 1) console.log('started');
      }, 4);`;
      const publisher = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(publisher, 'exit');
      try {
        await once(publisher.stdout, 'data');
        const versions = new Set<string>();
        const deadline = performance.now() + 10_000;
        while (versions.size < 8 && performance.now() < deadline) {
          const texts = Object.values(await readWhole(join(folder, below)));
          const [version] = texts;
          if (version !== undefined) {
            expect(texts).toEqual(Array.from({ length: 50 }, () => version));
            versions.add(version);
          }
          await nextTurn();
        }
        expect(versions.size).toBe(8);
      } finally {
        publisher.kill();
        await ended;
      }
    },
  );

  test('throws the error of the system for a path that is not a folder', async () => {
    const folder = temporaryFolder();
    write(folder, { file: '' });
    await expect(readFiles(join(folder, 'gone'), rules)).rejects.toThrow('ENOENT');
    await expect(readFiles(join(folder, 'file'), rules)).rejects.toThrow('ENOTDIR');
    symlinkSync('gone', join(folder, 'dangling'));
    await expect(readFiles(join(folder, 'dangling'), rules)).rejects.toThrow('ENOENT');
    renameSync(join(folder, 'dangling'), join(folder, 'gone'));
    await expect(readFiles(join(folder, 'gone'), rules)).rejects.toThrow('ELOOP');
  });
});

/** Creates a checkout that git has just begun to change. */
function lockedCheckout(): { readonly services: string; readonly lock: string } {
  const folder = temporaryFolder();
  git(folder, 'init', '--quiet');
  write(folder, { 'services/a.yaml': 'old' });
  const lock = join(folder, '.git/index.lock');
  writeFileSync(lock, '');
  return { services: join(folder, 'services'), lock };
}

describe('a checkout', () => {
  test('is read after git has finished', async () => {
    const { services, lock } = lockedCheckout();
    let isRead = false;
    const reading = found(services).finally(() => {
      isRead = true;
    });
    for (let times = 0; times < 10; times += 1) await nextTurn();
    expect(isRead).toBe(false);
    write(services, { 'a.yaml': 'new' });
    rmSync(lock);
    expect(await reading).toEqual({ 'a.yaml': 'new' });
  });

  test('is read despite a lock that a dead git process left', async () => {
    const { services, lock } = lockedCheckout();
    const aMinuteAgo = Date.now() / 1000 - 60;
    utimesSync(lock, aMinuteAgo, aMinuteAgo);
    expect(await found(services)).toEqual({ 'a.yaml': 'old' });
  });

  test('that is locked is no longer waited for when the signal is aborted', async () => {
    const { services } = lockedCheckout();
    const controller = new AbortController();
    const reading = readFiles(services, rules, controller.signal);
    controller.abort();
    await expect(reading).rejects.toThrow('aborted');
  });
});

test('does not begin to read when the signal is aborted already', async () => {
  const folder = temporaryFolder();
  write(folder, { 'a.yaml': 'a' });
  let entries = 0;
  const reading = readFiles(folder, rules, AbortSignal.abort(new Error('stopped')), {
    onEntry: () => void (entries += 1),
  });
  await expect(reading).rejects.toThrow('stopped');
  expect(entries).toBe(0);
});

test('reports names that differ only in bytes that are not UTF-8, and reads none of them', async () => {
  const folder = temporaryFolder();
  write(folder, { 'b.yaml': 'b' });
  for (const bytes of [[0xff], [0xfe], [0xef, 0xbf, 0xbd]]) {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/a`), Buffer.from(bytes), Buffer.from('.yaml')]), 'a');
  }
  expect(await found(folder)).toEqual({
    'b.yaml': 'b',
    'a\uFFFD.yaml': 'fault: expected a name in UTF-8, found several names that differ only in other bytes; rename them',
  });
});
