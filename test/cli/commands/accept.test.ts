import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { FILES, ID } from '../../core/import/edit/written-files.ts';
import { accountAt, command, database, emulated, folderOf, temporaryFolder, web } from '../command.ts';

const WEB = '0191e3a4-5b6c-7d8e-9f00-112233445566';
const DB = '0191e3a4-5b6c-7d8e-9f00-112233445577';

/** Runs `accept` on a folder, with live services. */
async function accept(folder: string, services: readonly JsonObject[], ...words: readonly string[]) {
  const { url, requests } = await emulated({ services });
  const environment = accountAt(url);
  const result = await command(['accept', '--services', folder, ...words], { environment });
  expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  return { ...result, plan: async () => command(['plan', '--services', folder], { environment }) };
}

const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');

/** Returns the text in which only values differ. */
const withLiveValues = (text: string) =>
  text
    .replace('5432', '6543')
    .replace(/(?:>-\r?\n\s+)?orders\.corp\.internal/, 'db.corp.internal')
    .replace(/(?:>-\r?\n\s+)?10\.0\.0\.2/, '10.0.0.3')
    .replace(/verify_ca/, 'verify_full');

test('accepts live values in 60 hand-written files, and changes nothing but these values', async () => {
  const folder = temporaryFolder();
  const texts = new Map(
    FILES.map(({ text }, index) => {
      const number = String(index).padStart(2, '0');
      const unique = text
        .replaceAll(ID, `${ID.slice(0, -4)}00${number}`)
        .replaceAll(/0{1,3}41$/gm, `41${number}`)
        .replaceAll(/0{1,3}42$/gm, `42${number}`)
        .replaceAll(/\b(orders-db|other-41|other-42)\b/g, `$1-${number}`);
      return [`${number}.yaml`, unique] as const;
    }),
  );
  for (const [name, text] of texts) writeFileSync(join(folder, name), text);
  const declared = [...texts].flatMap(([name, text]) => parseFile(name, text).declarations);
  const live = declared.map(({ name, value }) =>
    name.startsWith('orders-db')
      ? (parseFile('live.json', withLiveValues(JSON.stringify(value))).declarations[0]?.value ?? {})
      : value,
  );

  const dryRun = await accept(folder, live, '--all', '--dry-run');
  expect(dryRun).toMatchObject({ code: 0, stderr: 'vpc-reconciler: 60 to be accepted\n' });
  for (const [name, text] of texts) expect(read(folder, name)).toBe(text);

  const { code, stdout, stderr, plan } = await accept(folder, live, '--all');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('\n60 accepted\n');
  for (const [name, text] of texts) expect(read(folder, name)).toBe(withLiveValues(text));
  expect(await plan()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^in sync: 90 services/) });
});

test('keeps the mode, the link and the byte order mark of a file', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'team'));
  const path = join(folder, 'team/db.txt');
  const text = JSON.stringify(database());
  writeFileSync(path, `\uFEFF${text}\r\n`);
  chmodSync(path, 0o640);
  symlinkSync('team/db.txt', join(folder, 'db.json'));
  const { code, plan } = await accept(folder, [database({ tcp_port: 6543 })], 'db');
  expect(code).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe(`\uFEFF${text.replace('5432', '6543')}\r\n`);
  expect(lstatSync(path).mode & 0o777).toBe(0o640);
  expect(lstatSync(join(folder, 'db.json')).isSymbolicLink()).toBe(true);
  expect(readdirSync(folder).toSorted()).toEqual(['db.json', 'team']);
  expect(readdirSync(join(folder, 'team'))).toEqual(['db.txt']);
  expect(await plan()).toMatchObject({ code: 0 });
});

test('prints a diff that can be applied, and writes nothing with --dry-run', async () => {
  const folder = folderOf({
    'db.yaml':
      'name: db # the database\nservice_id: ' +
      DB +
      '\ntype: tcp\ntcp_port: 5432\nhost: { ipv4: 10.0.0.2, network: { tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da } }\n',
  });
  const before = read(folder, 'db.yaml');
  const result = await accept(folder, [{ ...database(), name: 'db-new' }], 'db-new', '--dry-run');
  expect(result).toMatchObject({
    code: 0,
    stderr: 'vpc-reconciler: 1 to be accepted\n',
    stdout: [
      `--- ${folder}/db.yaml`,
      `+++ ${folder}/db.yaml`,
      '@@ -1,4 +1,4 @@',
      '-name: db # the database',
      '+name: db-new # the database',
      ` service_id: ${DB}`,
      ' type: tcp',
      ' tcp_port: 5432',
      '',
    ].join('\n'),
  });
  expect(read(folder, 'db.yaml')).toBe(before);
  const colored = await accept(folder, [{ ...database(), name: 'db-new' }], '--all', '--dry-run', '--color', 'always');
  expect(colored.stdout).toContain('\u001B[32m+name: db-new # the database\u001B[39m\n');
});

test('accepts only the services that are named, by name, id or the beginning of an id', async () => {
  const folder = folderOf({ 'web.json': web(), 'db.json': database() });
  const live = [web({ http_port: 81 }), database({ tcp_port: 1 })];
  const { code, stdout } = await accept(folder, live, 'web');
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${folder}/web.json:1  web  http_port\n1 accepted\n` });
  expect(JSON.parse(read(folder, 'web.json'))).toEqual(web({ http_port: 81 }));
  expect(JSON.parse(read(folder, 'db.json'))).toEqual(database());
  expect(await accept(folder, live, WEB, DB)).toMatchObject({
    code: 0,
    stdout: `${folder}/db.json:1  db  tcp_port\n1 accepted, 1 already in sync\n`,
  });
});

test('asks for names or --all', async () => {
  const folder = folderOf({ 'web.json': web() });
  expect(await command(['accept', '--services', folder])).toMatchObject({
    code: 1,
    stderr: 'vpc-reconciler: expected the names or ids of services, or --all, found neither\n',
  });
  expect(await command(['accept', 'web', '--all', '--services', folder])).toMatchObject({
    code: 1,
    stderr: 'vpc-reconciler: expected either the names or ids of services, or --all, found both\n',
  });
});

test('suggests the names of services', async () => {
  const declared = web({ name: 'orders-web' });
  const folder = folderOf({ 'web.json': declared, 'db.json': database() });
  expect(await accept(folder, [{ ...declared, http_port: 81 }], 'order-web')).toMatchObject({
    code: 1,
    stdout: '',
    stderr:
      'vpc-reconciler: expected the name or id of a service, found "order-web"; did you mean "orders-web"?\nvpc-reconciler: nothing was written\n',
  });
  expect(JSON.parse(read(folder, 'web.json'))).toEqual(declared);
});

test('says why a service is refused and which command helps, and accepts the others', async () => {
  const folder = folderOf({
    'web.json': web(),
    'gone.json': web({ service_id: `${WEB.slice(0, -1)}1`, name: 'gone' }),
    'bad.json': web({ service_id: `${WEB.slice(0, -1)}2`, name: 'bad', http_port: 0 }),
    'new.json': web({ service_id: `${WEB.slice(0, -1)}3`, name: 'udp' }),
    'reference.json': web({ service_id: `${WEB.slice(0, -1)}4`, name: 'reference', http_port: '${port}' }),
    'alias.yaml': `service_id: ${WEB.slice(0, -1)}5\nname: &name alias\ntype: tcp\ntcp_port: 1\nhost:\n  hostname: *name\n  resolver_network: { tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da }\n`,
    'values.yaml': 'port: 8080\n',
  });
  const live = [
    web({ http_port: 81, x_weight: 3 }),
    web({ service_id: `${WEB.slice(0, -1)}3`, name: 'udp', type: 'udp' }),
    web({ service_id: `${WEB.slice(0, -1)}4`, name: 'reference', http_port: 82 }),
    {
      ...database({ service_id: `${WEB.slice(0, -1)}5`, name: 'alias', tcp_port: 1 }),
      host: { hostname: 'other', resolver_network: { tunnel_id: '0191dce4-9ab4-7fce-b660-8e5dec5172da' } },
    },
    database(),
  ];
  const words = ['web', 'gone', 'bad', 'udp', 'reference', 'alias', 'db', '--values', 'values.yaml'];
  const { code, stdout, stderr } = await accept(folder, live, ...words);
  expect(code).toBe(1);
  expect(stdout).toBe(`${folder}/web.json:1  web  http_port\n1 accepted, 6 refused\n`);
  expect(stderr.replaceAll(`${folder}/`, '').split('\n').toSorted()).toEqual(
    [
      '',
      'web: fields unknown to this version were not declared: x_weight; see the setting unknown_fields',
      'gone.json:1 gone: it is not live; to create it, remove the service_id and set policy to upsert; or remove the declaration',
      'bad.json:1 bad: it is skipped: bad.json:1 http_port: expected a port, a whole number from 1 to 65535, found 0',
      'new.json:1 udp: this version cannot declare it: type: expected http or tcp, found "udp"',
      'reference.json:1 reference: http_port: it is written as "${port}"; change the value in values.yaml:1, or write it here',
      'alias.yaml:6 alias: host.hostname: it is the alias *name; change the value of the anchor, or write the value here',
      `db: it is not declared; to declare it, run: vpc-reconciler import --only ${DB}`,
    ]
      .map((line) => (line === '' ? line : `vpc-reconciler: ${line}`))
      .toSorted(),
  );
  expect(JSON.parse(read(folder, 'web.json'))).toEqual(web({ http_port: 81 }));
});

test('accepts every drifted service with --all, and names the declarations that are skipped', async () => {
  const folder = folderOf({
    'web.json': web(),
    'gone.json': web({ service_id: `${WEB.slice(0, -1)}1`, name: 'gone' }),
    'bad.json': web({ service_id: `${WEB.slice(0, -1)}2`, name: 'bad', http_port: 0 }),
  });
  const { code, stdout, stderr } = await accept(folder, [web({ http_port: 81 }), database()], '--all');
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: `${folder}/web.json:1  web  http_port\n1 accepted, 1 refused\n`,
  });
  expect(stderr).toContain('bad: it is skipped: ');
  const nothing = folderOf({ 'web.json': web() });
  expect(await accept(nothing, [web()], '--all')).toMatchObject({ code: 0, stdout: 'no drift: nothing to accept\n' });
});

test('accepts names that services exchanged, and refuses a name that another declaration holds', async () => {
  const declared = { 'web.json': web(), 'db.json': database() };
  const live = [web({ name: 'db' }), database({ name: 'web' })];
  const folder = folderOf(declared);
  const refused = await accept(folder, live, WEB);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      `web: ${folder}/web.json:1 name: "db" is declared more than once, also at ${folder}/db.json:1; keep one`,
    ),
  });
  expect(JSON.parse(read(folder, 'web.json'))).toEqual(web());
  const { code, plan } = await accept(folder, live, '--all');
  expect(code).toBe(0);
  expect(await plan()).toMatchObject({ code: 0 });
});

describe('a service that was deleted and created again', () => {
  const newId = `${WEB.slice(0, -1)}9`;
  const again = web({ service_id: newId, http_port: 81 });

  test('is followed with --ids, which keeps the declared values', async () => {
    const folder = folderOf({ 'web.json': web() });
    const { code, stdout, plan } = await accept(folder, [again], '--ids', 'web');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${folder}/web.json:1  web  service_id\n1 accepted\n` });
    expect(JSON.parse(read(folder, 'web.json'))).toEqual({ ...web(), service_id: newId });
    expect(await plan()).toMatchObject({ code: 2, stdout: expect.stringContaining('http_port') });
  });

  test('is followed with its live values, by any of its two ids', async () => {
    const folder = folderOf({ 'web.json': web() });
    const { code, plan } = await accept(folder, [again], newId);
    expect(code).toBe(0);
    expect(JSON.parse(read(folder, 'web.json'))).toEqual(again);
    expect(await plan()).toMatchObject({ code: 0 });
  });

  test('is left alone with --all, and the plan names the command that follows it', async () => {
    const folder = folderOf({ 'web.json': web() });
    const { code, plan } = await accept(folder, [again], '--all');
    expect(code).toBe(0);
    expect((await plan()).stdout).toContain(`if it replaces this service, run: vpc-reconciler accept --ids ${newId}`);
  });
});

test('reports an account that refuses the token', async () => {
  const folder = folderOf({ 'web.json': web() });
  const { url } = await emulated({ token: 'other' });
  const result = await command(['accept', '--all', '--services', folder], { environment: accountAt(url) });
  expect(result).toMatchObject({ code: 1, stdout: '' });
  expect(result.stderr).toMatch(/^vpc-reconciler: HTTP 401, /);
});

test('is mentioned by a plan that a person reads, if live values differ', async () => {
  const folder = folderOf({ 'web.json': web(), 'db.json': database() });
  const { url } = await emulated({ services: [web(), database({ tcp_port: 1 })] });
  const environment = accountAt(url);
  const hint = 'o keep live values instead, run: ';
  const plan = async (words: readonly string[], columns?: number) =>
    command(['plan', '--services', folder, ...words], { environment, ...(columns === undefined ? {} : { columns }) });
  expect((await plan([], 200)).stderr).toContain(`vpc-reconciler: t${hint}vpc-reconciler accept NAME\n`);
  expect(await plan([])).toMatchObject({ code: 2, stderr: '' });
  expect((await plan(['--output', 'markdown'])).stdout).toContain(`\nT${hint}\`vpc-reconciler accept NAME\`\n`);
  const inSync = await plan(['--only', 'web', '--output', 'markdown']);
  expect(inSync.code).toBe(0);
  expect(inSync.stdout).not.toContain('accept');
});

test('adds the ids of live services to declarations without one', async () => {
  const text =
    '# the site\nname: web\ntype: http\nhost:\n  ipv4: 10.0.0.1\n  network: { tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da }\n';
  const folder = folderOf({ 'web.yaml': text, 'db.json': database() });
  const { code, stdout, plan } = await accept(folder, [web(), database({ tcp_port: 1 })], '--ids', '--all');
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${folder}/web.yaml:2  web  service_id\n1 accepted\n` });
  expect(read(folder, 'web.yaml')).toBe(text.replace('name:', `service_id: ${WEB}\nname:`));
  expect((await plan()).stdout).toContain(WEB);
});
