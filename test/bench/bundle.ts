import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };

const root = new URL('../..', import.meta.url).pathname;

/** Builds the program as it is shipped, into another folder, and returns its path. */
export function buildBundle(folder: string): string {
  const file = join(folder, 'vpc-reconciler.cjs');
  const [bundler = '', ...options] = packageJson.scripts.build.split(' ');
  const line = options.map((option) => (option === packageJson.bin['vpc-reconciler'] ? file : option));
  execFileSync(join(root, 'node_modules/.bin', bundler), line, { cwd: root, stdio: 'pipe' });
  return file;
}
