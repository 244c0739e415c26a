import { readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommandLine } from '../../../src/cli/program.ts';
import { WARNINGS } from '../../../src/core/load/warnings/warning.ts';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { compareText } from '../../../src/core/base/order.ts';
import { redactor } from '../../../src/core/base/text/redactor.ts';
import { openOutput } from '../../../src/sinks/output.ts';
import { command, database, folderOf, SECRET, web } from '../command.ts';

/** An account that cannot be used: validate must not send a request. */
const offline = { CLOUDFLARE_BASE_URL: 'nowhere', CLOUDFLARE_API_TOKEN: `${SECRET} with spaces` };

test('exits with 0 if all declarations are valid, without an account or a network', async () => {
  const line = ['validate', '--services', folderOf({ 'web.yaml': web(), 'db.json': database() })];
  const expected = { code: 0, stdout: '2 declarations in 2 files: all valid\n', stderr: '' };
  expect(await command(line)).toEqual(expected);
  expect(await command(line, { environment: offline })).toEqual(expected);
});

test('prints the singular for one declaration', async () => {
  expect((await command(['validate', '--services', folderOf({ 'web.yaml': web() })])).stdout).toBe(
    '1 declaration in 1 file: all valid\n',
  );
});

test('exits with 1 and prints every problem with its place, and a summary', async () => {
  const folder = folderOf({
    'db.yaml': database(),
    'web.yaml': 'name: web\ntype: http\nhttp_port: 80000\n',
    'broken.yaml': 'name: [',
  });
  const { code, stdout, stderr } = await command(['validate', '--services', folder], { environment: offline });
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  const place = /\/(?:web|broken)\.yaml:\d+:\d+ /;
  for (const line of lines.slice(0, -1)) expect(line).toMatch(/\/(?:web|broken)\.yaml:\d+:\d+ |^ +\d* \| /);
  // Sorted by file and line.
  expect(lines.filter((line) => place.test(line)).map((line) => /\w+\.yaml:\d+/.exec(line)?.[0])).toEqual([
    'broken.yaml:1',
    'web.yaml:1',
    'web.yaml:3',
  ]);
  expect(lines.at(-1)).toMatch(/^\d declarations in 3 files: 1 valid, \d skipped, \d problems$/);
});

test('--output json prints one object', async () => {
  const good = await command(['validate', '--output', 'json', '--services', folderOf({ 'web.yaml': web() })]);
  expect(good).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(good.stdout)).toEqual({
    schema_version: 1,
    valid: true,
    files: 1,
    declarations: 1,
    skipped: 0,
    problems: [],
    warnings: [],
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

test('reports a folder that cannot be read in every format', async () => {
  const message = '/nowhere: expected a folder of declarations, found nothing there (or a broken link)';
  expect(await command(['validate', '--services', '/nowhere'])).toEqual({
    code: 1,
    stdout: `${message}\n`,
    stderr: '',
  });
  const { code, stdout } = await command(['validate', '--services', '/nowhere', '--output', 'json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ valid: false, error: message });
});

test('prints the line with a caret under the place', async () => {
  const folder = folderOf({ 'web.yaml': `# web\nname: "漢字"\n\ttype: http\n`, 'db.yaml': 'a: 1\nb: [' });
  const { stdout } = await command(['validate', join(folder, 'web.yaml'), join(folder, 'db.yaml')]);
  expect(stdout.replaceAll(folder, '')).toBe(
    [
      '/db.yaml:2:4 not valid YAML: this [ is never closed; add the missing ]',
      '    2 | b: [',
      '      |    ^',
      '/web.yaml:3:1 not valid YAML: found a tab in the indentation; use spaces',
      '    3 | →   type: http',
      '      | ^',
      '2 declarations in 2 files: 0 valid, 2 skipped, 2 problems',
      '',
    ].join('\n'),
  );
});

test('wraps lines at the width of the terminal, and indents continuation lines', async () => {
  const folder = folderOf({ 'web.yaml': web({ http_port: 'a text that is no port at all' }) });
  const columns = 60;
  const { stdout } = await command(['validate', join(folder, 'web.yaml')], { columns });
  const rows = stdout.trimEnd().split('\n');
  for (const row of rows.slice(1)) expect(row.length).toBeLessThanOrEqual(columns);
  expect(rows.filter((row) => row.startsWith('    ') && !row.includes('|')).length).toBeGreaterThan(1);
  const [shown = '', caret = ''] = rows.filter((row) => row.includes(' | '));
  expect(shown.slice(caret.indexOf('^'))).toMatch(/^"a text/);
  const piped = await command(['validate', join(folder, 'web.yaml')]);
  expect(piped.stdout.split('\n')).toHaveLength(5);
});

test('does not print a line that contains a secret', async () => {
  const token = `${SECRET}-of-the-account`;
  const folder = folderOf({ 'web.yaml': `name: ${token}\n${'x'.repeat(90)}: ${token}\n` });
  const environment = { CLOUDFLARE_API_TOKEN: token };
  const secrets = redactor();
  secrets.add(token);
  let stdout = '';
  const output = { write: (text: string) => (stdout += text) };
  const stop = new AbortController().signal;
  const logOutput = openOutput({ fd: 1, stream: process.stdout });
  const context = { environment, stdout: output, stderr: output, logOutput, secrets, stop, onHangUp: () => {} };
  await runCommandLine(['validate', folder], context);
  expect(stdout).toContain('unknown key "xxx');
  expect(stdout).toContain('web.yaml:1:1');
  expect(stdout).not.toContain(SECRET.slice(0, 8));
});

const unverified = web({ tls_settings: { cert_verification_mode: 'disabled' }, http_port: null });

test('prints warnings, and exits with 1 because of them only with --strict', async () => {
  const folder = folderOf({ 'web.yaml': JSON.stringify(unverified, null, 1) });
  const { code, stdout } = await command(['validate', '--services', folder]);
  expect(code).toBe(0);
  expect(stdout.replaceAll(folder, '')).toBe(
    [
      '/web.yaml:13:29 tls_settings.cert_verification_mode: warning: without verification, another machine in the network can impersonate the service; upload its CA and use verify_ca or verify_full [tls-not-verified]',
      '   13 |   "cert_verification_mode": "disabled"',
      '      |                             ^',
      '1 declaration in 1 file: all valid, 1 warning',
      '',
    ].join('\n'),
  );
  const strict = await command(['validate', '--strict', '--services', folder]);
  expect(strict.code).toBe(1);
  expect(strict.stdout).toContain('all valid, 1 warning (not allowed by --strict)\n');
  const json = await command(['validate', '--strict', '--output', 'json', '--services', folder]);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    valid: false,
    problems: [],
    warnings: [{ code: 'tls-not-verified', line: 13, column: 29, path: 'tls_settings.cert_verification_mode' }],
  });
});

test('--output github prints annotations with relative paths, and a summary', async () => {
  const folder = folderOf({ 'a.yaml': JSON.stringify(unverified), 'b,1.yaml': 'name: 100%\n- x: [\n' });
  const { code, stdout } = await command(['validate', '--output', 'github', '--services', folder]);
  expect(code).toBe(1);
  const lines = stdout.replaceAll(relative('', folder), 'services').trimEnd().split('\n');
  expect(lines).toEqual([
    '::error file=services/b%2C1.yaml,line=2,col=1,title=Invalid declaration::not valid YAML: found a list item ("- ") in the wrong place; begin a list on the line after its key, or remove the "-"',
    expect.stringMatching(
      /^::warning file=services\/a.yaml,line=1,col=\d+,title=Warning%3A tls-not-verified::tls_settings.cert_verification_mode: without verification, /,
    ),
    '2 declarations in 2 files: 1 valid, 1 skipped, 1 problem, 1 warning',
  ]);
});

const lastLine = async (...paths: readonly (string | undefined)[]) =>
  (await command(['validate', ...paths.map(String)])).stdout.trimEnd().split('\n').at(-1);

test('reads only the given paths, and finds duplicates among them', async () => {
  const folder = folderOf({ 'a.yaml': web(), 'b.yaml': web(), 'c.txt': database(), 'empty.yaml': '# later' });
  const [a, b, c, empty] = ['a.yaml', 'b.yaml', 'c.txt', 'empty.yaml'].map((name) => join(folder, name));
  expect(await lastLine(a)).toBe('1 declaration in 1 file: all valid');
  expect(await lastLine(a, c)).toBe('2 declarations in 2 files: all valid');
  expect(await lastLine(empty)).toBe('0 declarations in 1 file: all valid');
  expect(await lastLine(a, b)).toBe('2 declarations in 2 files: 0 valid, 2 skipped, 2 problems');
  expect(await lastLine(folder)).toBe('2 declarations in 3 files: 0 valid, 2 skipped, 2 problems');
  // One file by two paths.
  expect(await lastLine(a, join(folder, '.', 'a.yaml'), `${folder}/../${basename(folder)}/a.yaml`)).toBe(
    '1 declaration in 1 file: all valid',
  );
});

test.for(['gone.yaml', 'a.yaml/b.yaml', 'gone/'])('reports a path that does not exist: %s', async (gone) => {
  const folder = folderOf({ 'a.yaml': web() });
  const [a, nothing] = [join(folder, 'a.yaml'), `${folder}/${gone}`];
  const message = `${nothing}: expected a file or a folder, found nothing there (or a broken link)`;
  expect(await command(['validate', nothing])).toEqual({ code: 1, stdout: `${message}\n`, stderr: '' });
  expect(await command(['validate', a, nothing])).toEqual({
    code: 1,
    stdout: `${message}\n1 declaration in 1 file: 1 valid, 0 skipped, 0 problems, 1 error\n`,
    stderr: '',
  });
  const { code, stdout } = await command(['validate', a, nothing, '--output', 'json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ valid: false, files: 1, declarations: 1, problems: [], error: message });
});

test('reports a folder without declarations, and checks the others', async () => {
  const [one, other] = [folderOf({ 'a.yaml': web() }), folderOf({})];
  const { code, stdout } = await command(['validate', one, other, '--output', 'json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    valid: false,
    declarations: 1,
    error: `${other}: expected at least one declaration (**/*.{yaml,yml,json}), found none; set allow_empty if this is intended`,
  });
  expect((await command(['validate', one, other])).stdout).toMatch(/: 1 valid, 0 skipped, 0 problems, 1 error\n$/);
  expect((await command(['validate', one, other, '--allow-empty'])).code).toBe(0);
});

test('reports an invalid configuration in the format of --output', async () => {
  const environment = { VPC_RECONCILER_ALLOW_EMPTY: 'perhaps' };
  const json = await command(['validate', '--output', 'json'], { environment });
  expect(json).toMatchObject({ code: 1, stderr: '' });
  expect(JSON.parse(json.stdout)).toMatchObject({
    valid: false,
    error: expect.stringContaining('ALLOW_EMPTY: expected'),
  });
  const github = await command(['validate', '--output', 'github'], { environment });
  expect(github.stdout).toMatch(/^::error title=Not validated::.*\n0 declarations in 0 files: /);
  const text = await command(['validate'], { environment });
  expect(text).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('perhaps') });
});

test('the sample declarations cause no problem and no warning', async () => {
  const { code, stdout } = await command(['validate', '--strict', 'services']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '11 declarations in 10 files: all valid\n' });
});

test('the manual lists every warning code, and no other', () => {
  const [, section = ''] = /^### Warnings\n([^]*?)^## /m.exec(readFileSync('services/README.md', 'utf8')) ?? [];
  const codes = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code = '']) => code);
  expect(codes.sort(compareText)).toEqual(WARNINGS.map(({ code }) => code).sort(compareText));
});

test('replaces references by the values of the folder, for files given by path too', async () => {
  const folder = folderOf({ 'values.yaml': 'port: 99999\n', 'web.yaml': web({ http_port: '${port}' }) });
  const message = `web.yaml:1:`;
  for (const path of [folder, join(folder, 'web.yaml')]) {
    const { code, stdout } = await command(['validate', '--services', folder, '--values', 'values.yaml', path]);
    expect(stdout).toContain(message);
    expect(stdout).toContain(`found 99999 (from \${port}, ${folder}/values.yaml:1)`);
    expect(code).toBe(1);
  }
});

test('checks a file of values as such when it is given by path', async () => {
  const folder = folderOf({
    'values.yaml': 'port: 80\nother: ${prt}\n',
    'web.yaml': web({ http_port: '${port}' }),
  });
  const line = ['validate', '--services', folder, '--values', 'values.yaml', join(folder, 'values.yaml')];
  const { code, stdout } = await command(line);
  expect(stdout).toContain('values.yaml:2:1');
  expect(stdout).toContain('${prt} is not defined; did you mean "${port}"?');
  expect(code).toBe(1);
});

test.each([
  {
    line: ['--include', '!a.yaml'],
    message: 'expected a glob without "!"; write globs of files to leave out in "exclude"',
  },
  {
    line: ['--exclude', '!a.yaml'],
    message: 'expected a glob without "!"; list what to leave out; "include" says what to read',
  },
  { line: ['--values', '../values.yaml'], message: 'expected paths of files in the folder, such as values.yaml' },
  { line: ['--values', '/etc/values.yaml'], message: 'expected paths of files in the folder, such as values.yaml' },
])('refuses $line', async ({ line, message }) => {
  const { code, stderr } = await command(['validate', ...line]);
  expect(stderr).toContain(message);
  expect(code).toBe(1);
});

describe('-', () => {
  test('reads standard input, and finds problems in it', async () => {
    const good = await command(['validate', '-'], { input: JSON.stringify(web()) });
    expect(good).toEqual({ code: 0, stdout: '1 declaration in 1 file: all valid\n', stderr: '' });
    const bad = await command(['validate', '-'], { input: 'name: [' });
    expect(bad).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^stdin:1:7 not valid YAML: [^]*\n {4}1 \| name: \[\n/),
    });
  });

  test('can be combined with other paths', async () => {
    const folder = folderOf({ 'web.yaml': web() });
    const { code, stdout } = await command(['validate', '-', folder], { input: JSON.stringify(web()) });
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('is declared more than once') });
  });

  test('is limited like a file', async () => {
    const { stdout } = await command(['validate', '-'], { input: ' '.repeat(1024 * 1024 + 1) });
    expect(stdout).toContain('stdin:1:1 expected at most 1 MiB, found 1.1 MiB; split the file\n');
  });
});

test('--output gitlab prints a code quality report with relative paths', async () => {
  const folder = folderOf({ 'bad.yaml': 'name: [', 'web.yaml': web({ http_port: 443 }) });
  const { code, stdout } = await command(['validate', '--output', 'gitlab', '--services', folder]);
  expect(code).toBe(1);
  const path = relative('', folder);
  const fingerprint = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(JSON.parse(stdout)).toEqual([
    expect.objectContaining({
      check_name: 'invalid-declaration',
      severity: 'critical',
      fingerprint,
      location: { path: `${path}/bad.yaml`, lines: { begin: 1 } },
    }),
    expect.objectContaining({
      check_name: 'swapped-ports',
      severity: 'minor',
      fingerprint,
      location: { path: `${path}/web.yaml`, lines: { begin: 1 } },
    }),
  ]);
  const nowhere = await command(['validate', '--output', 'gitlab', '--services', '/nowhere']);
  expect(JSON.parse(nowhere.stdout)).toEqual([
    expect.objectContaining({ check_name: 'not-validated', severity: 'blocker' }),
  ]);
});

test('warns of a file that is not read because of its name', async () => {
  const folder = folderOf({ 'web.yaml': web(), 'db.YAML': database() });
  const { code, stdout } = await command(['validate', '--services', folder]);
  expect(code).toBe(0);
  expect(stdout).toContain(`${folder}/db.YAML:1:1 warning: is not read, because its name ends differently`);
  expect(stdout).toMatch(/^1 declaration in 1 file: all valid, 1 warning$/m);
});

test('the file of a schema in the folder is no declaration', async () => {
  const [service, config] = await Promise.all([command(['schema']), command(['schema', 'config'])]);
  const files = { 'service.schema.json': service.stdout, 'config.schema.json': config.stdout, 'web.yaml': web() };
  expect(await command(['validate', '--services', folderOf(files)])).toMatchObject({
    code: 0,
    stdout: '1 declaration in 3 files: all valid\n',
  });
});

/** A declaration in YAML, by line. */
const linesOf = ({ service_id, name, host, ...fields }: JsonObject) =>
  Object.entries({ service_id, name, host, ...fields }).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);

test('reads joined files with byte order marks, and files whose lines end with a carriage return', async () => {
  const [bom, cr] = ['\ufeff', '\r'];
  const joined = [web(), database()].map((each) => `${bom}---\n${linesOf(each).join('\n')}\n`).join('');
  expect(await command(['validate', '-'], { input: joined })).toMatchObject({ code: 0 });
  expect(await command(['validate', '-'], { input: linesOf(web()).join(cr) })).toMatchObject({ code: 0 });
});
