import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { ConfigError } from '../config.ts';
import { parseLock } from '../core/lock.ts';
import type { Lock } from '../core/lock.ts';

/** Far above a plan for an account; what is larger, or never ends, is something else. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Reads what `plan --out` wrote. Throws a `ConfigError`. */
export function readPlanFile(path: string): Lock {
  let text: string;
  try {
    const { size } = statSync(path);
    if (!statSync(path).isFile() || size > MOST_BYTES)
      throw new ConfigError(`${JSON.stringify(path)}: expected a file that plan --out wrote, found another`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(
      `expected a file that plan --out wrote, found that ${JSON.stringify(path)} cannot be read: ${codeOf(error)}`,
    );
  }
  const lock = parseLock(text);
  if (lock === null)
    throw new ConfigError(
      `${JSON.stringify(path)}: expected a plan as plan --out writes it, found something else; make it anew`,
    );
  return lock;
}

/** Throws a `ConfigError`. The file is there whole, or as it was. */
export function writePlanFile(path: string, lock: Lock): void {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(lock, null, 2)}\n`, { flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new ConfigError(
      `--out: expected a file that can be written, found that ${JSON.stringify(path)} cannot: ${codeOf(error)}`,
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
