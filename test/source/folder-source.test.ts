import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FailureError } from '../../src/core/base/failure.ts';
import type { Snapshot, Source } from '../../src/core/load/source.ts';
import { folderSource } from '../../src/source/folder-source.ts';
import type { FolderOptions, FolderSource } from '../../src/source/folder-source.ts';
import { writeConfigMap } from './config-map.ts';
import { declaration, replace, temporaryFolder, write } from './folders.ts';
import { gitSync } from './git-sync.ts';
import { git } from './git.ts';

const never = new AbortController().signal;

function sourceAt(path: string, options: Partial<FolderOptions> = {}): FolderSource {
  return folderSource({ path, rules: { include: ['**/*.{yaml,yml,json}'] }, allowEmpty: false, ...options });
}

/** Returns the names that a snapshot declares. */
function namesIn({ files }: Snapshot): string[] {
  return files.flatMap((file) => file.declarations.map(({ name }) => name));
}

/** Returns the problems of a snapshot: `file:line:column message`. */
function problemsIn({ files }: Snapshot): string[] {
  return files.flatMap((file) =>
    file.problems.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`),
  );
}

/** Returns the message with which reading fails. */
async function failureOf(source: Source): Promise<string> {
  try {
    await source.read(never);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    expect(error.failure).toMatchObject({ kind: 'source', status: null, message: error.message });
    return error.message;
  }
  throw new Error('expected a failure');
}

/** A declaration whose port is a reference. */
function referring(number: number, reference: string): string {
  return `${declaration(number)}http_port: ${reference}\n`;
}

/** Returns the port that each service declares. */
function portsIn({ files }: Snapshot): readonly unknown[] {
  return files.flatMap((file) => file.declarations.map(({ value }) => value['http_port']));
}

describe('values', () => {
  const rules = { include: ['**/*.yaml'], values: ['values.yaml', 'env/prod.yaml'] };

  test('come from the folder, are no declarations, and follow its changes', async () => {
    const folder = temporaryFolder();
    write(folder, {
      'values.yaml': 'ports: { web: 80, api: 81 }',
      'env/prod.yaml': 'ports: { api: 8081 }',
      'a.yaml': referring(1, '${ports.web}'),
      'b.yaml': referring(2, '${ports.api}'),
      'c.yaml': declaration(3),
    });
    const source = sourceAt(folder, { rules });
    const first = await source.read(never);
    expect(problemsIn(first)).toEqual([]);
    expect(portsIn(first)).toEqual([80, 8081, undefined]);

    expect(await source.findChange(never)).toBeNull();
    write(folder, { 'env/prod.yaml': 'ports: { api: 9081 }' });
    expect(await source.findChange(never)).toBe('files');
    const second = await source.read(never);
    expect(portsIn(second)).toEqual([80, 9081, undefined]);
    expect(second.files.find(({ file }) => file.endsWith('c.yaml'))).toBe(
      first.files.find(({ file }) => file.endsWith('c.yaml')),
    );
  });

  test.each([
    { notation: String.raw`"\x24{port}"`, where: 'YAML' },
    { notation: '"$\\\n  {port}"', where: 'YAML, on two lines' },
  ])('reach references that are written with escapes: $where', async ({ notation }) => {
    const folder = temporaryFolder();
    write(folder, { 'values.yaml': 'port: 80\n', 'a.yaml': referring(1, notation) });
    const source = sourceAt(folder, { rules: { ...rules, values: ['values.yaml'] } });
    expect(portsIn(await source.read(never))).toEqual([80]);
    write(folder, { 'values.yaml': 'port: 81\n' });
    expect(portsIn(await source.read(never))).toEqual([81]);
  });

  test('are those of the same moment as the declarations, also where a link is replaced', async () => {
    const root = temporaryFolder();
    const repository = gitSync(root);
    repository.publish({ 'values.yaml': 'port: 80', 'a.yaml': referring(1, '${port}') });
    const source = sourceAt(repository.link, { rules: { include: ['*.yaml'], values: ['values.yaml'] } });
    expect(portsIn(await source.read(never))).toEqual([80]);
    repository.publish({ 'values.yaml': 'port: 81', 'a.yaml': referring(1, '${port}') });
    expect(portsIn(await source.read(never))).toEqual([81]);
  });

  test('that are missing skip the declarations that refer to some, until they are back', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': referring(1, '${port}'), 'b.yaml': declaration(2) });
    const source = sourceAt(folder, { rules: { ...rules, values: ['values.yaml'] } });
    const snapshot = await source.read(never);
    expect(namesIn(snapshot)).toEqual(['web-2']);
    expect(problemsIn(snapshot)).toEqual([
      `${folder}/values.yaml:1:1 expected a file of values, found nothing there; add it, or remove it from "values"`,
    ]);
    expect(snapshot.files.flatMap(({ skipped }) => skipped)).toMatchObject([
      {
        name: 'web-1',
        reason: `${folder}/values.yaml:1 expected a file of values, found nothing there; add it, or remove it from "values"`,
      },
    ]);
    write(folder, { 'values.yaml': 'port: 80' });
    expect(portsIn(await source.read(never))).toEqual([80, undefined]);
  });

  test.each([
    { content: 'port: [', reason: 'broken YAML' },
    { content: Buffer.alloc(2 * 1024 * 1024, '#'), reason: 'more than 1 MiB' },
    { content: Buffer.from([0x70, 0x3a, 0x20, 0xff]), reason: 'not UTF-8' },
  ])('that cannot be used skip the declarations that refer to some: $reason', async ({ content }) => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': referring(1, '${port}'), 'b.yaml': declaration(2) });
    writeFileSync(join(folder, 'values.yaml'), content);
    const snapshot = await sourceAt(folder, { rules: { ...rules, values: ['values.yaml'] } }).read(never);
    expect(namesIn(snapshot)).toEqual(['web-2']);
    expect(problemsIn(snapshot).length).toBeGreaterThan(0);
    expect(problemsIn(snapshot).every((problem) => problem.includes('values.yaml:1:'))).toBe(true);
  });

  test('outside the folder are refused', async () => {
    const folder = temporaryFolder();
    write(folder, { 'outside.yaml': 'port: 80', 'inside/a.yaml': referring(1, '${port}') });
    symlinkSync('../outside.yaml', join(folder, 'inside/values.yaml'));
    const source = sourceAt(join(folder, 'inside'), { rules: { ...rules, values: ['values.yaml'] } });
    expect(problemsIn(await source.read(never))).toEqual([
      `${folder}/inside/values.yaml:1:1 expected a file, found a link that points outside the folder`,
    ]);
  });
});

test.each([
  { exclude: ['archive'], names: ['web-1', 'web-3'] },
  { exclude: ['archive/**'], names: ['web-1', 'web-3'] },
  { exclude: ['**/*.test.yaml', 'a.yaml'], names: ['web-2'] },
  { exclude: ['nothing'], names: ['web-1', 'web-2', 'web-3'] },
])('leaves out what $exclude matches', async ({ exclude, names }) => {
  const folder = temporaryFolder();
  write(folder, { 'a.yaml': declaration(1), 'archive/b.yaml': declaration(2), 'c.test.yaml': declaration(3) });
  const snapshot = await sourceAt(folder, { rules: { include: ['**/*.yaml'], exclude } }).read(never);
  expect(namesIn(snapshot)).toEqual(names);
});

describe('read', () => {
  test('returns the declarations of all files, also of several documents in one file', async () => {
    const folder = temporaryFolder();
    write(folder, {
      'a.yaml': declaration(1),
      'deep/b.yml': `${declaration(2)}---\n${declaration(3)}`,
      'c.json': JSON.stringify({
        service_id: '0191e3a4-5b6c-7d8e-9f00-000000000004',
        name: 'web-4',
        type: 'http',
        host: { ipv4: '10.0.0.1', network: { tunnel_id: '0191dce4-9ab4-7fce-b660-8e5dec5172da' } },
      }),
    });
    const snapshot = await sourceAt(folder).read(never);
    expect(namesIn(snapshot)).toEqual(['web-1', 'web-4', 'web-2', 'web-3']);
    expect(problemsIn(snapshot)).toEqual([]);
    expect(snapshot.path).toBe(folder);
  });

  test('returns the paths of files below the path as it was given', async () => {
    const folder = temporaryFolder();
    write(folder, { 'real/a.yaml': declaration(1) });
    symlinkSync('real', join(folder, 'link'));
    const { path, files } = await sourceAt(join(folder, 'link')).read(never);
    expect(path).toBe(join(folder, 'link'));
    expect(files.map(({ file }) => file)).toEqual([join(folder, 'link/a.yaml')]);
  });

  test('reads UTF-8 with a byte order mark, and counts columns without it', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': `\uFEFF${declaration(1, 'größe')}`, 'b.yaml': '\uFEFFodd: 1\n' });
    const snapshot = await sourceAt(folder).read(never);
    expect(namesIn(snapshot)).toEqual(['größe']);
    expect(problemsIn(snapshot)[0]).toContain(`${folder}/b.yaml:1:1 `);
  });

  test('skips a file that is not UTF-8, with the services that it declares', async () => {
    const folder = temporaryFolder();
    write(folder, {
      'a.yaml': declaration(1),
      'latin.yaml': Buffer.from(declaration(2, 'größe'), 'latin1'),
      'utf16.yaml': Buffer.from(`\uFEFF${declaration(3)}`, 'utf16le'),
      'utf16be.yaml': Buffer.from(`\uFEFF${declaration(3)}`, 'utf16le').swap16(),
    });
    const snapshot = await sourceAt(folder).read(never);
    expect(namesIn(snapshot)).toEqual(['web-1']);
    expect(problemsIn(snapshot)).toEqual([
      `${folder}/latin.yaml:2:9 expected UTF-8, found the byte 0xf6; save the file as UTF-8`,
      `${folder}/utf16.yaml:1:1 expected UTF-8, found UTF-16; save the file as UTF-8`,
      `${folder}/utf16be.yaml:1:1 expected UTF-8, found UTF-16; save the file as UTF-8`,
    ]);
    const skipped = snapshot.files.flatMap((file) => file.skipped);
    expect(skipped[0]).toMatchObject({ service_id: '0191e3a4-5b6c-7d8e-9f00-000000000002' });
  });

  test('does not read UTF-16 without a byte order mark as a declaration', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': Buffer.from(declaration(1), 'utf16le') });
    const snapshot = await sourceAt(folder).read(never);
    expect(namesIn(snapshot)).toEqual([]);
    expect(problemsIn(snapshot)).not.toEqual([]);
  });

  test('skips files that cannot be used', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': declaration(1), 'b.yaml': 'a: [', 'large.yaml': Buffer.alloc(2_000_000, '#') });
    symlinkSync('/etc/hostname', join(folder, 'out.yaml'));
    const snapshot = await sourceAt(folder).read(never);
    expect(namesIn(snapshot)).toEqual(['web-1']);
    expect(problemsIn(snapshot)).toEqual([
      expect.stringContaining(`${folder}/b.yaml:`),
      `${folder}/large.yaml:1:1 expected at most 1 MiB, found 2.0 MiB; split the file`,
      `${folder}/out.yaml:1:1 expected a file, found a link that points outside the folder`,
    ]);
    expect(snapshot.files.flatMap((file) => file.skipped)).toHaveLength(3);
  });

  test('reads each key of a ConfigMap', async () => {
    const folder = join(temporaryFolder(), 'volume');
    writeConfigMap(folder, { 'a.yaml': declaration(1), 'b.yaml': declaration(2), 'notes.txt': '' });
    const source = sourceAt(folder);
    const snapshot = await source.read(never);
    expect(snapshot.files.map(({ file }) => file)).toEqual([join(folder, 'a.yaml'), join(folder, 'b.yaml')]);
    expect(snapshot.revision).toBeNull();
    writeConfigMap(folder, { 'b.yaml': declaration(3) });
    expect(namesIn(await source.read(never))).toEqual(['web-3']);
  });

  test('reads git-sync through its link, and returns the commit', async () => {
    const sync = gitSync(temporaryFolder());
    const sources = [sourceAt(sync.link), sourceAt(join(sync.link, 'services'))];
    for (const number of [1, 2]) {
      const hash = sync.publish({ 'services/a.yaml': declaration(number), 'README.md': '' });
      for (const source of sources) {
        const snapshot = await source.read(never);
        expect(namesIn(snapshot)).toEqual([`web-${number}`]);
        expect(snapshot.revision).toBe(hash);
      }
    }
  });
});

describe('a folder that cannot be read causes an error, and is not treated as empty:', () => {
  test.each([
    {
      path: 'gone',
      says: 'expected a folder of declarations, found nothing there (or a broken link)',
    },
    {
      path: 'dangling',
      says: 'expected a folder of declarations, found nothing there (or a broken link)',
    },
    { path: 'file', says: 'expected a folder of declarations, found a file' },
    { path: 'file/below', says: 'expected a folder of declarations, found a file' },
    { path: 'link-to-file', says: 'expected a folder of declarations, found a file' },
    { path: 'circle', says: 'expected a folder of declarations, found links that form a loop' },
  ])('$path', async ({ path, says }) => {
    const folder = temporaryFolder();
    write(folder, { file: '' });
    symlinkSync('gone', join(folder, 'dangling'));
    symlinkSync('file', join(folder, 'link-to-file'));
    symlinkSync('circle', join(folder, 'circle'));
    for (const allowEmpty of [true, false]) {
      expect(await failureOf(sourceAt(join(folder, path), { allowEmpty }))).toBe(`${join(folder, path)}: ${says}`);
    }
  });
});

describe('a folder that declares nothing', () => {
  const empty: { readonly files: Readonly<Record<string, string>>; readonly reason: string }[] = [
    { files: {}, reason: 'no file' },
    { files: { 'README.md': '', '.hidden.yaml': declaration(1) }, reason: 'no included file' },
    { files: { 'a.yaml': '# nothing yet\n' }, reason: 'only a comment' },
  ];

  test.each(empty)('causes an error: $reason', async ({ files }) => {
    const folder = temporaryFolder();
    write(folder, files);
    expect(await failureOf(sourceAt(folder))).toBe(
      `${folder}: expected at least one declaration (**/*.{yaml,yml,json}), found none; set allow_empty if this is intended`,
    );
  });

  test.each(empty)('is valid with allowEmpty: $reason', async ({ files }) => {
    const folder = temporaryFolder();
    write(folder, files);
    expect(namesIn(await sourceAt(folder, { allowEmpty: true }).read(never))).toEqual([]);
  });

  test('is not empty if its only file is skipped', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': 'a: [' });
    expect(problemsIn(await sourceAt(folder).read(never))).not.toEqual([]);
  });
});

describe('a parsed file', () => {
  test('is cached while its bytes stay the same', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': declaration(1), 'b.yaml': declaration(2), 'c.yaml': 'a: [', 'd.yaml': declaration(4) });
    symlinkSync('gone', join(folder, 'e.yaml'));
    const source = sourceAt(folder);
    const [a, b, c, d, e] = (await source.read(never)).files;

    write(folder, { 'b.yaml': declaration(5) });
    replace(folder, 'd.yaml', declaration(4)); // A new file with the same bytes.
    utimesSync(join(folder, 'a.yaml'), 1, 1);
    const now = (await source.read(never)).files;
    expect(now).toHaveLength(5);
    expect(now[0]).toBe(a);
    expect(now[1]).not.toBe(b);
    expect(now[1]?.declarations[0]?.name).toBe('web-5');
    expect(now[2]).toBe(c);
    expect(now[3]).toBe(d);
    expect(now[4]).toBe(e);
  });

  test('is cached across commits of git-sync', async () => {
    const sync = gitSync(temporaryFolder());
    const source = sourceAt(sync.link);
    sync.publish({ 'a.yaml': declaration(1), 'b.yaml': declaration(2) });
    const [a] = (await source.read(never)).files;
    sync.publish({ 'a.yaml': declaration(1), 'b.yaml': declaration(3) });
    expect((await source.read(never)).files[0]).toBe(a);
  });

  test('is cached across a failed read', async () => {
    const folder = temporaryFolder();
    write(folder, { 'services/a.yaml': declaration(1) });
    const source = sourceAt(join(folder, 'services'));
    const [a] = (await source.read(never)).files;
    renameSync(join(folder, 'services'), join(folder, 'away'));
    await failureOf(source);
    renameSync(join(folder, 'away'), join(folder, 'services'));
    expect((await source.read(never)).files[0]).toBe(a);
  });

  test('is parsed again after a rename, so that messages have the new path', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': declaration(1) });
    const source = sourceAt(folder);
    await source.read(never);
    renameSync(join(folder, 'a.yaml'), join(folder, 'b.yaml'));
    expect((await source.read(never)).files.map(({ file }) => file)).toEqual([join(folder, 'b.yaml')]);
  });
});

describe('findChange', () => {
  test('finds a change before the first read, and none after each read', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': declaration(1) });
    const source = sourceAt(folder);
    expect(await source.findChange(never)).toBe('files');
    await source.read(never);
    expect(await source.findChange(never)).toBe(null);
    expect(await source.findChange(never)).toBe(null);
  });

  test.each<{ readonly what: string; readonly change: (folder: string) => void; readonly changed: boolean }>([
    { what: 'a file is changed', change: (folder) => write(folder, { 'a.yaml': declaration(7) }), changed: true },
    { what: 'a file is created', change: (folder) => write(folder, { 'x/c.yaml': declaration(7) }), changed: true },
    { what: 'a file is deleted', change: (folder) => rmSync(join(folder, 'b.yaml')), changed: true },
    {
      what: 'a file is renamed',
      change: (folder) => renameSync(join(folder, 'b.yaml'), join(folder, 'c.yaml')),
      changed: true,
    },
    { what: 'a link breaks', change: (folder) => symlinkSync('gone', join(folder, 'c.yaml')), changed: true },
    {
      what: 'the folder is deleted',
      change: (folder) => rmSync(folder, { recursive: true }),
      changed: true,
    },
    {
      what: 'a file is written with the same content',
      change: (folder) => write(folder, { 'a.yaml': declaration(1) }),
      changed: false,
    },
    {
      what: 'a file is replaced by one with the same content',
      change: (folder) => replace(folder, 'a.yaml', declaration(1)),
      changed: false,
    },
    {
      what: 'a file that is not included is created',
      change: (folder) => write(folder, { 'README.md': '', '.b.yaml': '' }),
      changed: false,
    },
  ])('is $changed when $what, until the next read', async ({ change, changed }) => {
    const folder = temporaryFolder();
    const services = join(folder, 'services');
    write(services, { 'a.yaml': declaration(1), 'b.yaml': declaration(2) });
    const source = sourceAt(services);
    await source.read(never);
    change(services);
    expect(await source.findChange(never)).toBe(changed ? 'files' : null);
    expect(await source.findChange(never)).toBe(changed ? 'files' : null);
    try {
      await source.read(never);
    } catch {
      // The folder is deleted, and this read has reported it.
    }
    expect(await source.findChange(never)).toBe(null);
  });

  test('finds a change when an unreadable folder becomes readable, and none while it stays unreadable', async () => {
    const folder = join(temporaryFolder(), 'services');
    const source = sourceAt(folder);
    await failureOf(source);
    expect(await source.findChange(never)).toBe(null);
    write(folder, { 'a.yaml': declaration(1) });
    expect(await source.findChange(never)).toBe('files');
    await source.read(never);
    expect(await source.findChange(never)).toBe(null);
  });

  test('finds another revision if a commit changes none of the files, until the next read', async () => {
    const folder = temporaryFolder();
    const sync = gitSync(folder);
    const files = { 'services/a.yaml': declaration(1) };
    sync.publish({ ...files, 'README.md': 'one' });
    const source = sourceAt(join(sync.link, 'services'));
    await source.read(never);
    const revision = sync.publish({ ...files, 'README.md': 'two' });
    expect(await source.findChange(never)).toBe('revision');
    expect(await source.findChange(never)).toBe('revision');
    expect(await source.read(never)).toMatchObject({ revision });
    expect(await source.findChange(never)).toBe(null);
    sync.publish({ 'services/a.yaml': declaration(2) });
    expect(await source.findChange(never)).toBe('files');
  });

  test('finds none while the revision is unknown for a moment', async () => {
    const folder = temporaryFolder();
    git(folder, 'init', '--quiet');
    write(folder, { 'a.yaml': declaration(1) });
    git(folder, 'add', '--all');
    git(folder, 'commit', '--quiet', '--message', 'one');
    const source = sourceAt(folder);
    const { revision } = await source.read(never);
    expect(revision).not.toBe(null);
    writeFileSync(join(folder, '.git/refs/heads/main'), '');
    expect(await source.findChange(never)).toBe(null);
  });

  test('finds none while a folder stays empty', async () => {
    const folder = temporaryFolder();
    const source = sourceAt(folder);
    await failureOf(source);
    expect(await source.findChange(never)).toBe(null);
    mkdirSync(join(folder, 'x'));
    expect(await source.findChange(never)).toBe(null);
    write(folder, { 'x/a.yaml': declaration(1) });
    expect(await source.findChange(never)).toBe('files');
  });
});

describe('a file that is still being written', () => {
  test('is skipped with the services that it declared', async () => {
    const folder = temporaryFolder();
    write(folder, { 'a.yaml': declaration(1), 'b.yaml': declaration(2) });
    const source = sourceAt(folder);
    await source.read(never);
    write(folder, { 'b.yaml': declaration(2).slice(0, 60) });
    const [a, b] = await source.readAgain(never);
    expect(a?.declarations).toHaveLength(1);
    expect(b).toMatchObject({
      declarations: [],
      skipped: [{ name: 'web-2', reason: expect.stringContaining('is still being written') }],
      problems: [{ file: join(folder, 'b.yaml'), message: expect.stringContaining('is still being written') }],
    });
    expect(source.unfinishedMs()).toBeNull();
    expect(await source.findChange(never)).toBe('files');
    expect(source.unfinishedMs()).toBeGreaterThan(0);
    expect(namesIn(await source.read(never))).toEqual(['web-1']);
  });

  test('gives no values', async () => {
    const folder = temporaryFolder();
    const referring = declaration(1).replace('10.0.0.1', "'${address}'");
    write(folder, { 'a.yaml': referring, 'values.yaml': 'address: 10.0.0.1\nport: 80\n' });
    const source = sourceAt(folder, { rules: { include: ['**/*.yaml'], values: ['values.yaml'] } });
    expect(namesIn(await source.read(never))).toEqual(['web-1']);
    write(folder, { 'values.yaml': 'address: 10.0.0.2\n' });
    const files = await source.readAgain(never);
    expect(files.flatMap(({ declarations }) => declarations)).toEqual([]);
    expect(files.flatMap(({ skipped }) => skipped)).toHaveLength(1);
  });
});
