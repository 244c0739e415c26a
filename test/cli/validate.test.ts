import { expect, test } from 'vitest';
import { command, database, folderOf, SECRET, web } from './command.ts';

/** Where no request can get: validate must not even try. */
const offline = { CLOUDFLARE_BASE_URL: 'nowhere', CLOUDFLARE_API_TOKEN: `${SECRET} with spaces` };

test('exit 0 where all is valid, without an account or a network', async () => {
  const line = ['validate', '--services', folderOf({ 'web.yaml': web(), 'db.json': database() })];
  const expected = { code: 0, stdout: '2 declarations in 2 files: all valid\n', stderr: '' };
  expect(await command(line)).toEqual(expected);
  expect(await command(line, { environment: offline })).toEqual(expected);
});

test('one is no plural', async () => {
  expect((await command(['validate', '--services', folderOf({ 'web.yaml': web() })])).stdout).toBe(
    '1 declaration in 1 file: all valid\n',
  );
});

test('exit 1 where something is wrong: every problem with its place, then the sum', async () => {
  const folder = folderOf({
    'db.yaml': database(),
    'web.yaml': 'name: web\ntype: http\nhttp_port: 80000\n',
    'broken.yaml': 'name: [',
  });
  const { code, stdout, stderr } = await command(['validate', '--services', folder], { environment: offline });
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines.slice(0, -1)) expect(line).toMatch(/\/(web|broken)\.yaml:\d+:\d+ /);
  expect(lines.at(-1)).toMatch(/^\d declarations in 3 files: 1 valid, \d set aside, \d problems$/);
});

test('--output json is one object with all of it', async () => {
  const good = await command(['validate', '--output', 'json', '--services', folderOf({ 'web.yaml': web() })]);
  expect(good).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(good.stdout)).toEqual({
    schema_version: 1,
    valid: true,
    files: 1,
    declarations: 1,
    set_aside: 0,
    problems: [],
    error: null,
  });
  const folder = folderOf({ 'web.yaml': web(), 'twice.yaml': web() });
  const bad = await command(['validate', '--output', 'json', '--services', folder]);
  expect(bad).toMatchObject({ code: 1, stderr: '' });
  expect(JSON.parse(bad.stdout)).toMatchObject({
    valid: false,
    files: 2,
    problems: expect.arrayContaining([
      {
        file: `${folder}/web.yaml`,
        line: 1,
        column: expect.any(Number),
        path: expect.any(String),
        message: expect.any(String),
      },
    ]),
  });
});

test('a folder that cannot be read is told in either format', async () => {
  const told = '/nowhere: expected a folder of declarations, found nothing there (or a link that leads nowhere)';
  expect(await command(['validate', '--services', '/nowhere'])).toEqual({ code: 1, stdout: `${told}\n`, stderr: '' });
  const { code, stdout } = await command(['validate', '--services', '/nowhere', '--output', 'json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ valid: false, error: told });
});
