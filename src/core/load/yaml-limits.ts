import { CST, Lexer } from 'yaml';

/*
 * The YAML parser is quadratic or worse on some inputs (a megabyte of `?` keeps it busy for minutes), so the tokens of a text are
 * counted before the parser sees it.
 */

/** Far above a file that declares the 1,000 services an account may have; far below what keeps the parser busy. */
const LIMITS = {
  tokens: 150_000,
  tokenLength: 10_000,
  properties: 4_000,
  brackets: 40,
  indicatorsInARow: 40,
  indentation: 200,
};

/** Why a text is not parsed at all, and where that shows. `offset` counts UTF-16 units from the start. */
export type Excess = { readonly offset: number; readonly message: string };

type Role = 'open' | 'close' | 'indicator' | 'property' | 'alias' | 'directive' | 'space' | 'scalar';

/** The tokens that count for something; every other is just a token. */
const ROLES: { readonly [type: string]: Role } = {
  'flow-map-start': 'open',
  'flow-seq-start': 'open',
  'flow-map-end': 'close',
  'flow-seq-end': 'close',
  'seq-item-ind': 'indicator',
  'explicit-key-ind': 'indicator',
  'map-value-ind': 'indicator',
  anchor: 'property',
  tag: 'property',
  alias: 'alias',
  'directive-line': 'directive',
  space: 'space',
  'single-quoted-scalar': 'scalar',
  'double-quoted-scalar': 'scalar',
};

/** The first thing for which a text is not parsed at all. */
export function findExcess(text: string): Excess | null {
  return isPlain(text) ? null : excessIn(text);
}

/** Shorter than any limit that counts characters or tokens. */
const SHORT = 4000;

/**
 * A list that is the whole value of a key, opened and closed in its line, with nothing in it that may begin or end something else:
 * either all of such a line counts or, in a block or a quoted text, nothing of it.
 */
const SIMPLE_LIST = /^[ -]*\w+: \[(?:[^[\]{}'"#:\n]|:(?=\S))*\][ \t\r]*$/gm;

/** Whether so few and such characters hold nothing of the kind, whatever their tokens are: nearly every file of declarations is so. */
function isPlain(text: string): boolean {
  if (text.length > SHORT || /[%{}]|[ \t]{200}/.test(text)) return false;
  if (/[[\]]/.test(text.replace(SIMPLE_LIST, ''))) return false;
  return (text.match(/[-?:](?=\s|$)/g) ?? []).length <= LIMITS.indicatorsInARow;
}

/** Goes through the tokens without building anything. */
export function excessIn(text: string): Excess | null {
  let offset = 0;
  let scalarFollows = false;
  const count = { tokens: 0, properties: 0, brackets: 0, indicatorsInARow: 0 };
  for (const token of new Lexer().lex(text)) {
    // Marks that the lexer puts between the pieces of the text; they are not part of it.
    if (!scalarFollows && (token === CST.DOCUMENT || token === CST.FLOW_END || token === CST.SCALAR)) {
      scalarFollows = token === CST.SCALAR;
      continue;
    }
    const role = scalarFollows ? 'scalar' : ROLES[String(CST.tokenType(token))];
    scalarFollows = false;
    count.tokens += 1;
    if (role === 'open') count.brackets += 1;
    if (role === 'close') count.brackets -= 1;
    if (role === 'property' || role === 'alias') count.properties += 1;
    if (role === 'indicator') count.indicatorsInARow += 1;
    if (role === 'scalar' || role === 'alias') count.indicatorsInARow = 0;

    const message = excessOf(count) ?? refusalOf(token, role);
    if (message !== null) return { offset, message };
    offset += token.length;
  }
  return null;
}

const NOTHING_OPENED = 'not valid YAML: found a closing bracket that nothing opened';

type Count = {
  readonly tokens: number;
  readonly properties: number;
  readonly brackets: number;
  readonly indicatorsInARow: number;
};

function excessOf({ tokens, properties, brackets, indicatorsInARow }: Count): string | null {
  // Each would be an error of its own.
  if (brackets < 0) return NOTHING_OPENED;
  if (brackets > LIMITS.brackets) return `expected a few levels, found more than ${LIMITS.brackets} open brackets`;
  if (indicatorsInARow > LIMITS.indicatorsInARow) {
    return `expected a few levels, found more than ${LIMITS.indicatorsInARow} of "-", "?" and ":" in a row`;
  }
  if (properties > LIMITS.properties) {
    return `expected at most ${LIMITS.properties} anchors, aliases and tags, found more; split the file`;
  }
  if (tokens > LIMITS.tokens) {
    return `expected at most ${LIMITS.tokens} YAML tokens (about 1,500 services), found more; split the file`;
  }
  return null;
}

function refusalOf(token: string, role: Role | undefined): string | null {
  if (token.length > LIMITS.tokenLength) {
    return `expected lines and values of at most ${LIMITS.tokenLength} characters, found one of ${token.length}`;
  }
  if (role === 'space' && token.length > LIMITS.indentation) {
    return `expected at most ${LIMITS.indentation} spaces in a row, found ${token.length}`;
  }
  if (role === 'directive' && !/^%YAML[ \t]+1\.2[ \t]*$/.test(token)) {
    return `expected YAML 1.2, found the directive ${JSON.stringify(token.trim())}; remove the line`;
  }
  return null;
}
