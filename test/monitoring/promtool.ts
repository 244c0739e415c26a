import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The programs of Prometheus, where this machine has them. */
export const promtool = find('promtool');
export const prometheus = find('prometheus');

/** For the name of a test that is skipped without them. */
export const WITH_PROMTOOL = 'where there is promtool (Debian has it in the package prometheus)';

/** What promtool says of what it reads, or of the files that are named: nothing but `SUCCESS` where all is well. */
export function askPromtool(
  words: readonly string[],
  input = '',
): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(promtool ?? '', words, { input, encoding: 'utf8' });
  return { code: status, said: stdout + stderr };
}

function find(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
