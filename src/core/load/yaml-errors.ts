import { CST, Lexer } from 'yaml';
import type { YAMLParseError, YAMLWarning } from 'yaml';

/*
 * What the YAML parser stumbled over, in words about the file instead of its grammar, and where the slip is, which is often not
 * where the parser noticed.
 */

export type Stumble = YAMLParseError | YAMLWarning;
export type Slip = { readonly offset: number; readonly message: string };

/** One slip makes the parser stumble several times: one for each line that has something of its own to say. Sorted by offset. */
export function slipsOf(stumbles: readonly Stumble[], text: string): Slip[] {
  const ofLine = new Map<number, Stumble>();
  for (const stumble of stumbles.toSorted(byMeaning).toReversed()) {
    ofLine.set(startOfLine(text, stumble.pos[0]), stumble);
  }
  const slips = [...ofLine.values()]
    .sort((a, b) => a.pos[0] - b.pos[0])
    // Nobody is shown more of them, and a slip is looked for in the text before it.
    .map((stumble, index) =>
      index < MOST_EXPLAINED ? slipOf(stumble, text) : { offset: stumble.pos[0], message: stumble.message },
    )
    .sort((a, b) => a.offset - b.offset);
  // Behind the end of what it could read, the parser stumbles over everything.
  return slips.filter(({ message }, index) => index === 0 || !ECHO.test(message));
}

/** Whether what follows a slip is another service, which the parser took for more of the same one. */
export function joinsServices({ message }: Slip): boolean {
  return message.endsWith(SEPARATE);
}

const MOST_EXPLAINED = 100;
const SEPARATE = 'services are separated by a line of exactly ---';
const NO_KEY = 'expected "key: value", found';
const STRAY = 'found something that does not belong here';
const ECHO = new RegExp(`^not valid YAML: ${STRAY}`);
const UNEVEN = 'this line is not indented like those it belongs to';

/** That a key has several lines says least about a slip: mostly it is something else that is not closed. */
function byMeaning(a: Stumble, b: Stumble): number {
  return Number(a.code === 'MULTILINE_IMPLICIT_KEY') - Number(b.code === 'MULTILINE_IMPLICIT_KEY');
}

function slipOf({ pos: [offset], message }: Stumble, text: string): Slip {
  const slip = (words: string, at = offset): Slip => ({ offset: at, message: `not valid YAML: ${words}` });
  const at = rulesFor(text, offset);
  if (/^Implicit .*keys/.test(message)) return slip(at.noColon());
  if (message.startsWith('Nested mappings are ')) return slip(...at.secondColon());
  const quote = /^Missing closing (.)quote$/.exec(message)?.[1];
  if (quote !== undefined) {
    return slip(
      `this ${quote} is never closed; put another ${quote} behind the text`,
      openingQuote(text, quote, offset),
    );
  }
  const bracket = /^Flow .* end with a (.)$/.exec(message)?.[1];
  if (bracket !== undefined) return slip(...at.noBracket(bracket));
  if (/^(?:Block collections are not allowed within|Missing ,)/.test(message)) return slip(...at.noComma());
  if (/^Unexpected .* at node end$/.test(message)) return slip(...at.moreBehind());
  if (message.startsWith('With stringKeys') && text.startsWith('{{', offset - 1))
    return slip('found {{, as in a template; nothing is filled in here, write the value itself');
  return slip(WORDS.reduce((words, [pattern, better]) => words.replace(pattern, better), message));
}

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^A block sequence may not .*/, UNEVEN],
  [/^All (mapping|sequence) items must .*/, UNEVEN],
  [/^Unexpected block-seq-ind on same line .*/, 'expected the list to begin on a line of its own'],
  [/^Sequence item without .*/, 'expected an item of the list, which begins with "- "'],
  [/^Tabs are not allowed.*/, 'found a tab in the indentation; use spaces'],
  [/^Flow .* must be .*/, 'expected what is in brackets to be indented further than its key'],
  [/^Plain value cannot start with .*(.)$/, 'a text cannot begin with $1; put it in quotes'],
  [
    /^Invalid escape sequence (.*)/,
    '$1 means nothing in double quotes; use single quotes, or write \\\\ for a backslash',
  ],
  [
    /^(?:Not a YAML token: |Block scalar header includes extra characters: )(.*)/s,
    'found $1 behind | or >; begin the text on the next line, or put all of it in quotes',
  ],
  [/^Block scalars with .*/, 'the first lines of the text are indented further than the next one; indent them alike'],
  [/^Unexpected , in .*/, 'found a comma with nothing before it; remove it'],
  [/^Unexpected empty item in .*/, 'found a comma with nothing before it; remove it'],
  [/^Missing directives-end.*/, 'expected a line of --- behind the directive'],
  [/^Block collection cannot start on same line .*/, 'begin the declaration on the line below ---'],
  [/^Missing space after :.*/, 'put a space behind the colon'],
  [/^Comments must be .*/, 'found # right behind a value; put a space before it, or all of it in quotes'],
  [/^A node can have at most one (.*)/, 'found two of one value where one $1 may stand; remove one'],
  [/^An alias node must not .*/, 'an alias takes no anchor and no tag; remove them'],
  [/^(?:Alias|Anchor) cannot be .*/, 'found * or & alone, which stand before a name; put it in quotes if it is text'],
  [/^(?:Alias|Anchor) ending in .*/, 'put a space before the colon'],
  [/^Tags and anchors must .*/, 'put a space behind the anchor or the tag'],
  [/^Anchors and tags must be after the (.) .*/, 'put the anchor or the tag behind the $1'],
  [/^The : indicator must .*/, 'found a key of more than 1024 characters'],
  [
    /^(?:Verbatim tags|Could not resolve tag|Not a valid tag|The \S+ tag has no suffix).*/,
    'found ! before a text, which makes it a tag; put the text in quotes',
  ],
  [/tag:yaml\.org,2002:/, '!!'],
  [/^Unresolved tag: (.*)/, 'the tag $1 means nothing here; remove it, or put the value in quotes'],
  [/^With stringKeys.*/, 'expected text as a key, found something else; put a value that begins with { or [ in quotes'],
  [/^Unexpected .*/s, `${STRAY}; is a bracket, a quote or the indentation before it right?`],
];

type Words = [message: string, at?: number];

/** For the slips that show in the text around the place where the parser stumbled. */
function rulesFor(text: string, offset: number) {
  const start = startOfLine(text, offset);
  const line = lineAt(text, start);
  const indentation = line.length - line.trimStart().length;

  const odd = /[\u00A0\u2000-\u200B\u3000\uFEFF\uFF1A]/.exec(line)?.[0];
  const lookalike =
    odd === undefined
      ? null
      : `${NO_KEY} the character ${codePoint(odd)}, which only looks like ${odd === '\uFF1A' ? 'a colon' : 'a space or nothing'}; replace it`;

  const noColon = (): string => {
    const content = line.trim();
    const [, key, value] = /^["']?([\w-]+)["']?\s*(?:=|:(?=\S)|\s)\s*(.*)/.exec(content) ?? [];
    if (lookalike !== null) return lookalike;
    if (/^(?:-{2}|-{4,})$/.test(content))
      return `${NO_KEY} ${content}; services are separated by a line of exactly ---`;
    return key === undefined || value === undefined || value === ''
      ? `${NO_KEY} no colon with a space behind it`
      : `${NO_KEY} no colon with a space behind it; write ${key}: ${shortened(value)}`;
  };

  /** The value goes on where a key stands: on its own line, or because the next line is indented further. */
  const secondColon = (): Words => {
    if (lookalike !== null) return [lookalike, start];
    if (line.includes('\r'))
      return ['found line ends without a line feed (CR alone); save the file with Unix line ends'];
    const next = text.indexOf('\n', offset) + 1;
    if (next === 0 || /:(?:\s|$)/.test(text.slice(offset, next))) {
      return ['found a second "key: value" in a value; put a text with a colon in quotes, or begin a new line'];
    }
    const below = lineAt(text, next);
    const column = below.length - below.trimStart().length;
    return [
      'this line is indented further than the line above it, which has a value; indent it like that line',
      next + column,
    ];
  };

  const noBracket = (closing: string): Words => {
    const opening = openingBracket(text, offset);
    const found = text.charAt(offset);
    if (opening >= start && /[\]})]/.test(found)) return [`expected a closing ${closing}, found ${found}`];
    return [`this ${text.charAt(opening)} is never closed; put a ${closing} behind what belongs in it`, opening];
  };

  const noComma = (): Words => {
    const rest = text.slice(offset, start + line.length);
    if (rest.startsWith('=')) return ['expected a colon, found ='];
    const quote = /^["']/.exec(rest)?.[0];
    return quote !== undefined && !rest.slice(1).includes(quote)
      ? [`this ${quote} is not closed in its line; put another ${quote} behind the text`]
      : ['expected a comma or a closing bracket before this'];
  };

  const moreBehind = (): Words => {
    const before = text.slice(0, offset).trimEnd().at(-1);
    if (offset === start + indentation && (before === '}' || before === ']')) {
      return ['found more behind the closing bracket; separate services by a line of ---'];
    }
    if (offset === start + indentation && /^[\w"'-]+\s*:/.test(line.trim())) {
      return ['this line is indented less than the first one; begin all keys of a service in one column'];
    }
    return before === "'"
      ? ["found more behind the closing '; put all of it in double quotes"]
      : ['found more behind the end of a value; put all of it in quotes'];
  };

  return { noColon, secondColon, noBracket, noComma, moreBehind };
}

/** The quote that a text began with which ends nowhere: within it, quotes are escaped, `\\"` or doubled, `''`. */
function openingQuote(text: string, quote: string, until: number): number {
  const escape = quote === '"' ? '\\' : quote;
  let at = text.lastIndexOf(quote, until - 1);
  while (text.charAt(at - 1) === escape) at = text.lastIndexOf(quote, at - 2);
  return at;
}

/** The last bracket before an offset that was not closed before it. */
function openingBracket(text: string, until: number): number {
  const open: number[] = [];
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    if (offset >= until) break;
    // Marks that the lexer puts between the pieces of the text; they are not part of it.
    if (token === CST.DOCUMENT || token === CST.FLOW_END || token === CST.SCALAR) continue;
    const type = CST.tokenType(token);
    if (type === 'flow-map-start' || type === 'flow-seq-start') open.push(offset);
    if (type === 'flow-map-end' || type === 'flow-seq-end') open.pop();
    offset += token.length;
  }
  // The last one is the farthest.
  return Math.max(0, ...open);
}

function startOfLine(text: string, offset: number): number {
  return text.slice(0, offset).lastIndexOf('\n') + 1;
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** `U+200B` */
export function codePoint(character: string): string {
  return `U+${Number(character.codePointAt(0)).toString(16).toUpperCase().padStart(4, '0')}`;
}
