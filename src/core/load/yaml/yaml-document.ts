import { isMap, isScalar, isSeq } from 'yaml';
import type { Document, Pair, ParsedNode, YAMLMap } from 'yaml';
import type { Json } from '../../base/json.ts';
import type { FieldPath } from '../field-path.ts';

/** One document of a text: a plain value, and the places of its parts as offsets in UTF-16 code units. */
export type YamlDocument = {
  readonly value: Json;
  /** Where the content of the document begins. */
  readonly offset: number;
  /** Returns the place of the key or list item at a path, or of the nearest parent that exists. */
  readonly offsetOfKey: (path: FieldPath) => number;
  /** Returns the place of the value at a path, or of its key if it has no value. */
  readonly offsetOfValue: (path: FieldPath) => number;
  /** Returns the scalar at a path as it is written in the text, without quotes; undefined for anything else. */
  readonly sourceOf: (path: FieldPath) => string | undefined;
};

/** Returns a parsed document in the form that the program uses, or null for an empty one. */
export function toYamlDocument(document: Document.Parsed): YamlDocument | null {
  const root = document.contents;
  if (root === null || isEmpty(root)) return null;
  const find = finderIn(root);
  return {
    // Like JSON, except for `.nan` and `.inf`, which are numbers that no field accepts.
    value: document.toJS({ maxAliasCount: -1 }),
    offset: root.range[0],
    offsetOfKey: (path) => find(path).keyOffset,
    offsetOfValue: (path) => {
      const { keyOffset, value } = find(path);
      // A key without a value has an empty node after the colon; the key is the better place to point at.
      return value === null || isEmpty(value) ? keyOffset : value.range[0];
    },
    sourceOf: (path) => {
      const { value } = find(path);
      return isScalar(value) ? value.source : undefined;
    },
  };
}

type Entry = { readonly keyOffset: number; readonly value: ParsedNode | null };

/** Returns a function that finds the entry at a path, or the nearest parent that exists. */
function finderIn(root: ParsedNode): (path: FieldPath) => Entry {
  const pairsOf = new Map<YAMLMap.Parsed, ReadonlyMap<string | null, ParsedPair>>();
  const pairIn = (map: YAMLMap.Parsed, key: string) => {
    const pairs = pairsOf.get(map) ?? new Map(map.items.map((pair) => [keyOf(pair), pair]));
    pairsOf.set(map, pairs);
    return pairs.get(key);
  };
  const entryIn = (node: ParsedNode | null, step: PropertyKey): Entry | undefined => {
    const pair = isMap(node) ? pairIn(node, String(step)) : undefined;
    if (pair !== undefined) return { keyOffset: pair.key.range[0], value: pair.value };
    const item = isSeq(node) ? node.items[Number(step)] : undefined;
    return item && { keyOffset: item.range[0], value: item };
  };
  return (path) => {
    let entry: Entry = { keyOffset: root.range[0], value: root };
    for (const step of path) {
      const next = entryIn(entry.value, step);
      if (next === undefined) break;
      entry = next;
    }
    return entry;
  };
}

export type ParsedPair = Pair<ParsedNode, ParsedNode | null>;

/** Returns the key of a pair; null for a list, a mapping or an alias, which the parser reports as an error. */
export function keyOf({ key }: ParsedPair): string | null {
  return isScalar(key) ? String(key.value) : null;
}

/** Whether a node is nothing at all: neither a value nor a written null. */
function isEmpty(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null && node.source === '';
}
