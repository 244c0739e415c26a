import { isObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { describeValue } from '../explain-issue.ts';
import { formatPath } from '../field-path.ts';
import type { FieldPath } from '../field-path.ts';
import { firstProblems } from '../problem.ts';
import type { Problem } from '../problem.ts';
import { readYaml } from '../yaml/read-yaml.ts';
import type { Position } from '../yaml/read-yaml.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';

/** A values file and its text, or why it cannot be read. */
export type ValuesFile = { readonly file: string } & ({ readonly text: string } | { readonly fault: string });

/** A scalar or a list of scalars, before its references are replaced. */
export type WrittenValue = Position & {
  readonly file: string;
  readonly value: Json;
  /** How the file writes a number or a boolean; null for anything else. */
  readonly source: string | null;
};

/** The content of one values file. `values` has the names with dots: `tunnels.berlin`. */
export type ValuesFileContent = {
  readonly values: ReadonlyMap<string, WrittenValue>;
  /** If there are any, the file cannot be used. */
  readonly problems: readonly Problem[];
};

/** Reads a values file: one mapping, with mappings, scalars and lists of scalars in it. An empty file defines nothing. */
export function readValuesFile(input: ValuesFile): ValuesFileContent {
  const { file } = input;
  if ('fault' in input) return unusable(file, input.fault);
  const { documents, problems, positionOf } = readYaml(input.text);
  if (problems.length > 0) {
    return {
      values: new Map(),
      problems: firstProblems(
        problems.map(({ offset, path, message }) => ({ file, ...positionOf(offset), path, message })),
      ),
    };
  }
  const [document, second] = documents;
  if (second !== undefined) return unusable(file, 'expected one document, found several', positionOf(second.offset));
  if (document === undefined) return { values: new Map(), problems: [] };
  if (!isObject(document.value)) {
    const message = `expected a mapping of values, found ${describeValue(document.value)}`;
    return unusable(file, message, positionOf(document.offset));
  }
  return flatten(file, document, document.value, positionOf);
}

function unusable(file: string, message: string, position: Position = { line: 1, column: 1 }): ValuesFileContent {
  return { values: new Map(), problems: [{ file, ...position, path: null, message }] };
}

/** The values that references can name. A dot separates the keys of nested mappings. */
const KEY = /^[A-Za-z0-9_-]+$/;

/** The keys of deeply nested mappings add up, and thousands of values can be in one mapping. */
const MAX_NAME_LENGTH = 200;

/** Far above any list of resolvers. Thousands of references can name one list, and its items are checked for each of them. */
const MAX_ITEMS = 50;

function flatten(
  file: string,
  document: YamlDocument,
  root: JsonObject,
  positionOf: (offset: number) => Position,
): ValuesFileContent {
  const values = new Map<string, WrittenValue>();
  const problems: Problem[] = [];
  const visit = (mapping: JsonObject, parent: FieldPath) => {
    for (const [key, value] of Object.entries(mapping)) {
      const path = [...parent, key];
      const position = positionOf(document.offsetOfKey(path));
      const name = path.join('.');
      const message = explainEntry(key, value) ?? explainLength(name);
      if (message !== null) problems.push({ file, ...position, path: formatPath(path), message });
      else if (isObject(value)) visit(value, path);
      else {
        const isWritten = typeof value === 'number' || typeof value === 'boolean';
        const source = isWritten ? (document.sourceOf(path) ?? null) : null;
        values.set(name, { file, ...position, value, source });
      }
    }
  };
  visit(root, []);
  return { values, problems: firstProblems(problems) };
}

/** Explains why a key or its value cannot be used; null if both can. */
function explainEntry(key: string, value: Json): string | null {
  if (!KEY.test(key)) {
    return `expected a name of letters, digits, "-" and "_", found ${describeValue(key)}`;
  }
  if (!Array.isArray(value)) return null;
  if (value.length > MAX_ITEMS) return `expected a list of at most ${MAX_ITEMS} items, found ${value.length}`;
  const wrong = value.find((item: Json) => typeof item === 'object' && item !== null);
  return wrong === undefined ? null : `expected a list of text and numbers, found ${describeValue(wrong)} in it`;
}

function explainLength(name: string): string | null {
  if (name.length <= MAX_NAME_LENGTH) return null;
  return `expected at most ${MAX_NAME_LENGTH} characters in a name and the names of its mappings, found ${name.length}`;
}
