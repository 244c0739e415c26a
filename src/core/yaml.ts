import {
  CST,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseAllDocuments,
  visit,
} from 'yaml';
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import { isObject } from './json.ts';
import type { Json } from './json.ts';

/*
 * YAML 1.2 read with positions, in bounded time and memory. The parser is quadratic or worse on some inputs (a megabyte
 * of `?` keeps it busy for minutes), so the tokens are counted before it sees the text.
 */

/** Far above a file that declares the 1,000 services an account may have; far below what keeps the parser busy. */
const LIMITS = { tokens: 150_000, depth: 40, indicatorsInARow: 40, scalarLength: 10_000, properties: 1_000 };

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
  readonly spelling: (path: Path) => string | null;
};

export type YamlText = {
  readonly documents: readonly YamlDocument[];
  /** Not empty: the file does not parse, and nothing of it may be used. */
  readonly faults: readonly Fault[];
  /** Line and column, from 1, of an offset. */
  readonly position: (offset: number) => { readonly line: number; readonly column: number };
};

/** Reads every document of a text. Never throws: what is wrong comes back as `faults`. Empty documents are left out. */
export function readYaml(text: string): YamlText {
  const lineCounter = new LineCounter();
  const position = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const tooMuch = findExcess(text, (offset) => lineCounter.addNewLine(offset));
  if (tooMuch !== null) return { documents: [], faults: [tooMuch], position };

  const parsed = parseAllDocuments(text, { version: '1.2', merge: false, uniqueKeys: false, prettyErrors: false });
  // Without any document the library gives an empty list that carries the errors of the stream.
  const faults = 'empty' in parsed ? parsed.errors.map(toFault) : parsed.flatMap(documentFaults);
  if (faults.length > 0) return { documents: [], faults, position };
  return { documents: parsed.flatMap((document) => toYamlDocument(document) ?? []), faults: [], position };
}

/** What a token does to the counts below; every other token is just a token. */
const ROLES: { readonly [type: string]: 'open' | 'close' | 'indicator' | 'property' | 'scalar' } = {
  'flow-map-start': 'open',
  'flow-seq-start': 'open',
  'flow-map-end': 'close',
  'flow-seq-end': 'close',
  'seq-item-ind': 'indicator',
  'explicit-key-ind': 'indicator',
  'map-value-ind': 'indicator',
  anchor: 'property',
  tag: 'property',
  alias: 'property',
  'directive-line': 'property',
  scalar: 'scalar',
  'single-quoted-scalar': 'scalar',
  'double-quoted-scalar': 'scalar',
};

/** Counts tokens without building anything, and tells the first thing of which there is too much. */
function findExcess(text: string, newLine: (offset: number) => void): Fault | null {
  let offset = 0;
  const count = { tokens: 0, depth: 0, indicatorsInARow: 0, properties: 0 };
  const fault = (message: string): Fault => ({ offset, path: null, message });
  let textFollows = false;
  newLine(0);
  for (const token of new Lexer().lex(text)) {
    if (token === CST.DOCUMENT || token === CST.FLOW_END || token === CST.SCALAR) {
      // Marks that the lexer puts between the pieces of the text; they are not part of it.
      textFollows = token === CST.SCALAR;
      continue;
    }
    const role = textFollows ? 'scalar' : ROLES[CST.tokenType(token) ?? ''];
    textFollows = false;
    count.tokens += 1;
    if (role === 'open') count.depth += 1;
    if (role === 'close') count.depth -= 1;
    if (role === 'property') count.properties += 1;
    if (role === 'indicator') count.indicatorsInARow += 1;
    if (role === 'scalar') count.indicatorsInARow = 0;

    if (token.length > LIMITS.scalarLength) {
      return fault(
        `expected lines and values of at most ${LIMITS.scalarLength} characters, found one of ${token.length}`,
      );
    }
    if (count.depth > LIMITS.depth || count.indicatorsInARow > LIMITS.indicatorsInARow) {
      return fault(`expected a mapping of a few levels, found a nesting deeper than ${LIMITS.depth}`);
    }
    if (count.properties > LIMITS.properties) {
      return fault(`expected at most ${LIMITS.properties} anchors, aliases, tags and directives, found more`);
    }
    if (count.tokens > LIMITS.tokens) {
      return fault(`expected at most ${LIMITS.tokens} YAML tokens (about 1,500 services), found more; split the file`);
    }
    for (let at = token.indexOf('\n'); at >= 0; at = token.indexOf('\n', at + 1)) newLine(offset + at + 1);
    offset += token.length;
  }
  return null;
}

/** What makes a document unusable: errors, warnings (a tag nobody knows, say), a doubled key, an alias that can explode. */
function documentFaults(document: Document.Parsed): Fault[] {
  const faults = [...document.errors, ...document.warnings].map(toFault);
  const { explicit, version } = document.directives.yaml;
  if (explicit === true && version !== '1.2') {
    faults.push({
      offset: 0,
      path: null,
      message: `expected YAML 1.2, found the directive %YAML ${version}; remove it`,
    });
  }
  visit(document, {
    Map: (_, map) => void faults.push(...doubledKeys(map)),
    Alias: (_, alias, ancestors) => {
      const target = alias.resolve(document);
      const offset = alias.range?.[0] ?? 0;
      if (target === undefined || ancestors.includes(target)) {
        faults.push({ offset, path: null, message: `expected an alias of something above it, found *${alias.source}` });
      } else if (isCollection(target) && containsAlias(target)) {
        faults.push({
          offset,
          path: null,
          message: `found *${alias.source}, an alias of something that holds aliases; write it out`,
        });
      }
    },
  });
  return faults;
}

function containsAlias(node: Node): boolean {
  let found = false;
  visit(node, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

/** The library's own check compares every key with every other: minutes for a large mapping. */
function doubledKeys(map: YAMLMap): Fault[] {
  const seen = new Set<string>();
  return map.items.flatMap((pair) => {
    const key = keyText(pair);
    if (key === null || !seen.has(key)) {
      if (key !== null) seen.add(key);
      return [];
    }
    return [
      { offset: offsetOf(pair.key) ?? 0, path: key, message: `the key "${key}" stands here a second time; keep one` },
    ];
  });
}

function toFault(error: {
  readonly pos: readonly [number, number];
  readonly code: string;
  readonly message: string;
}): Fault {
  return { offset: error.pos[0], path: null, message: `not valid YAML: ${error.message}` };
}

function toYamlDocument(document: Document.Parsed): YamlDocument | null {
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null && (root.source ?? '') === '')) return null;
  const start = offsetOf(root) ?? 0;

  const walk = (path: Path): { readonly key: number; readonly value: Node | null } => {
    let [key, node]: [number, Node | null] = [start, root];
    for (const step of path) {
      const pair: Pair | undefined = isMap(node)
        ? node.items.find((each) => keyText(each) === String(step))
        : undefined;
      const item: unknown = isSeq(node) ? node.items[Number(step)] : undefined;
      if (pair !== undefined) {
        key = offsetOf(pair.key) ?? key;
        node = isNode(pair.value) ? pair.value : null;
      } else if (isNode(item)) {
        key = offsetOf(item) ?? key;
        node = item;
      } else break;
    }
    return { key, value: node };
  };
  const offsetOfKey = (path: Path) => walk(path).key;
  return {
    value: plain(document.toJS({ maxAliasCount: -1 })),
    offset: start,
    offsetOfKey,
    offsetOfValue: (path) => {
      const { key, value } = walk(path);
      // A key without a value has a node of no width behind the colon: the key is the better place to point at.
      return value === null || (isScalar(value) && value.source === '') ? key : (offsetOf(value) ?? key);
    },
    spelling: (path) => {
      const { value } = walk(path);
      return isScalar(value) && typeof value.source === 'string' ? value.source : null;
    },
  };
}

/** `toJS` gives plain values only, but for what JSON cannot hold (`.nan`, `.inf`): those become text, which no field accepts. */
function plain(value: unknown): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function keyText(pair: Pair): string | null {
  const { key } = pair;
  if (isScalar(key)) return String(key.value);
  return isAlias(key) || isPair(key) || isCollection(key) ? null : String(key);
}

function offsetOf(node: unknown): number | null {
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}
