import { randomUUID } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import type { Settings } from '../config/settings.ts';
import { describeSystemError, systemErrorCode } from '../core/base/errno.ts';
import { parseSavedPlan } from '../core/plan/saved-plan.ts';
import type { SavedPlan } from '../core/plan/saved-plan.ts';
import { holdsDeclarations } from '../source/file-rules.ts';
import type { Context } from './context.ts';
import { untilResponsive } from './input/responsive.ts';
import { readStandardInput, STDIO } from './input/standard-input.ts';

/** At most this large. A plan for a whole account is far smaller. */
const MAX_MEBIBYTES = 64;

const EXPECTED = 'expected a plan saved by plan --out';

/** Reads a plan that `plan --out` saved; from standard input if the path is `-`. Throws a `ConfigError`. */
export async function readSavedPlan(path: string, context: Context): Promise<SavedPlan> {
  const isStandardInput = path === STDIO;
  if (!isStandardInput) await untilResponsive([path], context);
  const text = isStandardInput ? String(await readStandardInput(context)) : readPlanText(path);
  const savedPlan = parseSavedPlan(text);
  if (savedPlan !== null) return savedPlan;
  const place = isStandardInput ? 'standard input' : JSON.stringify(path);
  throw new ConfigError(`${place}: ${EXPECTED}, found different content; save the plan again`);
}

function readPlanText(path: string): string {
  const quoted = JSON.stringify(path);
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new ConfigError(`${quoted}: ${EXPECTED}, found a path that is not a regular file`);
    if (stats.size > MAX_MEBIBYTES * 1024 * 1024) {
      throw new ConfigError(`${quoted}: ${EXPECTED}, found a file of more than ${MAX_MEBIBYTES} MiB`);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${EXPECTED}, found that ${quoted} cannot be read: ${describeSystemError(error)}`);
  }
}

/** Returns the content of the file of a plan. */
export function formatSavedPlan(savedPlan: SavedPlan): string {
  return `${JSON.stringify(savedPlan, null, 2)}\n`;
}

/**
 * Saves a plan. The file is replaced atomically; a symbolic link stays, and the file that it points to is replaced. Throws a
 * `ConfigError`.
 */
export function writeSavedPlan(path: string, savedPlan: SavedPlan): void {
  let temporary: string | null = null;
  try {
    const target = resolveLinks(path);
    temporary = `${target}.${randomUUID()}.tmp`;
    writeFileSync(temporary, formatSavedPlan(savedPlan), { flag: 'wx' });
    renameSync(temporary, target);
  } catch (error) {
    if (temporary !== null) rmSync(temporary, { force: true });
    const reason = describeWriteError(path, error);
    throw new ConfigError(
      `--out: expected a writable file, found that ${JSON.stringify(path)} cannot be written: ${reason}`,
    );
  }
}

/** Throws a `ConfigError` if a plan in this file would be read as a declaration, or would replace one. */
export function refuseDeclaration(
  out: string,
  { services, ...rules }: Pick<Settings, 'services' | 'include' | 'exclude' | 'values'>,
): void {
  let path: string;
  try {
    const target = resolveLinks(out);
    path = relative(realpathSync(services), join(realpathSync(dirname(target)), basename(target)));
  } catch {
    return; // Reading the folder, or writing the file, reports why.
  }
  const isOutside = path.startsWith('..') || isAbsolute(path);
  if (isOutside || !holdsDeclarations(path.replaceAll(sep, '/'), rules)) return;
  throw new ConfigError(
    `--out: expected a file that is not read as a declaration, found ${JSON.stringify(out)} in ${services}; save the plan in another folder`,
  );
}

/** Returns the path that remains after all symbolic links are followed. The file itself need not exist. */
function resolveLinks(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && !stats.isFile() && !stats.isDirectory()) throw new Error('it is not a regular file');
  let target = resolve(path);
  for (let links = 0; lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() === true; links += 1) {
    if (links === MAX_LINKS) throw new Error('ELOOP');
    target = resolve(realpathSync(dirname(target)), readlinkSync(target));
  }
  return target;
}

/** At most as many links as Linux follows. */
const MAX_LINKS = 40;

function describeWriteError(path: string, error: unknown): string {
  if (systemErrorCode(error) !== 'ENOENT') return describeSystemError(error);
  return existsSync(dirname(path))
    ? 'it is a symbolic link to a folder that does not exist'
    : 'its folder does not exist';
}
