import type { SourceFacts } from '../report.ts';

/** Where messages link to. Each is null if the setting is not given. */
export type LinkSettings = {
  /** The address of the status page. */
  readonly publicUrl: string | null;
  /** The address of a file at its commit, with `{revision}`, `{file}` and `{line}`. */
  readonly sourceUrl: string | null;
};

type Place = { readonly file: string | null; readonly line: number | null };

/**
 * Returns the address of a declaration at the commit of a report; null if the setting, the commit or the file is unknown. `{file}` is the
 * path in the folder of declarations, with each part percent-encoded.
 */
export function sourceUrl(template: string | null, { path, revision }: SourceFacts, place: Place): string | null {
  const { file, line } = place;
  if (template === null || revision === null || file === null) return null;
  const inFolder = pathInFolder(file, path).split('/').map(encodePart).join('/');
  return template
    .replaceAll('{revision}', encodeURIComponent(revision))
    .replaceAll('{file}', () => inFolder)
    .replaceAll('{line}', String(line ?? 1));
}

/** Encodes a part of a path, also the characters that are markup somewhere. */
function encodePart(part: string): string {
  return encodeURIComponent(part.toWellFormed()).replaceAll(
    /[!'()*~]/g,
    (character) => `%${Number(character.codePointAt(0)).toString(16).toUpperCase()}`,
  );
}

/** Returns the path of a file in the folder. Reports name files by the path of the folder and their path in it. */
function pathInFolder(file: string, folder: string): string {
  const prefix = `${folder.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '')}/`;
  return file.startsWith(prefix) ? file.slice(prefix.length) : file;
}
