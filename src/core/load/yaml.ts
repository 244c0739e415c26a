import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, Pair, ParsedNode, YAMLMap } from 'yaml';
import type { Json } from '../base/json.ts';
import { joinsServices, slipsOf } from './yaml-errors.ts';
import { findExcess } from './yaml-limits.ts';
import type { Excess } from './yaml-limits.ts';

/*
 * YAML 1.2 read with positions, in bounded time and memory.
 */

/** A fault of the text itself. `offset` counts UTF-16 units from the start. */
export type Fault = { readonly offset: number; readonly path: string | null; readonly message: string };
export type Path = readonly PropertyKey[];

/** `host.resolver_network.resolver_ips[1]` */
export function pathText(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

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
  const slips = slipsOf(
    streams.flatMap(({ errors, warnings }) => [...errors, ...warnings]),
    text,
  ).map((slip) => ({ ...slip, path: null }));
  const ofContent = parsed.flatMap((document) => contentFaults(document, (offset) => position(offset).line));
  const joined = slips.find(joinsServices)?.offset ?? Infinity;
  const faults = [...slips, ...ofContent.filter(({ offset }) => offset < joined)].sort((a, b) => a.offset - b.offset);
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
  const conflict = /^(?:<{7}|>{7}) /m.exec(text);
  if (conflict === null) return null;
  const message = 'found a merge conflict; resolve it and remove its <<<<<<<, ======= and >>>>>>>';
  return { offset: conflict.index, message };
}

/** What the parser lets pass in a document: a doubled key, an alias of nothing, of itself, or of what can explode. */
function contentFaults({ contents }: Document.Parsed, lineOf: (offset: number) => number): Fault[] {
  const faults: Fault[] = [];
  const anchors = new Map<string, ParsedNode>();
  const holdsAlias = new Set<ParsedNode>();
  const look = (node: ParsedNode | null, path: Path, above: readonly ParsedNode[]): void => {
    if (node === null) return;
    if (isAlias(node)) {
      const message = aliasFault(node.source, anchors.get(node.source), { above, holdsAlias });
      const where = pathText(path);
      // Where a key is broken, too, it would be a sentence.
      const told = where === '' || /\s/.test(where) ? null : where;
      if (message !== null) faults.push({ offset: node.range[0], path: told, message });
      for (const holder of above) holdsAlias.add(holder);
      return;
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    const within = [...above, node];
    if (isMap(node)) {
      for (const fault of doubledKeys(node, path, lineOf)) faults.push(fault);
      for (const pair of node.items) {
        look(pair.key, path, within);
        look(pair.value, [...path, String(keyOf(pair))], within);
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) look(item, [...path, index], within);
    }
  };
  look(contents, [], []);
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

function doubledKeys(map: YAMLMap.Parsed, parent: Path, lineOf: (offset: number) => number): Fault[] {
  const seen = new Map<string, number>();
  const faults: Fault[] = [];
  for (const pair of map.items) {
    const key = keyOf(pair);
    if (key === null) continue;
    const [offset] = pair.key.range;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, offset);
      continue;
    }
    const path = pathText([...parent, key]);
    if (key === 'service_id') {
      // Whatever follows is doubled for the same reason.
      const message = `a second service begins here, the first one at line ${lineOf(first)}; put a line of --- before it`;
      return [...faults, { offset, path, message }];
    }
    faults.push({
      offset,
      path,
      message: `the key "${key}" stands here a second time, first at line ${lineOf(first)}; keep one`,
    });
  }
  return faults;
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
