import type { ParsedFile, SkippedDeclaration } from './declaration.ts';
import { parseDocument } from './parse-document.ts';
import { firstProblems, skipReason } from './problem.ts';
import type { Problem } from './problem.ts';
import type { Values } from './values/values.ts';
import { readYaml } from './yaml/read-yaml.ts';
import type { Position } from './yaml/read-yaml.ts';

const emptyFile = { declarations: [], tombstones: [] } as const;

/**
 * Reads the declarations of one file. Never throws. In a file that cannot be parsed, all declarations are skipped; otherwise a document
 * with problems is skipped alone. `values` replace the references in the file; without them, a reference is text like any other.
 */
export function parseFile(file: string, text: string, values: Values | null = null): ParsedFile {
  if (text.trim() === '') return unreadableFile(file, 'expected a declaration, found an empty file', text);

  const yaml = readYaml(text);
  if (yaml.problems.length > 0) {
    const problems = firstProblems(
      yaml.problems.map(({ offset, path, message }) => ({ file, ...yaml.positionOf(offset), path, message })),
    );
    return { ...emptyFile, file, skipped: skipUnparsed(file, text, skipReason(problems)), problems };
  }

  const { documents, positionOf } = yaml;
  const parsed = documents.map((document) => parseDocument(document, { file, positionOf, values }));
  return {
    file,
    declarations: parsed.flatMap(({ declaration }) => declaration ?? []),
    tombstones: parsed.flatMap(({ tombstone }) => tombstone ?? []),
    skipped: parsed.flatMap(({ skipped }) => skipped),
    problems: firstProblems(parsed.flatMap(({ problems }) => problems)),
  };
}

/**
 * Returns the content of a file that exists but cannot be used, because it is too large, not UTF-8 or not readable. `text` is as much of
 * it as could be read.
 */
export function unreadableFile(
  file: string,
  message: string,
  text = '',
  { line, column }: Position = { line: 1, column: 1 },
): ParsedFile {
  const problem: Problem = { file, line, column, path: null, message };
  return { ...emptyFile, file, skipped: skipUnparsed(file, text, skipReason([problem])), problems: [problem] };
}

/**
 * Skips the declarations of a text that cannot be parsed: one for each id that is found in it, one for the name in each document without an
 * id, or a single one without either. The services of a broken file must not be taken for services that are not declared.
 */
function skipUnparsed(file: string, text: string, reason: string): SkippedDeclaration[] {
  const skip = (line: number, service_id: string | null, name: string | null = null): SkippedDeclaration => {
    const position = { line, column: 1 };
    return { file, line, service_id, name, positions: { service_id: position, name: position }, reason };
  };
  const skipped = new Map<string, SkippedDeclaration>();
  for (const lines of documentsOf(text)) {
    const ids = lines.flatMap(({ number, content }) =>
      [...content.matchAll(SERVICE_ID)].map(([match]) => ({ number, id: match.slice(-36).toLowerCase() })),
    );
    for (const { number, id } of ids) if (!skipped.has(id)) skipped.set(id, skip(number, id));
    const named = ids.length > 0 ? undefined : lines.find(({ content }) => NAME.test(content));
    const name = NAME.exec(named?.content ?? '')?.[1];
    if (named !== undefined && name !== undefined) skipped.set(`name:${name}`, skip(named.number, null, name));
  }
  return skipped.size > 0 ? [...skipped.values()] : [skip(1, null)];
}

type Line = { readonly number: number; readonly content: string };

/** Returns the lines of each document of a text that cannot be parsed, without comments. */
function documentsOf(text: string): readonly (readonly Line[])[] {
  const documents: Line[][] = [[]];
  // ASCII in UTF-16 is the same as in UTF-8, apart from the zero bytes.
  for (const [index, content] of text.replaceAll('\0', '').split('\n').entries()) {
    if (content.startsWith('---')) documents.push([]);
    if (!/^\s*#/.test(content)) documents.at(-1)?.push({ number: index + 1, content });
  }
  return documents;
}

/** The name of a service at the top level of a document, in YAML or JSON. */
const NAME = /^(?:\{?\s{0,4}"name"|name)\s*:\s*["']?([\w.:/@-]+)["']?\s*(?:,.*|\s#.*|\r)?$/;

/** A `service_id` in YAML or JSON, with or without an anchor or a tag. The match ends with the id. */
const SERVICE_ID = /\bservice_id["']?\s*:\s*(?:[&!]\S{0,80}\s+)?["']?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
