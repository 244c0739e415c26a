import { errorCodeOrMessage } from '../core/base/errno.ts';
import { failure, FailureError, isBug } from '../core/base/failure.ts';
import { decodeUtf8 } from '../core/load/encoding.ts';
import { parseFile, unreadableFile } from '../core/load/parse-file.ts';
import type { ParsedFile } from '../core/load/declaration.ts';
import type { ValuesFile } from '../core/load/values/read-values-file.ts';
import type { Values } from '../core/load/values/values.ts';
import type { FileRules } from './file-rules.ts';
import { skipReason } from '../core/load/problem.ts';
import type { Problem } from '../core/load/problem.ts';
import type { FoundFile } from './list-files.ts';
import { readFiles } from './read-files.ts';
import type { FolderFiles } from './read-files.ts';
import type { HashedFile } from './unfinished/unfinished-files.ts';

/** Reads the files of a folder as of one moment. Throws a `FailureError` if it cannot, and the reason of the signal if that is aborted. */
export async function loadFolder(path: string, rules: FileRules, signal: AbortSignal): Promise<FolderFiles> {
  return orFolderFailure(path, signal, async () => readFiles(path, rules, signal));
}

/**
 * Returns the result of reading a folder. Throws a `FailureError` if that fails, the reason of the signal if that is aborted, and a bug
 * unchanged in either case.
 */
export async function orFolderFailure<Result>(
  path: string,
  signal: AbortSignal,
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (isBug(error)) throw error;
    signal.throwIfAborted();
    throw new FailureError(failure('source', describe(path, error)), { cause: error });
  }
}

/** Throws a `FailureError` if none of the files of a folder declares anything. */
export function requireDeclarations(path: string, { include }: FileRules, files: readonly ParsedFile[]): void {
  if (files.some((file) => [file.declarations, file.tombstones, file.skipped].some(({ length }) => length > 0))) return;
  const message = `${path}: expected at least one declaration (${include.join(', ')}), found none; set allow_empty if this is intended`;
  throw new FailureError(failure('source', message));
}

/** Parses a file. `name` is the path by which messages refer to it; `values` replace references. */
export function parseFoundFile(
  name: string,
  file: FoundFile & Pick<HashedFile, 'isUnfinished'>,
  values: Values | null,
): ParsedFile {
  if ('fault' in file) return unreadableFile(name, file.fault);
  if (file.isUnfinished) return skipUnfinished(parseFoundFile(name, { path: file.path, bytes: file.bytes }, values));
  const decoded = decodeUtf8(file.bytes);
  return 'text' in decoded
    ? parseFile(name, decoded.text, values)
    : unreadableFile(name, decoded.fault, file.bytes.toString('latin1'), decoded);
}

/** Returns a file of values. `name` is the path by which messages refer to it. */
export function toValuesFile(name: string, file: FoundFile & Pick<HashedFile, 'isUnfinished'>): ValuesFile {
  if ('fault' in file) return { file: name, fault: file.fault };
  if (file.isUnfinished) return { file: name, fault: STILL_WRITTEN };
  const decoded = decodeUtf8(file.bytes);
  return { file: name, ...('text' in decoded ? decoded : { fault: decoded.fault }) };
}

/** Returns the part of a values file in the content of a folder: its problems, and no declarations. */
export function valuesProblems(name: string, { problems }: Values): ParsedFile {
  return {
    file: name,
    declarations: [],
    tombstones: [],
    skipped: [],
    problems: problems.filter(({ file }) => file === name),
  };
}

/** Skips the declarations of a file, so that their services are left alone. */
function skipUnfinished({ file, declarations, tombstones, skipped }: ParsedFile): ParsedFile {
  const problem: Problem = { file, line: 1, column: 1, path: null, message: STILL_WRITTEN };
  const reason = skipReason([problem]);
  return {
    file,
    declarations: [],
    tombstones: [],
    skipped: [...declarations, ...tombstones, ...skipped].map(({ line, service_id, name, positions }) => ({
      file,
      line,
      service_id,
      name,
      positions,
      reason,
    })),
    problems: [problem],
  };
}

const STILL_WRITTEN =
  'the file is still being written; it is used once it is complete and has not changed for two seconds';

function describe(path: string, error: unknown): string {
  const code = errorCodeOrMessage(error);
  switch (code) {
    case 'ENOENT':
      return `${path}: expected a folder of declarations, found nothing there (or a broken link)`;
    case 'ENOTDIR':
      return `${path}: expected a folder of declarations, found a file`;
    case 'EACCES':
    case 'EPERM':
      return `${path}: the folder cannot be read: permission denied`;
    case 'ELOOP':
      return `${path}: expected a folder of declarations, found links that form a loop`;
    default:
      return `${path}: the folder cannot be read: ${code}`;
  }
}
