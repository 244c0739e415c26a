/*
 * npm run bench -- [--only NAME,…] [--quick] [--out DIR]
 *
 * Measures speed, compared with the alternatives and with the floor. A slow result is not an error; only a crash,
 * or a benchmark whose work was not done, for example a wrong number of PUTs, is an error.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openAccounts } from './accounts.ts';
import { arrival } from './arrival.ts';
import { buildBundle } from './bundle.ts';
import { concurrency } from './concurrency.ts';
import { foldersIn } from './context.ts';
import type { Bench } from './context.ts';
import type { Result } from './figures.ts';
import { memory } from './memory.ts';
import { passes } from './passes.ts';
import { planning } from './planning.ts';
import { plot } from './plot.ts';
import { reading } from './reading.ts';
import { start } from './start.ts';
import { describeMachine, renderTable } from './table.ts';

const BENCHES: Readonly<Record<string, Bench>> = { planning, reading, start, passes, arrival, memory, concurrency };

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: 'bench-results' },
  },
});
const machine = describeMachine(values);
const only = values.only.flatMap((names) => names.split(','));
const unknown = only.find((name) => !Object.hasOwn(BENCHES, name));
if (unknown !== undefined) {
  process.stderr.write(`--only: expected ${Object.keys(BENCHES).join(', ')}, found ${unknown}\n`);
  process.exitCode = 1;
} else {
  await run(Object.entries(BENCHES).filter(([name]) => only.length === 0 || only.includes(name)));
}

async function run(benches: readonly (readonly [name: string, bench: Bench])[]): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'vpc-reconciler-bench-'));
  const accounts = openAccounts();
  try {
    const context = {
      quick: values.quick,
      bundle: buildBundle(scratch),
      accounts,
      newFolder: foldersIn(scratch),
      announce: (what: string) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${what}\n`),
    };
    const results: Result[] = [];
    for (const [, bench] of benches) {
      results.push(await bench(context));
      // After each benchmark, so that an interrupted run keeps its results.
      write(results);
    }
    process.stdout.write(renderTable(machine, results));
  } finally {
    await accounts.close();
    rmSync(scratch, { recursive: true });
  }
}

function write(results: readonly Result[]): void {
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'results.json'), `${JSON.stringify({ machine, results }, null, 2)}\n`);
  writeFileSync(join(values.out, 'results.md'), renderTable(machine, results));
  writeFileSync(join(values.out, 'results.svg'), plot(results));
}
