/*
 * Plants each fault of mutations.ts in the program, and prints after how many seeds which rule finds it:
 *
 *   node test/simulation/mutations/run.ts [SEEDS] [NAME…]
 *
 * Exits with 1 if one is not found.
 */
import { spawnSync } from 'node:child_process';
import { MUTATIONS } from './mutations.ts';

const [seeds = '100', ...names] = process.argv.slice(2);
const unknown = names.filter((name) => !MUTATIONS.some((mutation) => mutation.name === name));
if (unknown.length > 0) throw new Error(`no such fault: ${unknown.join(', ')}`);

/** The seed that finds a fault, null if none does, and the rule that the fault breaks. */
type Verdict = { readonly seed: number | null; readonly rule: string };

/** A fault can keep a simulation from ever ending. */
const MAX_MS = 15 * 60_000;

const print = (seed: string, seconds: string, rule: string, fault: string) =>
  process.stdout.write(`${seed.padStart(5)}  ${seconds.padStart(7)}  ${rule.padEnd(16)}  ${fault}\n`);

print('seed', 'seconds', 'rule', 'fault');
const found: number[] = [];
const selected = MUTATIONS.filter(({ name }) => names.length === 0 || names.includes(name));
for (const { name } of selected) {
  const startedAt = performance.now();
  const { seed, rule } = tryFault(name);
  if (seed !== null) found.push(seed);
  print(String(seed ?? '-'), ((performance.now() - startedAt) / 1000).toFixed(1), rule, name);
}
found.sort((a, b) => a - b);
process.stdout.write(
  `${found.length} of ${selected.length} found within ${seeds} seeds, half of them by seed ${found[(found.length - 1) >> 1] ?? '-'}\n`,
);
if (found.length < selected.length) process.exitCode = 1;

/** Runs seed after seed until a rule is broken. */
function tryFault(name: string): Verdict {
  const plant = new URL('plant.ts', import.meta.url).href;
  const simulate = new URL('../run.ts', import.meta.url).pathname;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', plant, simulate, '--seeds', `1-${seeds}`, '--first', '--twice', '0'],
    { env: { ...process.env, FAULT: name }, encoding: 'utf8', timeout: MAX_MS },
  );
  const [, seed, rule] = /^seed (\d+): (?:\d+d )?\S+ ([^:\n]+):/m.exec(stdout) ?? [];
  if (seed !== undefined && rule !== undefined) return { seed: Number(seed), rule };
  if (status === 0) return { seed: null, rule: 'not found' };
  throw new Error(status === null ? `${name}: no end within ${MAX_MS} ms` : `${name}: ${stderr}`);
}
