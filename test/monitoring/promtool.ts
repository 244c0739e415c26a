import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Paths of the Prometheus programs, or undefined if they are not installed. */
export const promtool = findProgram('promtool');
export const prometheus = findProgram('prometheus');

/** Part of the names of tests that are skipped without promtool. */
export const WITH_PROMTOOL = 'with promtool (Debian package prometheus)';

/** Runs promtool with the arguments and an input. Returns its exit code, and its output with errors. */
export function runPromtool(
  args: readonly string[],
  input = '',
): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(promtool ?? '', args, { input, encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}

function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
