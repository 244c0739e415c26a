import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { folderOf, web } from '../cli/command.ts';
import { ran, root } from './program.ts';

/** Outside the repository, because the bundle must not need its node_modules. */
const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-bundle-'));
const main = join(folder, 'vpc-reconciler.cjs');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  const [bundler = '', ...options] = packageJson.scripts.build.split(' ');
  const line = options.map((option) => (option === packageJson.bin['vpc-reconciler'] ? main : option));
  expect(line).toContain(main);
  execFileSync(join(root, 'node_modules/.bin', bundler), line, { cwd: root, stdio: 'pipe' });
});

test('the bundle prints its version', async () => {
  expect(await ran(['--version'], { command: [process.execPath, main], cwd: folder })).toEqual({
    code: 0,
    stdout: `${packageJson.version}\n`,
    stderr: '',
  });
});

test('the bundle validates, plans, and writes a readable log', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const run = (...line: string[]) =>
    ran([...line, '--services', services], { command: [process.execPath, main], cwd: folder });
  expect(await run('validate')).toEqual({ code: 0, stdout: '1 declaration in 1 file: all valid\n', stderr: '' });
  expect(await run('plan', '--emulator')).toMatchObject({ code: 2, stderr: '' });
  const once = await run('run', '--emulator', '--once', '--log-format', 'pretty');
  expect(once).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(/INFO: in sync: .*\n.* INFO: stopped\n$/),
  });
});

test('the bundle contains only characters of one byte', () => {
  // V8 stores the source with two bytes for each character if one is above U+00FF, which takes 1.5 MB more.
  expect(readFileSync(main, 'utf8').match(/.{0,40}[^\0-\xff].{0,40}/)).toBeNull();
});

/** A version of Node that is too old for the libraries, if it is installed. */
const old = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((place) => join(place, 'node'))
  .filter((node) => existsSync(node))
  .find((node) => /^v(1\d|20|21)\./.test(execFileSync(node, ['--version'], { encoding: 'utf8' })));

test.skipIf(old === undefined)('the bundle prints one line that says what to do if Node is too old', async () => {
  const { code, stdout, stderr } = await ran(['plan'], { command: [old ?? '', main], cwd: folder });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^vpc-reconciler requires Node\.js 22\.22 or later, found \S+; install Node\.js 24\n$/);
});
