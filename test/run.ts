/*
 * Checks format, lint and types, and runs every test with coverage. The last line is `N passed, N failed`.
 * `node test/run.ts check` skips the tests. FULL=1 runs the same tests longer and with more cases.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';

type Step = { readonly name: string; readonly command: readonly string[] };

const CHECKS: readonly Step[] = [
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings', 'src', 'test'] },
  { name: 'types', command: ['tsc'] },
];

const resultSchema = z.looseObject({ numPassedTests: z.number(), numFailedTests: z.number(), success: z.boolean() });

const passed: string[] = [];
const failed: string[] = [];
for (const { name, command } of CHECKS) ((await succeeds(command)) ? passed : failed).push(name);

let [testsPassed, testsFailed] = [0, 0];
if (process.argv[2] !== 'check') {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-test-'));
  const results = join(folder, 'results.json');
  const vitest = [
    'vitest',
    'run',
    '--config',
    'test/vitest.config.ts',
    '--coverage',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
  ];
  const succeeded = await succeeds(vitest);
  const counts = resultSchema.safeParse(readJson(results)).data;
  [testsPassed, testsFailed] = [counts?.numPassedTests ?? 0, counts?.numFailedTests ?? 0];
  // Low coverage, an unhandled rejection, or a run without tests is a failure, although no test failed.
  if (succeeded && testsPassed > 0) passed.push('tests and coverage');
  else failed.push('tests and coverage');
  rmSync(folder, { recursive: true });
}

console.log([...passed.map((name) => `✓ ${name}`), ...failed.map((name) => `✗ ${name}`)].join('  '));
console.log(`${testsPassed + passed.length} passed, ${testsFailed + failed.length} failed`);
process.exitCode = failed.length + testsFailed > 0 ? 1 : 0;

function succeeds([command = '', ...parts]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, parts, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null; // vitest stopped before it wrote results; its output shows why.
  }
}
