import { isMap, visit } from 'yaml';
import type { Document, YAMLMap } from 'yaml';
import { sameJson } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Declaration, ParsedFile, Tombstone } from '../../load/declaration.ts';
import { parseFile } from '../../load/parse-file.ts';
import { ESCAPED_START, REFERENCE_START } from '../../load/values/reference.ts';
import { parseDocuments } from '../../load/yaml/read-yaml.ts';
import { keyOf } from '../../load/yaml/yaml-document.ts';
import { normalize } from '../../service/normalize.ts';
import { addFirstPair, editMapping, innerStyle } from './edit-mapping.ts';
import type { FieldEdit } from './edit-mapping.ts';
import { findSharedValue } from './find-shared-value.ts';
import type { SharedValue, Surroundings } from './find-shared-value.ts';
import type { Style } from './format-yaml.ts';
import { applyEdits, columnOf, lineBreakOf, lineOf } from './text-edit.ts';

/** A field to set, by its dotted path; null removes it. */
export type FieldChange = { readonly path: string; readonly value: Json };

/** The changes to make in the declaration that begins at a line of a file. */
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
  const before = parseFile(file, text, values);
  const map = documentAt(text, line)?.contents;
  if (!isMap(map) || !before.declarations.some((declaration) => declaration.line === line)) {
    return { fault: 'there is no valid declaration at this line', line };
  }
  for (const { path, value } of changes) {
    const shared = value === null ? null : findSharedValue(map, path.split('.'), surroundings);
    if (shared !== null) return { ...shared, fault: `${path}: ${shared.fault}` };
  }
  const style = styleOf(text, map);
  const fields = changes.map(({ path, value }) => ({
    path: path.split('.'),
    value: values === null ? value : escapeReferences(value),
  }));
  const hasId = map.items.some((pair) => keyOf(pair) === 'service_id');
  const isNewId = ({ path: [key] }: FieldEdit) => !hasId && key === 'service_id';
  const edits = editMapping(
    text,
    map,
    fields.filter((field) => !isNewId(field)),
    style,
  );
  if ('fault' in edits) {
    return { fault: `${[...edits.path, ''].join(': ')}${edits.fault}; edit the file`, line };
  }
  // An id is the first field of a declaration.
  const ids = fields.filter(isNewId).flatMap(({ value }) => addFirstPair(text, map, { service_id: value }, style));
  const edited = applyEdits(text, [...ids, ...edits]);
  const after = parseFile(file, edited, values);
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
function hasOnlyChanged({ line, changes }: DeclarationEdit, before: ParsedFile, after: ParsedFile): boolean {
  return sameJson(
    contentOf(before, (declaration) => (declaration.line === line ? changes : [])),
    contentOf(after, () => []),
  );
}

/** Returns the fields of each declaration by path, after some changes. */
function contentOf(
  { declarations, tombstones }: ParsedFile,
  changesOf: (declaration: Declaration | Tombstone) => readonly FieldChange[],
): Json {
  return [...declarations, ...tombstones].map((declaration): JsonObject => {
    const { service_id, value, instructions } = declaration;
    const fields = new Map<string, Json>([
      ...normalize(value).known,
      ['service_id', service_id],
      ['reconcile', JSON.stringify(instructions)],
      ...changesOf(declaration).map((change) => [change.path, change.value] as const),
    ]);
    return Object.fromEntries([...fields].filter(([, each]) => each !== null));
  });
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
