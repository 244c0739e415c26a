import { isMap, visit } from 'yaml';
import type { Document, YAMLMap } from 'yaml';
import { sameJson } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Declaration } from '../../load/declaration.ts';
import { parseFile } from '../../load/parse-file.ts';
import { ESCAPED_START, REFERENCE_START } from '../../load/values/reference.ts';
import { parseDocuments } from '../../load/yaml/read-yaml.ts';
import { normalize } from '../../service/normalize.ts';
import { editMapping, innerStyle } from './edit-mapping.ts';
import { findSharedValue } from './find-shared-value.ts';
import type { SharedValue, Surroundings } from './find-shared-value.ts';
import type { Style } from './format-yaml.ts';
import { applyEdits, columnOf, lineBreakOf, lineOf } from './text-edit.ts';

/** A field to set, by its dotted path; null removes it. */
export type FieldChange = { readonly path: string; readonly value: Json };

/** What to change in the declaration that begins at a line of a file. */
export type DeclarationEdit = {
  readonly line: number;
  readonly changes: readonly FieldChange[];
};

/** The file that an edit belongs to. */
export type EditedFile = Surroundings & { readonly file: string };

/** The new text of a file; or why and where it cannot be edited. */
export type Edited = { readonly text: string } | SharedValue;

/**
 * Changes values in one declaration of a file, and nothing else: comments, order, quotes, anchors and other documents stay. The result
 * is parsed and compared, so that a returned text declares exactly what was asked for.
 */
export function editDeclaration({ file, ...surroundings }: EditedFile, edit: DeclarationEdit): Edited {
  const { text, values } = surroundings;
  const { line, changes } = edit;
  const before = parseFile(file, text, values).declarations;
  const map = documentAt(text, line)?.contents;
  if (!isMap(map) || !before.some((declaration) => declaration.line === line)) {
    return { fault: 'there is no valid declaration at this line', line };
  }
  for (const { path, value } of changes) {
    const shared = value === null ? null : findSharedValue(map, path.split('.'), surroundings);
    if (shared !== null) return { ...shared, fault: `${path}: ${shared.fault}` };
  }
  const fields = changes.map(({ path, value }) => ({
    path: path.split('.'),
    value: values === null ? value : escapeReferences(value),
  }));
  const edits = editMapping(text, map, fields, styleOf(text, map));
  if ('fault' in edits) {
    return { fault: `${[...edits.path, ''].join(': ')}${edits.fault}; edit the file`, line };
  }
  const edited = applyEdits(text, edits);
  const after = parseFile(file, edited, values).declarations;
  return hasOnlyChanged(edit, before, after) ? { text: edited } : { fault: explainUnfaithful(map), line };
}

function documentAt(text: string, line: number): Document.Parsed | undefined {
  return parseDocuments(text).documents.find(
    ({ contents }) => contents !== null && lineOf(text, contents.range[0]) === line,
  );
}

/** Writes text that looks like a reference so that it stays text. */
function escapeReferences(value: Json): Json {
  if (Array.isArray(value)) return value.map(escapeReferences);
  return typeof value === 'string' ? value.replaceAll(REFERENCE_START, () => ESCAPED_START) : value;
}

function styleOf(text: string, map: YAMLMap.Parsed): Style {
  const step = stepOf(text, map);
  return innerStyle(text, map, { flow: false, json: false, indent: 0, step, lineBreak: lineBreakOf(text) });
}

/** Returns by how many columns the file indents a mapping in another one; 2 if it has none. */
function stepOf(text: string, map: YAMLMap.Parsed): number {
  for (const { key, value } of map.items) {
    const [first] = isMap(value) && value.flow !== true ? value.items : [];
    if (first !== undefined) return columnOf(text, first.key.range[0]) - columnOf(text, key.range[0]);
  }
  return 2;
}

/** Whether the changes have been made, and everything else in the file declares what it did. */
function hasOnlyChanged(
  { line, changes }: DeclarationEdit,
  before: readonly Declaration[],
  after: readonly Declaration[],
): boolean {
  const expected = before.map((declaration) => fieldsOf(declaration, declaration.line === line ? changes : []));
  return sameJson(
    expected,
    after.map((declaration) => fieldsOf(declaration, [])),
  );
}

/** Returns the fields of a declaration by path, after some changes. */
function fieldsOf({ service_id, value }: Declaration, changes: readonly FieldChange[]): JsonObject {
  const fields = [...normalize(value).known, ['service_id', service_id] as const];
  const changed = new Map<string, Json>([...fields, ...changes.map(({ path, value: to }) => [path, to] as const)]);
  return Object.fromEntries([...changed].filter(([, each]) => each !== null));
}

function explainUnfaithful(map: YAMLMap.Parsed): string {
  let hasAnchor = false;
  visit(map, {
    Node: (_, node) => {
      hasAnchor ||= 'anchor' in node && node.anchor !== undefined;
    },
  });
  return hasAnchor
    ? 'other values in the file would change with it, because of an anchor; edit the file'
    : 'the file is written in a way that cannot be edited without changing more; edit the file';
}
