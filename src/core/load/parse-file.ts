import type { ParsedFile, SkippedDeclaration } from './declaration.ts';
import { parseDocument } from './parse-document.ts';
import { byLocation, skipReason } from './problem.ts';
import type { Problem } from './problem.ts';
import type { Values } from './values/values.ts';
import { readYaml } from './yaml/read-yaml.ts';
import type { Position } from './yaml/read-yaml.ts';

/** At most this many problems of one file are reported. */
const MAX_PROBLEMS = 20;

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
    return { file, declarations: [], skipped: skipUnparsed(file, text, skipReason(problems)), problems };
  }

  const { documents, positionOf } = yaml;
  const parsed = documents.map((document) => parseDocument(document, { file, positionOf, values }));
  return {
    file,
    declarations: parsed.flatMap(({ declaration }) => declaration ?? []),
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
  return { file, declarations: [], skipped: skipUnparsed(file, text, skipReason([problem])), problems: [problem] };
}

/** Sorts the problems of a file and returns the first ones. The last one returned says how many there are from there on. */
function firstProblems(problems: readonly Problem[]): readonly Problem[] {
  const sorted = problems.toSorted(byLocation);
  const rest = sorted.slice(MAX_PROBLEMS - 1);
  if (rest.length < 2) return sorted;
  const more = rest
    .slice(0, 1)
    .map((next) => ({ ...next, path: null, message: `${rest.length} more problems from this line on` }));
  return [...sorted.slice(0, MAX_PROBLEMS - 1), ...more];
}

/**
 * Skips the declarations of a text that cannot be parsed: one for each id that is found in it, or a single one without an id. The services
 * of a broken file must not be taken for services that are not declared.
 */
function skipUnparsed(file: string, text: string, reason: string): SkippedDeclaration[] {
  const skip = (line: number, service_id: string | null): SkippedDeclaration => {
    const position = { line, column: 1 };
    return { file, line, service_id, name: null, positions: { service_id: position, name: position }, reason };
  };
  // ASCII in UTF-16 is the same as in UTF-8, apart from the zero bytes.
  const lines = text.replaceAll('\0', '').split('\n');
  const skipped = new Map<string, SkippedDeclaration>();
  for (const [index, content] of lines.entries()) {
    if (/^\s*#/.test(content)) continue;
    for (const [match] of content.matchAll(SERVICE_ID)) {
      const id = match.slice(-36).toLowerCase();
      if (!skipped.has(id)) skipped.set(id, skip(index + 1, id));
    }
  }
  return skipped.size > 0 ? [...skipped.values()] : [skip(1, null)];
}

/** A `service_id` in YAML or JSON, with or without an anchor or a tag. The match ends with the id. */
const SERVICE_ID = /\bservice_id["']?\s*:\s*(?:[&!]\S{0,80}\s+)?["']?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
