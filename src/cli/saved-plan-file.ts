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
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../config/load-config.ts';
import { errnoText, errorCode } from '../core/base/errno.ts';
import { parseSavedPlan } from '../core/plan/saved-plan.ts';
import type { SavedPlan } from '../core/plan/saved-plan.ts';

/** Far above a plan for an account; what is larger, or never ends, is something else. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Reads what `plan --out` wrote. Throws a `ConfigError`. */
export function readPlanFile(path: string): SavedPlan {
  let text: string;
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > MOST_BYTES)
      throw new ConfigError(`${JSON.stringify(path)}: expected a file that plan --out wrote, found another`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(
      `expected a file that plan --out wrote, found that ${JSON.stringify(path)} cannot be read: ${errnoText(errorCode(error))}`,
    );
  }
  const savedPlan = parseSavedPlan(text);
  if (savedPlan === null)
    throw new ConfigError(
      `${JSON.stringify(path)}: expected a plan as plan --out writes it, found something else; make it anew`,
    );
  return savedPlan;
}

/** Throws a `ConfigError`. The file is there whole, or as it was; a link stays one, and what it names is written. */
export function writePlanFile(path: string, savedPlan: SavedPlan): void {
  let temporary: string | null = null;
  try {
    const place = placeOf(path);
    temporary = `${place}.${randomUUID()}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(savedPlan, null, 2)}\n`, { flag: 'wx' });
    renameSync(temporary, place);
  } catch (error) {
    if (temporary !== null) rmSync(temporary, { force: true });
    throw new ConfigError(
      `--out: expected a file that can be written, found that ${JSON.stringify(path)} cannot: ${whyNot(path, errorCode(error))}`,
    );
  }
}

/** What a path names, through all links, though there may be nothing yet. */
function placeOf(path: string): string {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile() && !there.isDirectory()) throw new Error('it is no regular file');
  let place = resolve(path);
  for (let links = 0; lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true; links += 1) {
    if (links === MOST_LINKS) throw new Error('ELOOP');
    place = resolve(realpathSync(dirname(place)), readlinkSync(place));
  }
  return place;
}

/** As many as Linux follows. */
const MOST_LINKS = 40;

function whyNot(path: string, code: string): string {
  if (code === 'ENOENT')
    return existsSync(dirname(path)) ? 'its link leads to a folder that is not there' : 'its folder is not there';
  return errnoText(code);
}
