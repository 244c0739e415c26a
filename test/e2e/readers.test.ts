import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accountAt, emulated, folderOf, temporaryFolder, web } from '../cli/command.ts';
import { documents } from '../pass/fleet.ts';
import { inShell, ran } from './program.ts';

const many = Array.from({ length: 300 }, (_, index) =>
  web({ service_id: `0199a0c4-2b10-7c3e-8a51-${String(index).padStart(12, '0')}`, name: `web-${index}` }),
);

const hasFullDisk = existsSync('/dev/full');

/** Where the output of `"$@"` goes, as shell code. */
const READERS: Readonly<Record<string, string>> = {
  'a reader of one line': '| head -n 1 > /dev/null',
  'a reader of one line of both outputs': '2>&1 | head -n 1 > /dev/null',
  'a reader of 100 bytes': '| head -c 100 > /dev/null',
  'a reader that reads nothing': '| true',
  'a reader of both outputs that reads nothing': '2>&1 | true',
  'grep -q': '| grep -q web > /dev/null',
  'a closed stdout': '>&-',
  'a closed stderr': '2>&-',
  'two closed outputs': '>&- 2>&-',
  ...(hasFullDisk ? { 'a full disk': '> /dev/full', 'a full disk for both outputs': '> /dev/full 2>&1' } : {}),
};

/** Runs the program with its output at a reader. Returns the exit code of the program, not of the pipeline. */
async function codeAt(reader: string, line: readonly string[], environment = {}) {
  const file = join(temporaryFolder(), 'code');
  const { stderr } = await ran(line, {
    command: inShell(`{ "$@"; echo $? > '${file}'; } ${reader}`),
    environment: { PATH: process.env['PATH'] ?? '', ...environment },
  });
  return { code: Number(readFileSync(file, 'utf8')), stderr };
}

const broken = folderOfMany('name: [');
const valid = folderOfMany('');

function folderOfMany(suffix: string): () => string {
  return () => folderOf(Object.fromEntries(many.map((each, n) => [`${n}.yaml`, JSON.stringify(each) + suffix])));
}

test.for(Object.entries(READERS))('validate keeps its exit code with %s', async ([, reader]) => {
  const folder = broken();
  for (const output of ['text', 'json']) {
    expect((await codeAt(reader, ['validate', folder, '--output', output])).code).toBe(1);
  }
});

test.for(Object.entries(READERS))('plan keeps its exit code with %s', async ([, reader]) => {
  const { url } = await emulated({ services: many.map((each) => ({ ...each, http_port: 81 })) });
  const line = ['plan', '--services', folderOf({ 'many.yaml': documents(many) })];
  expect((await codeAt(reader, [...line, '--output', 'json'], accountAt(url))).code).toBe(2);
});

test.for(Object.entries(READERS))('apply makes every update and keeps its exit code with %s', async ([, reader]) => {
  const emulator = await emulated({ services: many.map((each) => ({ ...each, http_port: 81 })) });
  const line = ['apply', '--services', folderOf({ 'many.yaml': documents(many) })];
  expect((await codeAt(reader, line, accountAt(emulator.url))).code).toBe(0);
  expect(emulator.services()).toMatchObject(many);
});

test('apply exits with 1 after failed updates, although nothing reads its report', async () => {
  const scenario = { share: 1, faults: [400], methods: ['PUT' as const] };
  const { url } = await emulated({ services: many.map((each) => ({ ...each, http_port: 81 })), scenario });
  const line = ['apply', '--services', folderOf({ 'many.yaml': documents(many) })];
  expect((await codeAt('| true', line, accountAt(url))).code).toBe(1);
});

test.runIf(hasFullDisk)('says that a result cannot be written', async () => {
  const { stderr } = await codeAt('> /dev/full', ['validate', valid()]);
  expect(stderr).toBe('vpc-reconciler: the result cannot be written: the disk is full\n');
});

test.for(['schema', '--help', '--version'])('%s needs a reader only as long as it wants to read', async (word) => {
  expect((await codeAt('| true', [word])).code).toBe(0);
  // Its output is all that such a command does.
  if (hasFullDisk) expect((await codeAt('> /dev/full', [word])).code).toBe(1);
});
