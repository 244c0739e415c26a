import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { folderOf, web } from '../cli/command.ts';
import { ran, root } from './program.ts';

/** Far from the modules, which the bundle must not need. */
const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-bundle-'));
const main = join(folder, 'vpc-reconciler.cjs');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  const [bundler = '', ...options] = packageJson.scripts.build.split(' ');
  const line = options.map((option) => (option === packageJson.bin['vpc-reconciler'] ? main : option));
  expect(line).toContain(main);
  execFileSync(join(root, 'node_modules/.bin', bundler), line, { cwd: root, stdio: 'pipe' });
});

test('the bundle tells its version', async () => {
  expect(await ran(['--version'], { command: [process.execPath, main], cwd: folder })).toEqual({
    code: 0,
    stdout: `${packageJson.version}\n`,
    stderr: '',
  });
});

test('the bundle validates, plans, and logs for people', async () => {
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

test('the bundle is kept in memory with one byte a character', () => {
  // A single character above U+00FF makes it two for each, 1.5 MB more.
  expect(readFileSync(main, 'utf8').match(/.{0,40}[^\0-\xff].{0,40}/)).toBeNull();
});

/** A Node older than the libraries need, if this machine has one. */
const old = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((place) => join(place, 'node'))
  .filter((node) => existsSync(node))
  .find((node) => /^v(1\d|20|21)\./.test(execFileSync(node, ['--version'], { encoding: 'utf8' })));

test.skipIf(old === undefined)('on an older Node the bundle says in one line what to do', async () => {
  const { code, stdout, stderr } = await ran(['plan'], { command: [old ?? '', main], cwd: folder });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^vpc-reconciler requires Node\.js 22\.22 or later, found \S+; install 24\n$/);
});
