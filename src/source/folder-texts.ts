import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { decodeUtf8 } from '../core/load/encoding.ts';
import { readValues } from '../core/load/values/values.ts';
import type { Values } from '../core/load/values/values.ts';
import type { FileRules } from './file-rules.ts';
import { loadFolder, toValuesFile } from './load-folder.ts';
import { writeFiles } from './write-files.ts';
import type { FileToWrite } from './write-files.ts';

/** A file of declarations that can be changed. */
export type FolderText = {
  /** The path that declarations and messages use. */
  readonly file: string;
  /** The text, without a byte order mark. */
  readonly text: string;
  /** The values of the references in the text; null if there are no values files. */
  readonly values: Values | null;
  /** The file as it was read. If `file` is a link, this is where it leads to. */
  readonly content: { readonly realPath: string; readonly bytes: Buffer };
};

/** Reads the texts of the declarations in a folder as of one moment. Leaves out files that are not text. Throws a `FailureError`. */
export async function readFolderTexts(
  path: string,
  rules: FileRules,
  signal: AbortSignal,
): Promise<readonly FolderText[]> {
  const { root, files } = await loadFolder(path, rules, signal);
  const valuesPaths = rules.values ?? [];
  const byPath = new Map(files.map((file) => [file.path, file]));
  const valuesFiles = valuesPaths.flatMap((each) => byPath.get(each) ?? []);
  const values =
    valuesFiles.length === 0 ? null : readValues(valuesFiles.map((file) => toValuesFile(join(path, file.path), file)));
  return files.flatMap((file) => {
    if ('fault' in file || valuesPaths.includes(file.path)) return [];
    const decoded = decodeUtf8(file.bytes);
    if ('fault' in decoded) return [];
    const content = { realPath: realpathSync.native(join(root, file.path)), bytes: file.bytes };
    return [{ file: join(path, file.path), text: decoded.text, values, content }];
  });
}

const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Replaces the text of a file, if the file has not changed since it was read. Keeps the mode of the file, a link that leads to it, and its
 * byte order mark. Returns why it could not be written, or null.
 */
export function replaceText(folder: string, file: FolderText, text: string): string | null {
  const written = replacementOf(file, text, file.content.realPath);
  return writeFiles([written], { folder, root: folder }).fault?.message ?? null;
}

/** Returns a file as `writeFiles` expects it. With its text, a file that was read keeps its byte order mark. */
export function toFileToWrite<File extends FileToWrite>(file: File, folder: readonly FolderText[]): File {
  const before = folder.find((each) => each.file === file.path);
  return before === undefined ? file : { ...file, ...replacementOf(before, file.text, file.path) };
}

function replacementOf({ content: { bytes }, text: before }: FolderText, text: string, path: string): FileToWrite {
  const mark = bytes.length > Buffer.byteLength(before) ? BYTE_ORDER_MARK : '';
  return { path, text: mark + text, replaces: true, replaced: bytes };
}
