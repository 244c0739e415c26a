import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

/* The rules of the layout: the linter enforces them, and these tests show that it does. */

const root = new URL('..', import.meta.url).pathname;

/** Returns the messages of the linter about these files, with the configuration of the project. */
function lint(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-house-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  try {
    return execFileSync(join(root, 'node_modules/.bin/oxlint'), ['src'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}

const lines = (count: number) => Array.from({ length: count }, (_, index) => `  call(${index});`).join('\n');
const branches = (count: number) =>
  Array.from({ length: count }, (_, index) => `  if (value === ${index}) return ${index};`).join('\n');

describe('the linter accepts', () => {
  test.for([
    ['an import from an earlier folder of core', 'src/core/plan/a.ts', "export { b } from '../base/b.ts';\n"],
    ['a room that imports core', 'src/source/a.ts', "export { b } from '../core/load/b.ts';\n"],
    ['a subfolder of a room that imports core', 'src/server/page/a.ts', "export { b } from '../../core/load/b.ts';\n"],
    ['a function of 70 lines', 'src/source/a.ts', `export function a(call: (n: number) => void) {\n${lines(68)}\n}\n`],
  ] as const)('%s', ([, path, text]) => {
    expect(lint({ [path]: text })).toContain('Found 0 warnings and 0 errors');
  });
});

describe('the linter rejects', () => {
  test.for([
    [
      'an import from a later folder of core',
      'src/core/base/a.ts',
      "export { b } from '../plan/b.ts';\n",
      'Folders of core',
    ],
    ['core that imports a room', 'src/core/plan/a.ts', "export { b } from '../../source/b.ts';\n", 'Folders of core'],
    ['core that reads the clock', 'src/core/plan/a.ts', 'export const a = () => Date.now();\n', "'Date'"],
    ['core that draws a random number', 'src/core/plan/a.ts', 'export const a = () => Math.random();\n', 'Math.random'],
    ['core that imports Node', 'src/core/plan/a.ts', "export { join } from 'node:path';\n", 'core is pure'],
    ['a loose file in core', 'src/core/a.ts', 'export const a = 1;\n', 'max-lines'],
    [
      'a room that imports another room',
      'src/source/a.ts',
      "export { b } from '../cloudflare/b.ts';\n",
      'A room imports',
    ],
    [
      'a page that imports another room',
      'src/server/page/a.ts',
      "export { b } from '../../sinks/b.ts';\n",
      'A room imports',
    ],
    ['a pass that imports a room', 'src/pass/a.ts', "export type { B } from '../source/b.ts';\n", 'A pass knows'],
    [
      'a daemon that imports a room',
      'src/daemon/a.ts',
      "export type { B } from '../sinks/b.ts';\n",
      'The daemon knows',
    ],
    ['a room that imports the command line', 'src/sinks/a.ts', "export { b } from '../cli/b.ts';\n", 'A room imports'],
    [
      'a function of 71 lines',
      'src/source/a.ts',
      `export function a(call: (n: number) => void) {\n${lines(69)}\n}\n`,
      'max-lines-per-function',
    ],
    [
      'a function with a complexity of 16',
      'src/source/a.ts',
      `export function a(value: number) {\n${branches(15)}\n  return -1;\n}\n`,
      'complexity',
    ],
    [
      'process.exit outside of main.ts',
      'src/source/a.ts',
      'export const a = () => process.exit(1);\n',
      'Only src/main.ts',
    ],
  ] as const)('%s', ([, path, text, rule]) => {
    expect(lint({ [path]: text })).toContain(rule);
  });

  test('a cycle of imports, even through types', () => {
    const output = lint({
      'src/source/a.ts': "import type { B } from './b.ts';\nexport type A = { readonly b: B };\n",
      'src/source/b.ts': "import type { A } from './a.ts';\nexport type B = { readonly a: A | null };\n",
    });
    expect(output).toContain('no-cycle');
  });
});

describe('folders', () => {
  const folders = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath }) => parentPath.slice(root.length));
  test.for(
    [...Map.groupBy(folders, (folder) => folder)].map(([folder, files]): [string, number] => [folder, files.length]),
  )('%s has at most 14 files', ([, count]) => {
    expect(count).toBeLessThanOrEqual(14);
  });
});
