import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, Pair, ParsedNode, YAMLMap, YAMLParseError, YAMLWarning } from 'yaml';
import type { Json } from './json.ts';
import { findExcess } from './yaml-bounds.ts';
import type { Excess } from './yaml-bounds.ts';

/*
 * YAML 1.2 read with positions, in bounded time and memory.
 */

/** A fault of the text itself. `offset` counts UTF-16 units from the start. */
export type Fault = { readonly offset: number; readonly path: string | null; readonly message: string };
export type Path = readonly PropertyKey[];

/** One document of a file: a plain value, and where each part of it stands. */
export type YamlDocument = {
  readonly value: Json;
  /** Where the first content of the document stands. */
  readonly offset: number;
  /** Where the key (or list item) at this path stands; the nearest enclosing thing where the path does not exist. */
  readonly offsetOfKey: (path: Path) => number;
  /** Where the value at this path stands, and how the file spells it where it is a scalar. */
  readonly offsetOfValue: (path: Path) => number;
  readonly spelling: (path: Path) => string | undefined;
};

export type YamlText = {
  readonly documents: readonly YamlDocument[];
  /** Not empty: the file does not parse, and nothing of it may be used. Sorted by offset. */
  readonly faults: readonly Fault[];
  /** Line and column, from 1, of an offset. */
  readonly position: (offset: number) => { readonly line: number; readonly column: number };
};

/** Reads every document of a text. Never throws: what is wrong comes back as `faults`. Empty documents are left out. */
export function readYaml(text: string): YamlText {
  const position = positionsIn(text);
  const refused = findConflict(text) ?? findExcess(text);
  if (refused !== null) return { documents: [], faults: [{ ...refused, path: null }], position };

  const parsed = parseAllDocuments(text, {
    version: '1.2',
    merge: false,
    // Values are those of JSON: no dates, sets or bytes.
    resolveKnownTags: false,
    // Keys are text: no lists, mappings or aliases.
    stringKeys: true,
    // The library compares every key with every other: minutes for a large mapping. `doubledKeys` does not.
    uniqueKeys: false,
    prettyErrors: false,
  });
  // Without any document the library gives an empty list that carries the errors of the stream.
  const streams = 'empty' in parsed ? [parsed] : parsed;
  const stumbles = streams.flatMap(({ errors, warnings }) => [...errors, ...warnings]).sort(byMeaning);
  // One slip makes the parser stumble several times: one in a line says enough.
  const oneOfLine = new Map(stumbles.toReversed().map((error) => [position(error.pos[0]).line, error]));
  const syntax = [...oneOfLine.values()].map(toFault);
  const faults = [...syntax, ...parsed.flatMap(contentFaults)].sort((a, b) => a.offset - b.offset);
  return { documents: faults.length > 0 ? [] : parsed.flatMap((each) => toYamlDocument(each) ?? []), faults, position };
}

function positionsIn(text: string): YamlText['position'] {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return (offset) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
}

/** What git leaves in a file that was merged and not looked at. */
function findConflict(text: string): Excess | null {
  const conflict = /^<{7} /m.exec(text);
  if (conflict === null) return null;
  const message = 'found a merge conflict; resolve it and remove its <<<<<<<, ======= and >>>>>>>';
  return { offset: conflict.index, message };
}

/** In words about the file, where the parser's are about its grammar. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^Implicit .*keys.*/, 'expected "key: value", found no colon with a space behind it'],
  [/^A block sequence may not .*/, 'this line is not indented like those it belongs to'],
  [/^Unexpected block-seq-ind on same line .*/, 'expected the list to begin on a line of its own'],
  [/^All (mapping|sequence) items must .*/, 'this line is not indented like those it belongs to'],
  [
    /^Nested mappings are .*/,
    'found a second "key: value" in a value; put a text with a colon in quotes, or indent the next line less',
  ],
  [/^Tabs are not allowed.*/, 'found a tab in the indentation; use spaces'],
  [/^Flow .* end with a (.)$/, 'expected a closing $1 before this'],
  [/^(Block collections are not allowed within|Missing ,) .*/, 'expected a comma or a closing bracket before this'],
  [/^Missing closing (.)quote$/, 'expected a closing $1, found the end of the file'],
  [/^Plain value cannot start with .*(.)$/, 'a text cannot begin with $1; put it in quotes'],
  [
    /^Invalid escape sequence (.*)/,
    '$1 means nothing in double quotes; use single quotes, or write \\\\ for a backslash',
  ],
  [/^Unexpected .* at node end$/, 'found more behind the end of a value; put all of it in quotes'],
  [/^Missing directives-end.*/, 'expected a line of --- behind the directive'],
  [/tag:yaml\.org,2002:/, '!!'],
  [/^Unresolved tag: (.*)/, 'the tag $1 means nothing here; remove it, or put the value in quotes'],
  [/^With stringKeys.*/, 'expected text as a key, found something else; put a value that begins with { or [ in quotes'],
];

type Stumble = YAMLParseError | YAMLWarning;

/** That a key has several lines says least about a slip: mostly it is something else that is not closed. */
function byMeaning(a: Stumble, b: Stumble): number {
  return Number(a.code === 'MULTILINE_IMPLICIT_KEY') - Number(b.code === 'MULTILINE_IMPLICIT_KEY');
}

function toFault(error: Stumble): Fault {
  const message = WORDS.reduce((words, [pattern, better]) => words.replace(pattern, better), error.message);
  return { offset: error.pos[0], path: null, message: `not valid YAML: ${message}` };
}

/** What the parser lets pass in a document: a doubled key, an alias of nothing, of itself, or of what can explode. */
function contentFaults({ contents }: Document.Parsed): Fault[] {
  const faults: Fault[] = [];
  const anchors = new Map<string, ParsedNode>();
  const holdsAlias = new Set<ParsedNode>();
  const look = (node: ParsedNode | null, above: readonly ParsedNode[]): void => {
    if (node === null) return;
    if (isAlias(node)) {
      const message = aliasFault(node.source, anchors.get(node.source), { above, holdsAlias });
      if (message !== null) faults.push({ offset: node.range[0], path: null, message });
      for (const holder of above) holdsAlias.add(holder);
      return;
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    for (const fault of isMap(node) ? doubledKeys(node) : []) faults.push(fault);
    const within = isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : isSeq(node) ? node.items : [];
    for (const each of within) look(each, [...above, node]);
  };
  look(contents, []);
  return faults;
}

type Above = { readonly above: readonly ParsedNode[]; readonly holdsAlias: ReadonlySet<ParsedNode> };

function aliasFault(name: string, target: ParsedNode | undefined, { above, holdsAlias }: Above): string | null {
  if (target === undefined) {
    return `expected an alias of something above it, found *${name}; put it in quotes if it is text`;
  }
  if (above.includes(target)) return `expected an alias of something above it, found *${name}, which holds it`;
  if (holdsAlias.has(target)) return `expected an alias of plain values, found *${name}, which holds aliases`;
  return null;
}

function doubledKeys(map: YAMLMap.Parsed): Fault[] {
  const seen = new Set<string | null>();
  return map.items.flatMap((pair): Fault[] => {
    const path = keyOf(pair);
    if (path !== null && seen.has(path)) {
      return [{ offset: pair.key.range[0], path, message: `the key "${path}" stands here a second time; keep one` }];
    }
    seen.add(path);
    return [];
  });
}

function toYamlDocument(document: Document.Parsed): YamlDocument | null {
  const root = document.contents;
  if (root === null || isEmpty(root)) return null;
  const pairs = new Map<YAMLMap.Parsed, ReadonlyMap<string | null, ParsedPair>>();
  const pairOf = (map: YAMLMap.Parsed, key: string) => {
    const ofMap = pairs.get(map) ?? new Map(map.items.map((pair) => [keyOf(pair), pair]));
    pairs.set(map, ofMap);
    return ofMap.get(key);
  };

  type Place = { readonly key: number; readonly value: ParsedNode | null };
  const stepInto = (node: ParsedNode | null, step: PropertyKey): Place | undefined => {
    const pair = isMap(node) ? pairOf(node, String(step)) : undefined;
    const item = isSeq(node) ? node.items[Number(step)] : undefined;
    return pair === undefined
      ? item && { key: item.range[0], value: item }
      : { key: pair.key.range[0], value: pair.value };
  };
  const walk = (path: Path): Place => {
    let place: Place = { key: root.range[0], value: root };
    for (const step of path) {
      const next = stepInto(place.value, step);
      if (next === undefined) break;
      place = next;
    }
    return place;
  };
  return {
    // What JSON has, and besides only `.nan` and `.inf`, which are numbers that no field accepts.
    value: document.toJS({ maxAliasCount: -1 }),
    offset: root.range[0],
    offsetOfKey: (path) => walk(path).key,
    offsetOfValue: (path) => {
      const { key, value } = walk(path);
      // A key without a value has a node of no width behind the colon: the key is the better place to point at.
      return value === null || isEmpty(value) ? key : value.range[0];
    },
    spelling: (path) => {
      const { value } = walk(path);
      return isScalar(value) ? value.source : undefined;
    },
  };
}

type ParsedPair = Pair<ParsedNode, ParsedNode | null>;

/** Null for what is no text, and so a fault already. */
function keyOf({ key }: ParsedPair): string | null {
  return isScalar(key) ? String(key.value) : null;
}

/** Nothing at all: neither a value nor a spelt-out null. */
function isEmpty(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null && node.source === '';
}
