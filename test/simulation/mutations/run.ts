/*
 * Plants each fault of mutations.ts in a copy of the program, and prints after how many seeds the simulation finds it:
 *
 *   node test/simulation/mutations/run.ts [SEEDS] [NAME…]
 *
 * Exits with 1 if one is not found.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MUTATIONS } from './mutations.ts';
import type { Mutation } from './mutations.ts';

const root = new URL('../../..', import.meta.url).pathname;
const [seeds = '100', ...names] = process.argv.slice(2);

for (const mutation of MUTATIONS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const result = tryMutation(mutation);
  process.stdout.write(`${result.padStart(12)}  ${mutation.name}\n`);
}

/** Returns after how many seeds a fault is found, and which rule finds it. */
function tryMutation({ file, find, replace }: Mutation): string {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-mutation-'));
  try {
    for (const name of ['src', 'test/simulation', 'package.json'])
      cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const path = join(folder, 'src', file);
    const before = readFileSync(path, 'utf8');
    if (before.split(find).length !== 2) throw new Error(`${file}: expected the text once: ${find}`);
    writeFileSync(
      path,
      before.replace(find, () => replace),
    );
    const { stdout } = spawnSync(process.execPath, ['test/simulation/run.ts', '--seeds', `1-${seeds}`, '--first'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const [, seed, rule] = /^seed (\d+): (?:\d+d )?\S+ ([^:\n]+):/m.exec(stdout) ?? [];
    if (seed !== undefined) return `seed ${seed}: ${rule}`;
    process.exitCode = 1;
    return 'not found';
  } finally {
    rmSync(folder, { recursive: true });
  }
}
