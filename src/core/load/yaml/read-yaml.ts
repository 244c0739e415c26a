import { LineCounter, parseAllDocuments } from 'yaml';
import type { Document } from 'yaml';
import { findContentProblems } from './content-problems.ts';
import { checkLimits } from './limits.ts';
import { explainSyntaxErrors } from './syntax-errors.ts';
import type { TextProblem, YamlProblem } from './text-problem.ts';
import { toYamlDocument } from './yaml-document.ts';
import type { YamlDocument } from './yaml-document.ts';

/*
 * Reads YAML 1.2 with positions, in bounded time and memory.
 */

/** A place in a text; both numbers count from 1, `column` in UTF-16 code units. */
export type Position = { readonly line: number; readonly column: number };

/** The content of a text. */
export type YamlText = {
  readonly documents: readonly YamlDocument[];
  /** Sorted by offset. If there are any, the text cannot be parsed and `documents` is empty. */
  readonly problems: readonly YamlProblem[];
  readonly positionOf: (offset: number) => Position;
};

/** Reads every document of a text, and leaves out empty documents. Never throws: mistakes in the text are returned as `problems`. */
export function readYaml(text: string): YamlText {
  const positionOf = positionsIn(text);
  const refusal = findMergeConflict(text) ?? checkLimits(text);
  if (refusal !== null) return { documents: [], problems: [{ ...refusal, path: null }], positionOf };

  const { documents: parsed, streams } = parseDocuments(text);
  const syntaxProblems = explainSyntaxErrors(
    streams.flatMap(({ errors, warnings }) => [...errors, ...warnings]),
    text,
  );
  const endOfService = syntaxProblems.find(({ joinsServices }) => joinsServices)?.offset ?? Infinity;
  const problems = [
    ...syntaxProblems.map(({ offset, message }) => ({ offset, path: null, message })),
    // After a broken separator, every key of the next service looks like a duplicate.
    ...parsed
      .flatMap((document) => findContentProblems(document, (offset) => positionOf(offset).line))
      .filter(({ offset }) => offset < endOfService),
  ].sort((a, b) => a.offset - b.offset);
  return {
    documents: problems.length > 0 ? [] : parsed.flatMap((document) => toYamlDocument(document) ?? []),
    problems,
    positionOf,
  };
}

/** The documents of a text, and what holds its errors and warnings. */
type ParsedText = {
  readonly documents: readonly Document.Parsed[];
  readonly streams: readonly Pick<Document.Parsed, 'errors' | 'warnings'>[];
};

/** Parses the documents of a text that is within the limits. */
export function parseDocuments(text: string): ParsedText {
  const parsed = parseAllDocuments(text, {
    version: '1.2',
    merge: false,
    // Values are those of JSON: no dates, sets or bytes.
    resolveKnownTags: false,
    // Keys are text: no lists, mappings or aliases.
    stringKeys: true,
    // The library compares every key with every other, which takes minutes for a large mapping. `findContentProblems` is faster.
    uniqueKeys: false,
    prettyErrors: false,
  });
  // For a text without documents, the library returns an empty list that carries the errors of the stream.
  return 'empty' in parsed ? { documents: [], streams: [parsed] } : { documents: parsed, streams: parsed };
}

/** Returns a function that converts an offset to a line and a column. */
function positionsIn(text: string): YamlText['positionOf'] {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return (offset) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
}

/** Finds the markers that git leaves in a file with conflicts. */
function findMergeConflict(text: string): TextProblem | null {
  const conflict = /^(?:<{7}|>{7}) /m.exec(text);
  if (conflict === null) return null;
  const message = 'found a merge conflict; resolve it and remove the markers <<<<<<<, ======= and >>>>>>>';
  return { offset: conflict.index, message };
}
