import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { ConfigError } from '../../config/config-error.ts';
import type { Settings } from '../../config/settings.ts';
import { errorCodeOrMessage, systemErrorCode } from '../../core/base/errno.ts';
import { failure, FailureError } from '../../core/base/failure.ts';
import type { ParsedFile } from '../../core/load/declaration.ts';
import { holdsDeclarations } from '../../source/file-rules.ts';
import type { FileRules } from '../../source/file-rules.ts';
import { readFolderTexts } from '../../source/folder-texts.ts';
import type { FolderText } from '../../source/folder-texts.ts';
import { fileRules } from '../options.ts';
import { folderSource } from '../../source/folder-source.ts';

/** Where `import` writes declarations. */
export type ImportTarget = {
  /** The folder to write to. */
  readonly folder: string;
  /** The folder of declarations that the new ones belong to: that of the settings if it contains `folder`, or else `folder` itself. */
  readonly root: string;
  /** Whether a file of this name in `folder` is read as a declaration. */
  readonly isIncluded: (name: string) => boolean;
};

/** Returns the target for a folder. Throws a `ConfigError` if the folder has no name. */
export function importTarget(into: string, settings: Settings): ImportTarget {
  if (into.trim() === '') throw new ConfigError(`--into: expected a folder, found ${JSON.stringify(into)}`);
  const [from, to] = [realPath(resolve(settings.services)), realPath(resolve(into))];
  const isWithin = to === from || to.startsWith(from.endsWith(sep) ? from : from + sep);
  const prefix = isWithin && to !== from ? `${relative(from, to).replaceAll(sep, '/')}/` : '';
  return {
    folder: into,
    root: isWithin ? settings.services : into,
    isIncluded: (name) => holdsDeclarations(prefix + name, fileRules(settings)),
  };
}

/** Reads the declarations that exist. A folder that does not exist has none. */
export async function readDeclaredFiles(
  target: ImportTarget,
  settings: Settings,
  stop: AbortSignal,
): Promise<readonly ParsedFile[]> {
  const { root } = target;
  if (isAbsent(root)) return [];
  const { files } = await folderSource({ path: root, rules: rulesOf(target, settings), allowEmpty: true }).read(stop);
  return files;
}

/** Reads the texts of the declarations that exist. */
export async function readDeclaredTexts(
  target: ImportTarget,
  settings: Settings,
  stop: AbortSignal,
): Promise<readonly FolderText[]> {
  return isAbsent(target.root) ? [] : readFolderTexts(target.root, rulesOf(target, settings), stop);
}

function rulesOf({ root }: ImportTarget, settings: Settings): FileRules {
  const { values: _, ...withoutValues } = fileRules(settings);
  // The values files are in the folder of the settings.
  return root === settings.services ? fileRules(settings) : withoutValues;
}

/** Returns the names in a folder. A folder that does not exist has none. */
export function fileNamesIn(folder: string): readonly string[] {
  if (isAbsent(folder)) return [];
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new FailureError(failure('source', `${folder}: the folder cannot be read: ${errorCodeOrMessage(error)}`));
  }
}

const SCHEMA = 'config/service.schema.json';
/** At most this many parent folders are searched for the schema. */
const MAX_PARENTS = 4;

/** Returns a comment that names the JSON Schema for editors, if it is in a folder above the file; otherwise, an empty text. */
export function schemaComment(path: string): string {
  for (let parents = 0; parents <= MAX_PARENTS; parents += 1) {
    const schema = '../'.repeat(parents) + SCHEMA;
    if (existsSync(join(dirname(path), schema))) return `# yaml-language-server: $schema=${schema}\n`;
  }
  return '';
}

/** Resolves symbolic links in the part of a path that exists. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    // A path that does not exist has no links. A path that cannot be read causes an error when it is used.
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
  }
}

/** Whether nothing exists at a path. A path that cannot be read is not absent: it can hold declarations. */
function isAbsent(path: string): boolean {
  try {
    lstatSync(path);
    return false;
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT';
  }
}
