import { isMap, isScalar, isSeq, Scalar } from 'yaml';
import type { ParsedNode, YAMLMap } from 'yaml';
import { isObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { keyOf } from '../../load/yaml/yaml-document.ts';
import type { ParsedPair } from '../../load/yaml/yaml-document.ts';
import { editList } from './edit-list.ts';
import { editFlowItems } from './edit-flow-items.ts';
import type { FlowItem } from './edit-flow-items.ts';
import { formatBlock, formatPair, formatValue } from './format-yaml.ts';
import type { Style } from './format-yaml.ts';
import { columnOf, endsLine, insert, lineEnd, lineStart, remove, startOfNextLine } from './text-edit.ts';
import type { EditFault, TextEdit } from './text-edit.ts';

/** A field to set, or to remove where the value is null. `path` begins at the mapping that is edited. */
export type FieldEdit = { readonly path: readonly string[]; readonly value: Json };

type Edits = readonly TextEdit[] | EditFault;

/** Returns the edits of the text that set and remove fields of a mapping. */
export function editMapping(text: string, map: YAMLMap.Parsed, fields: readonly FieldEdit[], style: Style): Edits {
  const byKey = Map.groupBy(fields, ({ path: [key = ''] }) => key);
  const pairs = new Map(map.items.map((pair) => [keyOf(pair), pair]));
  const edits: TextEdit[] = [];
  const removed = new Set<ParsedPair>();
  const added: JsonObject[] = [];
  for (const [key, group] of byKey) {
    const rest = group.map(({ path, value }) => ({ path: path.slice(1), value }));
    const pair = pairs.get(key);
    const value = toValue(rest);
    if (pair === undefined) {
      if (value !== null) added.push({ [key]: value });
    } else if (value === null && becomesEmpty(pair.value, rest)) removed.add(pair);
    else {
      const inPair = editValue(text, pair, rest, style);
      if ('fault' in inPair) return { ...inPair, path: [key, ...inPair.path] };
      edits.push(...inPair);
    }
  }
  const around = { text, map, removed, added, style };
  const others = map.flow === true ? editFlowPairs(around) : editBlockPairs(around);
  return 'fault' in others ? others : [...edits, ...others];
}

/** Returns the edits that add a field before all others. */
export function addFirstPair(text: string, map: YAMLMap.Parsed, pair: JsonObject, style: Style): readonly TextEdit[] {
  const written = Object.entries(pair).map(([key, value]) => formatPair(key, value, style));
  if (map.flow === true)
    return editFlowItems(text, flowItems(map, new Set()), [{ after: -1, text: written.join(', ') }]);
  return written.map((line) => insert(map.range[0], line + style.lineBreak + ' '.repeat(style.indent)));
}

/** Returns the value that fields add up to where there was none; null if nothing is set. */
function toValue(fields: readonly FieldEdit[]): Json {
  const [first] = fields;
  if (first?.path.length === 0) return first.value;
  const entries = [...Map.groupBy(fields, ({ path: [key = ''] }) => key)].flatMap(([key, group]) => {
    const value = toValue(group.map(({ path, value: each }) => ({ path: path.slice(1), value: each })));
    return value === null ? [] : [[key, value] as const];
  });
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** Whether nothing is left of a value after fields that are all null are removed from it. */
function becomesEmpty(node: ParsedNode | null, fields: readonly FieldEdit[]): boolean {
  if (fields.some(({ path }) => path.length === 0) || !isMap(node)) return true;
  const keys = new Map(node.items.map((pair) => [keyOf(pair), pair]));
  return [...keys].every(([key, pair]) => {
    const inside = fields
      .filter(({ path }) => path[0] === key)
      .map(({ path, value }) => ({ path: path.slice(1), value }));
    return inside.length > 0 && becomesEmpty(pair.value, inside);
  });
}

/** Edits the value of a pair that stays. */
function editValue(text: string, { key, value: node }: ParsedPair, fields: readonly FieldEdit[], style: Style): Edits {
  const isInside = fields.some(({ path }) => path.length > 0);
  if (isInside && isMap(node)) return editMapping(text, node, fields, innerStyle(text, node, style));
  const value = toValue(fields);
  if (isSeq(node) && Array.isArray(value)) return editList(text, node, value, style);
  const written = formatValue(value, node, style);
  if (node === null) return [insert(key.range[1], `: ${written}`)];
  const afterColon = text.indexOf(':', key.range[1]) + 1;
  const [start, end] = node.range;
  const old = text.slice(start, end);
  if (isObject(value) && !style.flow) {
    const valueEnd = old === '' ? afterColon : end;
    return [remove(afterColon, valueEnd), insert(lineEnd(text, valueEnd), formatBlock(value, style))];
  }
  // A comment can be between the colon and the place of an empty value.
  if (old === '') return [insert(afterColon, ` ${written}`)];
  // The line break at the end of a block of text belongs to it.
  return [{ start, end, text: old.endsWith('\n') ? written + style.lineBreak : written }];
}

/** Returns how a mapping is written, `around` being the style of the mapping that holds it. */
export function innerStyle(text: string, map: YAMLMap.Parsed, around: Style): Style {
  const json = map.items.every(({ key }) => isScalar(key) && key.type === Scalar.QUOTE_DOUBLE);
  return { ...around, flow: map.flow === true, json, indent: columnOf(text, map.range[0]) };
}

type PairChange = {
  readonly text: string;
  readonly map: YAMLMap.Parsed;
  readonly removed: ReadonlySet<ParsedPair>;
  readonly added: readonly JsonObject[];
  readonly style: Style;
};

function editBlockPairs({ text, map, removed, added, style }: PairChange): Edits {
  const removals: TextEdit[] = [];
  for (const pair of removed) {
    const [start, end] = rangeOf(pair);
    const from = lineStart(text, start);
    if (text.slice(from, start).trim() !== '')
      return { path: [], fault: 'a key that is removed does not begin its line' };
    removals.push(remove(from, startOfNextLine(text, end)));
  }
  const last = map.items.at(-1);
  if (last === undefined || added.length === 0) return removals;
  const [, end] = rangeOf(last);
  const lines = added.flatMap((each) =>
    Object.entries(each).map(([key, value]) => ' '.repeat(style.indent) + formatPair(key, value, style)),
  );
  const block = lines.join(style.lineBreak);
  const at = startOfNextLine(text, end);
  return [...removals, endsLine(text, at) ? insert(at, block + style.lineBreak) : insert(at, style.lineBreak + block)];
}

function editFlowPairs({ text, map, removed, added, style }: PairChange): Edits {
  const inFlow = { ...style, flow: true };
  const texts = added.flatMap((each) => Object.entries(each).map(([key, value]) => formatPair(key, value, inFlow)));
  const items = flowItems(map, removed);
  if (items.some(({ kept }) => kept)) {
    const after = items.length - 1;
    return texts.length === 0
      ? editFlowItems(text, items, [])
      : editFlowItems(text, items, [{ after, text: texts.join(', ') }]);
  }
  const [start, end] = map.range;
  if (text.slice(start, end).includes('#')) return { path: [], fault: 'its comments would be lost' };
  return [{ start, end, text: `{ ${texts.join(', ')} }` }];
}

function flowItems(map: YAMLMap.Parsed, removed: ReadonlySet<ParsedPair>): readonly FlowItem[] {
  return map.items.map((pair) => {
    const [start, end] = rangeOf(pair);
    return { start, end, kept: !removed.has(pair) };
  });
}

/** Returns where a pair begins and ends, without a comment that follows it. */
function rangeOf({ key, value }: ParsedPair): readonly [start: number, end: number] {
  return [key.range[0], value === null ? key.range[1] : value.range[1]];
}
