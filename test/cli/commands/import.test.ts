import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OBSERVED_QUIRKS } from '../../../src/emulator/scenario/quirks.ts';
import type { Quirks } from '../../../src/emulator/scenario/quirks.ts';
import { fleet } from '../../pass/fleet.ts';
import { accountAt, command, database, emulated, folderOf, temporaryFolder, web } from '../command.ts';

const WEB = '0191e3a4-5b6c-7d8e-9f00-112233445566';
const DB = '0191e3a4-5b6c-7d8e-9f00-112233445577';

/** Returns the path of a folder that does not exist. */
const newFolder = () => join(temporaryFolder(), 'deep/services');

const OTHER_QUIRKS: Quirks = {
  resultInfo: 'absent',
  ignorePage: true,
  maxPerPage: 1000,
  unusedHostKeys: 'absent',
  unsetPorts: 'absent',
  ipv6: 'expanded',
  uuids: 'upper',
  hostname: 'as-sent',
  emptyResolvers: '[]',
  verifyFull: 'explicit',
  tlsNulls: true,
  order: 'shuffled',
};

test.for([
  { api: 'as observed', quirks: OBSERVED_QUIRKS },
  { api: 'in every other way', quirks: OTHER_QUIRKS },
])('imports valid declarations in sync for every kind of service, where the API responds $api', async ({ quirks }) => {
  const services = fleet().map(({ live }) => live);
  const { url, requests } = await emulated({ services, quirks });
  const environment = accountAt(url);
  const folder = newFolder();
  const imported = await command(['import', '--services', folder], { environment });
  expect(imported).toMatchObject({ code: 0, stderr: '' });
  const lines = imported.stdout.trimEnd().split('\n');
  expect(lines[0]?.toLowerCase()).toBe(
    `${folder}/service-0.yaml  service-0  0199a0c4-2b10-7c3e-8a51-000000000000`.toLowerCase(),
  );
  expect(lines.at(-1)).toBe('60 written');
  expect(lines).toHaveLength(61);
  expect(await command(['validate', '--services', folder])).toMatchObject({ code: 0, stderr: '' });
  const planned = await command(['plan', '--services', folder], { environment });
  expect(planned).toMatchObject({ code: 0, stdout: expect.stringMatching(/^in sync: 60 services /) });
  expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(['GET']));

  const again = await command(['import', '--services', folder], { environment });
  expect(again).toEqual({
    code: 0,
    stdout: '60 already declared\n',
    stderr: '',
  });
});

test('imports services with hostile names as one file each, inside the folder', async () => {
  const names = [
    'a/b',
    '..',
    '../../x',
    '.hidden',
    '🚀',
    'x'.repeat(250),
    'con',
    'a',
    'A',
    'dot.',
    'sp ',
    'a\n- b: \u001B[2J',
    'yes',
    '[a]',
    '\uD800',
  ];
  const services = names.map((name, index) =>
    web({ service_id: `${WEB.slice(0, -2)}${String(index).padStart(2, '0')}`, name }),
  );
  const { url } = await emulated({ services });
  const environment = accountAt(url);
  const above = temporaryFolder();
  const folder = join(above, 'services');
  const { code, stdout } = await command(['import', '--services', folder], { environment });
  expect(code).toBe(0);
  expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  expect(stdout.trimEnd().split('\n')).toHaveLength(names.length + 1);
  expect(readdirSync(above)).toEqual(['services']);
  expect(readdirSync(folder)).toHaveLength(names.length);
  expect(await command(['plan', '--services', folder], { environment })).toMatchObject({ code: 0, stderr: '' });
});

test('reports fields and services that cannot be declared, and declares the rest', async () => {
  const { url } = await emulated({ services: [web({ x_weight: 3 }), database({ type: 'udp' })] });
  const environment = accountAt(url);
  const folder = newFolder();
  expect(await command(['import', '--services', folder], { environment })).toEqual({
    code: 1,
    stdout: `${folder}/web.yaml  web  ${WEB}\n1 written, 1 not declarable\n`,
    stderr: [
      `vpc-reconciler: db (${DB}): this version cannot declare it: type: expected http or tcp, found "udp"`,
      `vpc-reconciler: web (${WEB}): fields unknown to this version were not declared: x_weight; see the setting unknown_fields`,
      '',
    ].join('\n'),
  });
  expect(await command(['plan', '--services', folder], { environment })).toMatchObject({ code: 0 });
});

test('succeeds without creating a folder if the account has no services', async () => {
  const { url } = await emulated();
  const folder = newFolder();
  expect(await command(['import', '--services', folder], { environment: accountAt(url) })).toEqual({
    code: 0,
    stdout: 'no services: nothing to write\n',
    stderr: '',
  });
  expect(existsSync(folder)).toBe(false);
});

test('writes nothing if a file is in the way', async () => {
  const { url } = await emulated({ services: [web(), database()] });
  const folder = folderOf({ 'db.yaml': web({ name: 'other', service_id: WEB.replace('66', '99') }) });
  expect(await command(['import', '--force', '--services', folder], { environment: accountAt(url) })).toEqual({
    code: 1,
    stdout: '',
    stderr: [
      `vpc-reconciler: ${folder}/db.yaml: expected no existing file for the declaration of "db", found one that declares "other"; rename it, or import --into another folder`,
      'vpc-reconciler: nothing was imported',
      '',
    ].join('\n'),
  });
  expect(readdirSync(folder)).toEqual(['db.yaml']);
});

test('writes nothing while a file is invalid, because its declarations are unknown', async () => {
  const { url, requests } = await emulated({ services: [web()] });
  const folder = folderOf({ 'broken.yaml': 'name: [' });
  const { code, stdout, stderr } = await command(['import', '--services', folder], { environment: accountAt(url) });
  expect({ code, stdout, requests: requests.length }).toEqual({ code: 1, stdout: '', requests: 0 });
  expect(stderr).toContain(`${folder}/broken.yaml:1:`);
  expect(stderr).toMatch(/: fix these files first\n.*: nothing was imported\n$/);
});

test('--force writes live values into the declaration of a service, and keeps its comments', async () => {
  const { url } = await emulated({ services: [web({ http_port: 81 }), database()] });
  const environment = accountAt(url);
  const folder = folderOf({ 'mine.yaml': `# mine\n${JSON.stringify(web())}` });
  const kept = await command(['import', '--services', folder], { environment });
  expect(kept).toMatchObject({ code: 0, stdout: `${folder}/db.yaml  db  ${DB}\n1 written, 1 already declared\n` });
  expect(readFileSync(join(folder, 'mine.yaml'), 'utf8')).toContain('# mine');
  expect(await command(['import', '--force', '--only', 'web', '--services', folder], { environment })).toEqual({
    code: 0,
    stdout: `${folder}/mine.yaml  web  ${WEB}\n1 written\n`,
    stderr: '',
  });
  expect(readFileSync(join(folder, 'mine.yaml'), 'utf8')).toBe(`# mine\n${JSON.stringify(web({ http_port: 81 }))}`);
  expect(await command(['plan', '--services', folder], { environment })).toMatchObject({ code: 0 });
});

test.for([5, 6])('names up to five existing declarations: %i', async (count) => {
  const services = Array.from({ length: count }, (_, index) =>
    web({ service_id: `${WEB.slice(0, -1)}${index}`, name: `web-${index}` }),
  );
  const { url } = await emulated({ services });
  const folder = folderOf(Object.fromEntries(services.map((each, index) => [`${index}.json`, each])));
  const { stdout, stderr } = await command(['import', '--services', folder], { environment: accountAt(url) });
  expect(stdout).toBe(`${count} already declared\n`);
  const lines = stderr.trimEnd().split('\n');
  if (count === 6) expect(stderr).toBe('');
  else {
    expect(lines).toHaveLength(5);
    expect(lines[0]).toBe(
      `vpc-reconciler: web-0 (${WEB.slice(0, -1)}0): already declared in ${folder}/0.json:1, which is unchanged`,
    );
  }
});

test('--force changes a file that declares several services, and keeps its byte order mark', async () => {
  const { url } = await emulated({ services: [web({ http_port: 81, x_weight: 1 }), database({ tcp_port: 1 })] });
  const both = `\uFEFF# web\n${JSON.stringify(web())}\n---\n# db\n${JSON.stringify(database())}\n`;
  const folder = folderOf({ 'both.yaml': both });
  const environment = accountAt(url);
  const ended = await command(['import', '--force', '--services', folder], { environment });
  expect(ended).toMatchObject({
    code: 0,
    stdout: `${folder}/both.yaml  web  ${WEB}\n${folder}/both.yaml  db  ${DB}\n2 written\n`,
    stderr: expect.stringContaining('x_weight'),
  });
  expect(readFileSync(join(folder, 'both.yaml'), 'utf8')).toBe(both.replace('8080', '81').replace('5432', '1'));
  expect(await command(['plan', '--services', folder], { environment })).toMatchObject({ code: 0 });
});

test('--force refuses a value that is a reference, and writes nothing', async () => {
  const { url } = await emulated({ services: [web({ http_port: 81 }), database()] });
  const folder = folderOf({ 'web.json': web({ http_port: '${port}' }), 'values.yaml': 'port: 8080\n' });
  const words = ['import', '--force', '--services', folder, '--values', 'values.yaml'];
  expect(await command(words, { environment: accountAt(url) })).toEqual({
    code: 1,
    stdout: '',
    stderr: `vpc-reconciler: ${folder}/web.json:1: web: http_port: it is written as "\${port}"; change the value in ${folder}/values.yaml:1, or write it here\nvpc-reconciler: nothing was imported\n`,
  });
  expect(readdirSync(folder).toSorted()).toEqual(['values.yaml', 'web.json']);
});

test('--style name writes declarations without ids, which are in sync', async () => {
  const { url } = await emulated({ services: [web(), database()] });
  const environment = accountAt(url);
  const folder = newFolder();
  const { code } = await command(['import', '--services', folder, '--style', 'name'], { environment });
  expect(code).toBe(0);
  expect(readFileSync(join(folder, 'web.yaml'), 'utf8')).toMatch(/^name: web\n/);
  expect(await command(['plan', '--services', folder], { environment })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^in sync: 2 services /),
  });
  expect((await command(['import', '--services', folder], { environment })).stdout).toBe('2 already declared\n');
});

test('--only accepts names and ids, and rejects unknown services', async () => {
  const { url } = await emulated({ services: [web(), database()] });
  const environment = accountAt(url);
  const folder = newFolder();
  const only = ['import', '--services', folder, '--only'];
  expect(await command([...only, 'weeb', '--only', DB], { environment })).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'vpc-reconciler: --only: expected the name or id of a service, found "weeb"; did you mean "web"?\nvpc-reconciler: nothing was imported\n',
  });
  expect(existsSync(folder)).toBe(false);
  expect(await command([...only, DB.toUpperCase()], { environment })).toMatchObject({
    code: 0,
    stdout: `${folder}/db.yaml  db  ${DB}\n1 written\n`,
  });
  expect(await command([...only, 'db,web'], { environment })).toMatchObject({
    code: 0,
    stdout: `${folder}/web.yaml  web  ${WEB}\n1 written, 1 already declared\n`,
  });
});

test('--into considers all declarations if the folder is inside --services, or else those in the folder', async () => {
  const { url } = await emulated({ services: [web(), database()] });
  const environment = accountAt(url);
  const folder = folderOf({ 'web.yaml': web() });
  const within = await command(['import', '--services', folder, '--into', join(folder, 'new')], { environment });
  expect(within.stdout).toBe(`${folder}/new/db.yaml  db  ${DB}\n1 written, 1 already declared\n`);
  expect(await command(['plan', '--services', folder], { environment })).toMatchObject({ code: 0 });
  const elsewhere = await command(['import', '--services', folder, '--into', newFolder()], { environment });
  expect(elsewhere.stdout).toMatch(/\n2 written\n$/);
});

test('rejects a folder whose declarations would not be read', async () => {
  const { url } = await emulated({ services: [web()] });
  const environment = accountAt(url);
  const folder = folderOf({});
  for (const line of [
    ['--into', join(folder, '.new')],
    ['--include', 'team/*.yaml'],
  ]) {
    const ended = await command(['import', '--services', folder, ...line], { environment });
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/web\.yaml: expected a path that is read, /);
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('adds a comment that names the schema, if it is in a folder above', async () => {
  const { url } = await emulated({ services: [web()] });
  const environment = accountAt(url);
  const above = temporaryFolder();
  mkdirSync(join(above, 'config'));
  writeFileSync(join(above, 'config/service.schema.json'), '{}');
  for (const [into, first] of [
    ['services', '# yaml-language-server: $schema=../config/service.schema.json'],
    ['a/b/c', '# yaml-language-server: $schema=../../../config/service.schema.json'],
    ['a/b/c/d/e', `service_id: ${WEB}`],
  ] as const) {
    const folder = join(above, into);
    expect(await command(['import', '--services', folder], { environment })).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'web.yaml'), 'utf8').split('\n')[0]).toBe(first);
    expect(await command(['plan', '--services', folder], { environment })).toMatchObject({ code: 0 });
  }
});

test('prints one line if something cannot be read, listed or written', async () => {
  const { url } = await emulated({ services: [web()] });
  const environment = accountAt(url);
  const folder = folderOf({ file: '' });
  for (const { line, environment: variables, message } of [
    { line: ['--into', ''], environment, message: /--into: expected a folder, found ""/ },
    {
      line: ['--into', join(folder, 'file')],
      environment,
      message: /expected a folder of declarations, found a file/,
    },
    { line: ['--into', join(folder, 'file/a')], environment, message: /file\/a.*ENOTDIR|expected a folder/ },
    { line: ['--into', newFolder()], environment: accountAt(url, 'wrong'), message: /check the credential/ },
    { line: ['--into', newFolder()], environment: {}, message: /CLOUDFLARE_ACCOUNT_ID: .*vpc-reconciler emulate/ },
  ]) {
    const ended = await command(['import', '--services', temporaryFolder(), ...line], { environment: variables });
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toContain('internal error');
  }
});

test('wraps lines at the width of the terminal', async () => {
  const { url } = await emulated({ services: [web({ name: 'a-rather-long-name-of-a-service' }), database()] });
  const folder = temporaryFolder();
  const environment = accountAt(url);
  const { code, stdout } = await command(['import', '--services', folder], { environment, columns: 60 });
  expect(code).toBe(0);
  const again = await command(['import', '--services', folder], { environment, columns: 60 });
  const rows = `${stdout}${again.stderr}`.trimEnd().split('\n');
  for (const row of rows) if (!row.includes(folder)) expect(row.length).toBeLessThanOrEqual(60);
  expect(rows.filter((row) => row.startsWith('    ')).length).toBeGreaterThan(3);
});

test.for(['always', 'never'])('--color %s decides whether the result is colored', async (color) => {
  const { url } = await emulated({ services: [web()] });
  const line = ['import', '--into', temporaryFolder(), '--color', color];
  const { code, stdout } = await command(line, { environment: accountAt(url) });
  expect({ code, colored: stdout.includes('\u{1b}[') }).toEqual({ code: 0, colored: color === 'always' });
});
