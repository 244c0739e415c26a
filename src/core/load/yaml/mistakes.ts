import { indentationOf, lineAt } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';
import { tokensIn } from './tokens.ts';

/*
 * Explains mistakes that are visible in the text around the place where the parser noticed them.
 */

/** A mistake, and what to do about it. */
export type Explanation = {
  readonly message: string;
  /** Where the mistake is, if not where the parser noticed it. */
  readonly offset?: number;
  /** Whether the error may be a mere consequence of an earlier one. */
  readonly isFollowUp?: boolean;
  /** Whether the next service begins here, so that the parser reads both as one. */
  readonly joinsServices?: boolean;
};

/** Explains a line that should have been `key: value`. */
export function explainMissingColon({ line }: Surroundings): Explanation {
  const expected = 'expected "key: value", found';
  const lookalike = lookalikeIn(line);
  if (lookalike !== null) return { message: `${expected} ${lookalike}` };
  const content = line.trim();
  if (/^(?:-{2}|-{4,})$/.test(content)) {
    const message = `${expected} "${content}"; separate services with a line of exactly three dashes (---)`;
    return { message, joinsServices: true };
  }
  const [, key, value = ''] = /^["']?([\w-]+)["']?\s*(?:=|:(?=\S)|\s)\s*(.*)/.exec(content) ?? [];
  const fix = value === '' ? '' : `; write ${key}: ${shorten(value)}`;
  return { message: `${expected} no colon followed by a space${fix}` };
}

/** Explains a key inside a value: on the same line, or on the next one, which is indented further. */
export function explainSecondColon({ text, offset, line, lineStart }: Surroundings): Explanation {
  const lookalike = lookalikeIn(line);
  if (lookalike !== null) return { message: `expected "key: value", found ${lookalike}`, offset: lineStart };
  if (line.includes('\r')) {
    return { message: 'found line endings of CR without LF; save the file with Unix line endings (LF)' };
  }
  const nextLine = text.indexOf('\n', offset) + 1;
  if (nextLine === 0 || /:(?:\s|$)/.test(text.slice(offset, nextLine))) {
    return {
      message:
        'found a second "key: value" on one line; put a value that contains a colon in quotes, or begin a new line',
    };
  }
  return {
    message: 'this line is indented further than the line above it, which already has a value; align it with that line',
    offset: nextLine + indentationOf(lineAt(text, nextLine)),
  };
}

/** Characters that look like a space, like nothing, or like a colon. */
const LOOKALIKE = /[\u00A0\u2000-\u200B\u3000\uFEFF\uFF1A]/;

function lookalikeIn(line: string): string | null {
  const [character] = LOOKALIKE.exec(line) ?? [];
  if (character === undefined) return null;
  return character === '\uFF1A'
    ? `the character ${formatCodePoint(character)}, which looks like a colon; replace it with a colon`
    : `the character ${formatCodePoint(character)}, which is invisible or looks like a space; remove it or replace it with a space`;
}

/** Explains a quoted text that never ends. The parser notices it at the end of the file. */
export function explainUnclosedQuote({ text, offset }: Surroundings, quote: string): Explanation {
  return {
    message: `this ${quote} is never closed; add a closing ${quote} after the text`,
    offset: findOpeningQuote(text, quote, offset),
  };
}

/** Returns the offset of the quote that begins the text before `until`, and skips escaped (`\"`) and doubled (`''`) quotes inside it. */
function findOpeningQuote(text: string, quote: string, until: number): number {
  const escape = quote === '"' ? '\\' : quote;
  let at = text.lastIndexOf(quote, until - 1);
  while (text.charAt(at - 1) === escape) at = text.lastIndexOf(quote, at - 2);
  return at;
}

/** Explains a bracket that is never closed, or is closed by a bracket of another kind. */
export function explainUnclosedBracket({ text, offset, lineStart }: Surroundings, closing: string): Explanation {
  const opening = findOpenBracket(text, offset);
  const found = text.charAt(offset);
  return opening >= lineStart && /[\]})]/.test(found)
    ? { message: `expected a closing ${closing}, found ${found}` }
    : { message: `this ${text.charAt(opening)} is never closed; add the missing ${closing}`, offset: opening };
}

/** Returns the offset of the last bracket before `until` that is still open there. */
function findOpenBracket(text: string, until: number): number {
  const open: number[] = [];
  for (const { type, offset } of tokensIn(text)) {
    if (offset >= until) break;
    if (type === 'flow-map-start' || type === 'flow-seq-start') open.push(offset);
    if (type === 'flow-map-end' || type === 'flow-seq-end') open.pop();
  }
  // The last one opened is the farthest.
  return Math.max(0, ...open);
}

/** Explains an item in brackets that is followed by neither a comma nor the closing bracket. */
export function explainMissingComma({ text, offset, lineStart, line }: Surroundings): Explanation {
  const rest = text.slice(offset, lineStart + line.length);
  if (rest.startsWith('=')) return { message: 'expected a colon, found =' };
  const [quote] = /^["']/.exec(rest) ?? [];
  return quote !== undefined && !rest.slice(1).includes(quote)
    ? { message: `this ${quote} is not closed on its line; add a closing ${quote} after the text` }
    : { message: 'expected a comma or a closing bracket before this' };
}

/** Explains text that follows a complete value. */
export function explainTextAfterValue({ text, offset, lineStart, line, indentation }: Surroundings): Explanation {
  const previous = text.slice(0, offset).trimEnd().at(-1);
  const beginsLine = offset === lineStart + indentation;
  if (beginsLine && (previous === '}' || previous === ']')) {
    return { message: 'found more text after the closing bracket; separate services with a line of ---' };
  }
  if (beginsLine && /^[\w"'-]+\s*:/.test(line.trim())) {
    return { message: 'this line is indented less than the first line; align the top-level keys of a service' };
  }
  return {
    message:
      previous === "'"
        ? "found more text after the closing '; put the whole value in double quotes"
        : 'found more text after the end of a value; put the whole value in quotes',
  };
}

/** Returns a text in at most 60 characters. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Returns the code point of a character as people write it, for example `U+200B`. */
export function formatCodePoint(character: string): string {
  return `U+${Number(character.codePointAt(0)).toString(16).toUpperCase().padStart(4, '0')}`;
}
