import type { TextProblem } from './text-problem.ts';
import { tokensIn } from './tokens.ts';
import type { Token } from './tokens.ts';

/*
 * The YAML parser takes quadratic time or worse on some inputs (minutes for a megabyte of `?`), so the tokens of a text are counted
 * before it is parsed.
 */

/** Far above a file that declares the 1,000 services of a full account; far below the sizes that keep the parser busy. */
const LIMITS = {
  tokens: 150_000,
  tokenLength: 10_000,
  properties: 4_000,
  brackets: 40,
  indicatorsInARow: 40,
  indentation: 200,
};

type Role = 'open' | 'close' | 'indicator' | 'property' | 'alias' | 'directive' | 'space' | 'scalar';

/** The roles of the tokens that have limits of their own. All other tokens only count as tokens. */
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
  scalar: 'scalar',
  'single-quoted-scalar': 'scalar',
  'double-quoted-scalar': 'scalar',
};

/** Returns the first reason not to parse a text, or null when it can be parsed safely. */
export function checkLimits(text: string): TextProblem | null {
  return isClearlyWithinLimits(text) ? null : checkTokens(text);
}

/** Shorter than every limit that counts characters or tokens. */
const SHORT_TEXT_LENGTH = 4000;

/**
 * A list on one line that is the whole value of a key, and contains nothing that could begin or end anything else. Inside a block or a
 * quoted text, such a line has no meaning at all, so it can be removed before the brackets are counted.
 */
const SIMPLE_LIST = /^[ -]*\w+: \[(?:[^[\]{}'"#:\n]|:(?=\S))*\][ \t\r]*$/gm;

/** Whether a text is so short and plain that its tokens need not be counted. Nearly every file of declarations is. */
function isClearlyWithinLimits(text: string): boolean {
  if (text.length > SHORT_TEXT_LENGTH || /[%{}]|[ \t]{200}/.test(text)) return false;
  if (/[[\]]/.test(text.replace(SIMPLE_LIST, ''))) return false;
  return (text.match(/[-?:](?=\s|$)/g) ?? []).length <= LIMITS.indicatorsInARow;
}

/** Counts the tokens of a text and returns the first one that exceeds a limit, or null. */
export function checkTokens(text: string): TextProblem | null {
  const counts: Counts = { tokens: 0, properties: 0, brackets: 0, indicatorsInARow: 0 };
  for (const token of tokensIn(text)) {
    const role = ROLES[String(token.type)];
    countToken(counts, role);
    const message = checkCounts(counts) ?? checkToken(token, role);
    if (message !== null) return { offset: token.offset, message };
  }
  return null;
}

type Counts = { tokens: number; properties: number; brackets: number; indicatorsInARow: number };

function countToken(counts: Counts, role: Role | undefined): void {
  counts.tokens += 1;
  if (role === 'open') counts.brackets += 1;
  if (role === 'close') counts.brackets -= 1;
  if (role === 'property' || role === 'alias') counts.properties += 1;
  if (role === 'indicator') counts.indicatorsInARow += 1;
  if (role === 'scalar' || role === 'alias') counts.indicatorsInARow = 0;
}

function checkCounts({ tokens, properties, brackets, indicatorsInARow }: Readonly<Counts>): string | null {
  // The parser would report an error for every such bracket.
  if (brackets < 0) return 'not valid YAML: found a closing bracket without an opening bracket; remove it';
  if (brackets > LIMITS.brackets) return `expected at most ${LIMITS.brackets} levels of brackets, found more`;
  if (indicatorsInARow > LIMITS.indicatorsInARow) {
    return `expected at most ${LIMITS.indicatorsInARow} of "-", "?" and ":" in a row, found more`;
  }
  if (properties > LIMITS.properties) {
    return `expected at most ${LIMITS.properties} anchors, aliases and tags, found more; split the file`;
  }
  if (tokens > LIMITS.tokens) {
    return `expected at most ${LIMITS.tokens} YAML tokens (about 1,500 services), found more; split the file`;
  }
  return null;
}

function checkToken({ source }: Token, role: Role | undefined): string | null {
  if (source.length > LIMITS.tokenLength) {
    return `expected at most ${LIMITS.tokenLength} characters in a line or value, found ${source.length}`;
  }
  if (role === 'space' && source.length > LIMITS.indentation) {
    return `expected at most ${LIMITS.indentation} spaces in a row, found ${source.length}`;
  }
  if (role === 'directive' && !/^%YAML[ \t]+1\.2[ \t]*$/.test(source)) {
    return `expected YAML 1.2, found the directive ${JSON.stringify(source.trim())}; remove the line`;
  }
  return null;
}
