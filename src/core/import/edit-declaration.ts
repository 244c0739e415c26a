import { isAlias, isMap, isNode, isScalar, isSeq, visit } from 'yaml';
import type { Document, ParsedNode, YAMLMap } from 'yaml';
import { sameJson } from '../base/json.ts';
import type { Json } from '../base/json.ts';
import { changesBetween } from '../compare/compare.ts';
import type { Declaration } from '../load/declaration.ts';
import { parseFile } from '../load/parse-file.ts';
import { REFERENCE_START } from '../load/values/reference.ts';
import type { Values } from '../load/values/values.ts';
import { parseDocuments } from '../load/yaml/read-yaml.ts';
import { keyOf } from '../load/yaml/yaml-document.ts';
import { normalize } from '../service/normalize.ts';
import { editMapping, innerStyle } from './edit-mapping.ts';
import type { FieldEdit } from './edit-mapping.ts';
import { editFlowItems } from './flow-items.ts';
import { formatPair } from './format-value.ts';
import type { Style } from './format-value.ts';
import { applyEdits, columnOf, insert, lineBreakOf } from './text-edit.ts';
import type { EditFault, TextEdit } from './text-edit.ts';

/** What to change in the declaration that begins at a line of a file. */
export type DeclarationEdit = {
  readonly line: number;
  /** Dotted paths; null removes a field. */
  readonly changes: readonly { readonly path: string; readonly value: Json }[];
  /** The `service_id` to declare, if it is another one or is missing. */
  readonly serviceId?: string | undefined;
};

/** The file that an edit belongs to, and the values that it refers to. */
export type EditedFile = { readonly file: string; readonly text: string; readonly values: Values | null };

/**
 * Changes values in one declaration of a file, and nothing else: comments, order, quotes, anchors and other documents stay. The result
 * is parsed and compared, so that a returned text declares exactly what was asked for. Otherwise returns why the file cannot be edited.
 */
export function editDeclaration(
  { file, text, values }: EditedFile,
  { line, changes, serviceId }: DeclarationEdit,
): { readonly text: string } | EditFault {
  const map = documentAt(text, line)?.contents;
  if (!isMap(map)) return { fault: 'the declaration is no longer there' };
  const fields = changes.map(({ path, value }): FieldEdit => ({ path: path.split('.'), value }));
  for (const { path } of fields) {
    const reference = findReference(map, path, values);
    if (reference !== null) return { fault: `${path.join('.')}: ${reference}` };
  }
  const style = styleOf(text, map);
  const edits = editMapping(text, map, fields, style);
  if ('fault' in edits) return { fault: `${edits.fault}; edit the file` };
  const idEdit = serviceId === undefined ? [] : editServiceId(text, map, serviceId);
  if ('fault' in idEdit) return idEdit;
  const edited = applyEdits(text, [...idEdit, ...edits]);
  const before = parseFile(file, text, values).declarations;
  const after = parseFile(file, edited, values).declarations;
  return hasOnlyChanged({ line, changes, serviceId }, before, after)
    ? { text: edited }
    : { fault: explainUnfaithful(map) };
}

function documentAt(text: string, line: number): Document.Parsed | undefined {
  return parseDocuments(text).documents.find(
    ({ contents }) => contents !== null && lineOf(text, contents.range[0]) === line,
  );
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Returns why the value at a path cannot be edited if it is, or is in, a reference to a value; otherwise null. */
function findReference(node: ParsedNode | null, path: readonly string[], values: Values | null): string | null {
  if (values === null || node === null) return null;
  if (isScalar(node) && typeof node.value === 'string' && node.value.includes(REFERENCE_START)) {
    return `it is written as ${JSON.stringify(node.value)}; change the value itself`;
  }
  if (isSeq(node)) return firstOf(node.items.map((item) => findReference(item, [], values)));
  const [key, ...rest] = path;
  const pair = isMap(node) ? node.items.find((each) => keyOf(each) === key) : undefined;
  return pair === undefined ? null : findReference(pair.value, rest, values);
}

function firstOf(faults: readonly (string | null)[]): string | null {
  return faults.find((fault) => fault !== null) ?? null;
}

function styleOf(text: string, map: YAMLMap.Parsed): Style {
  return {
    ...innerStyle(text, map, { flow: false, json: false, indent: 0, step: 2, lineBreak: lineBreakOf(text) }),
    step: stepOf(text, map),
  };
}

/** Returns by how many columns the file indents a mapping in another one; 2 if it has none. */
function stepOf(text: string, map: YAMLMap.Parsed): number {
  for (const { key, value } of map.items) {
    const [first] = isMap(value) && value.flow !== true ? value.items : [];
    if (first !== undefined) return columnOf(text, first.key.range[0]) - columnOf(text, key.range[0]);
  }
  return 2;
}

/** Sets the `service_id` of a declaration, or adds it as the first key. */
function editServiceId(text: string, map: YAMLMap.Parsed, id: string): readonly TextEdit[] | EditFault {
  const style = styleOf(text, map);
  const hasId = map.items.some((pair) => keyOf(pair) === 'service_id');
  if (hasId) return editMapping(text, map, [{ path: ['service_id'], value: id }], style);
  const [first] = map.items;
  if (first === undefined) return { fault: 'the declaration is empty' };
  const pair = formatPair('service_id', id, style);
  const [start] = first.key.range;
  if (map.flow === true) {
    const items = map.items.map((each) => ({ start: each.key.range[0], end: each.key.range[1], kept: true }));
    return editFlowItems(text, items, [{ after: -1, text: pair }]);
  }
  return [insert(start, pair + style.lineBreak + ' '.repeat(style.indent))];
}

/** Whether the change has been made, and everything else in the file declares what it did. */
function hasOnlyChanged(
  { line, changes, serviceId }: DeclarationEdit,
  before: readonly Declaration[],
  after: readonly Declaration[],
): boolean {
  return (
    before.length === after.length &&
    before.every((declaration, index) => {
      const other = after[index];
      if (other === undefined) return false;
      const isEdited = declaration.line === line;
      const id = isEdited && serviceId !== undefined ? serviceId : declaration.service_id;
      if (other.service_id !== id) return false;
      if (!isEdited) return sameJson(declaration.value, other.value);
      const expected = new Map(normalize(declaration.value).known);
      for (const { path, value } of changes) {
        if (value === null) expected.delete(path);
        else expected.set(path, value);
      }
      return changesBetween(normalize(other.value).known, expected).length === 0;
    })
  );
}

function explainUnfaithful(map: YAMLMap.Parsed): string {
  let hasAnchor = false;
  visit(map, {
    Node: (_, node) => {
      hasAnchor ||= isAlias(node) || (isNode(node) && 'anchor' in node && node.anchor !== undefined);
    },
  });
  return hasAnchor
    ? 'other values in the file would change with it, because of an anchor; edit the file'
    : 'the file is written in a way that cannot be edited without changing more; edit the file';
}
