import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };

const root = new URL('../..', import.meta.url).pathname;

/** Builds the program as it is shipped, into another folder, and gives its path. */
export function buildBundle(folder: string): string {
  const file = join(folder, 'vpc-reconciler.js');
  const [bundler = '', ...options] = packageJson.scripts.build.split(' ');
  const line = options.map((option) => (option === packageJson.bin['vpc-reconciler'] ? file : option));
  // As there is one beside it in the package; without one, Node looks twice at what kind of module it is.
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: packageJson.type }));
  execFileSync(join(root, 'node_modules/.bin', bundler), line, { cwd: root, stdio: 'pipe' });
  return file;
}
