import type { ErrorCode, YAMLError } from 'yaml';
import {
  explainMissingColon,
  explainMissingComma,
  explainSecondColon,
  explainTextAfterValue,
  explainUnclosedBracket,
  explainUnclosedQuote,
  shorten,
} from './mistakes.ts';
import type { Explanation } from './mistakes.ts';
import { startOfLine, surroundingsOf } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';
import type { TextProblem } from './text-problem.ts';

/*
 * Explains the errors of the YAML parser in terms of the file instead of the YAML grammar, and at the place of the mistake, which is
 * often before the place where the parser noticed it.
 */

export type SyntaxProblem = TextProblem & Pick<Explanation, 'isFollowUp' | 'joinsServices'>;

/** Explains the errors of a text, one for each line, sorted by offset. One mistake often causes several errors. */
export function explainSyntaxErrors(errors: readonly YAMLError[], text: string): SyntaxProblem[] {
  const errorOfLine = new Map<number, YAMLError>();
  for (const error of errors.toSorted(byRelevance).toReversed()) {
    errorOfLine.set(startOfLine(text, error.pos[0]), error);
  }
  const problems = [...errorOfLine.values()]
    .sort((a, b) => a.pos[0] - b.pos[0])
    // Far fewer errors are shown, and explaining one takes time in proportion to the text before it.
    .map((error, index) =>
      index < MAX_EXPLAINED ? explainError(error, text) : { offset: error.pos[0], message: error.message },
    )
    .sort((a, b) => a.offset - b.offset);
  return problems.filter(({ isFollowUp = false }, index) => index === 0 || !isFollowUp);
}

const MAX_EXPLAINED = 100;

/** Puts keys on several lines last: they are usually the consequence of something that is not closed. */
function byRelevance(a: YAMLError, b: YAMLError): number {
  return Number(a.code === 'MULTILINE_IMPLICIT_KEY') - Number(b.code === 'MULTILINE_IMPLICIT_KEY');
}

function explainError({ code, message, pos: [offset] }: YAMLError, text: string): SyntaxProblem {
  const explanation = explain(EXPLANATIONS[code], message, surroundingsOf(text, offset));
  return { offset, ...explanation, message: `not valid YAML: ${explanation.message}` };
}

type Explain = (at: Surroundings) => Explanation;

/** The explanations of a code that the parser uses for several mistakes. Only its English messages distinguish them. */
type ByMessage = {
  readonly cases: readonly {
    readonly pattern: RegExp;
    readonly explanation: Explanation | ((at: Surroundings, match: string) => Explanation);
  }[];
  readonly otherwise: Explanation | Explain;
};

function explain(entry: Explanation | Explain | ByMessage, message: string, at: Surroundings): Explanation {
  if (typeof entry === 'function') return entry(at);
  if (!('cases' in entry)) return entry;
  for (const { pattern, explanation } of entry.cases) {
    const match = pattern.exec(message);
    if (match !== null) return typeof explanation === 'function' ? explanation(at, match[1] ?? '') : explanation;
  }
  return explain(entry.otherwise, message, at);
}

const UNEXPECTED: Explanation = {
  message: 'found something unexpected; check the brackets, quotes and indentation before it',
  isFollowUp: true,
};
const MISALIGNED: Explanation = {
  message: 'this line is not aligned with the keys or items that it belongs with; correct its indentation',
};

/** Errors that have the same code and different messages. The tests check that the parser still writes each message. */
export const MESSAGE_CASES = {
  MISSING_CHAR: {
    cases: [
      { pattern: /^Implicit map keys /, explanation: explainMissingColon },
      { pattern: /^Missing closing (.)quote$/, explanation: explainUnclosedQuote },
      { pattern: /^Flow .* must end with a (.)$/, explanation: explainUnclosedBracket },
      { pattern: /^Missing , /, explanation: explainMissingComma },
      {
        pattern: /^Sequence item without /,
        explanation: { message: 'expected an item of the list, which begins with "- "' },
      },
      {
        pattern: /^Missing directives-end/,
        explanation: { message: 'expected a line of --- after the directive' },
      },
      {
        pattern: /^Block collection cannot start on same line /,
        explanation: { message: 'begin the declaration on the line after ---' },
      },
      {
        pattern: /^Comments must be /,
        explanation: {
          message:
            'found # directly after a value; add a space before it if it begins a comment, or put the whole value in quotes',
        },
      },
      {
        pattern: /^Tags and anchors must /,
        explanation: { message: 'found an anchor or a tag without a space after it; add a space' },
      },
      {
        pattern: /^Missing newline after block sequence /,
        explanation: { message: 'begin the list on the line after its anchor or tag' },
      },
      {
        pattern: /^Block scalars with /,
        explanation: {
          message: 'the first lines of this text are indented further than a later one; align them',
        },
      },
    ],
    otherwise: UNEXPECTED,
  },
  BAD_INDENT: {
    cases: [
      { pattern: /^Flow .* end with a (.)$/, explanation: explainUnclosedBracket },
      {
        pattern: /^Block scalar /,
        explanation: {
          message:
            'this line is indented less than the text that it belongs to; align it with the first line of the text',
        },
      },
    ],
    otherwise: MISALIGNED,
  },
  BLOCK_AS_IMPLICIT_KEY: {
    cases: [{ pattern: /^Nested mappings /, explanation: explainSecondColon }],
    otherwise: MISALIGNED,
  },
  UNEXPECTED_TOKEN: {
    cases: [
      { pattern: /^Unexpected .* at node end$/, explanation: explainTextAfterValue },
      {
        pattern: /^Unexpected , in /,
        explanation: { message: 'found a comma with nothing before it; remove it' },
      },
      {
        pattern: /^Unexpected block-seq-ind on same line /,
        explanation: {
          message:
            'found a list item ("- ") in the wrong place; begin a list on the line after its key, or remove the "-"',
        },
      },
      { pattern: /^Not a YAML token: /, explanation: explainTextAfterBlockIndicator },
      { pattern: /^Block scalar header includes /, explanation: explainTextAfterBlockIndicator },
    ],
    otherwise: UNEXPECTED,
  },
  TAG_RESOLVE_FAILED: {
    cases: [
      {
        pattern: /^Unresolved tag: /,
        explanation: ({ text, offset }) => ({
          message: `unknown tag "${tagAt(text, offset)}"; remove it, or put the whole value in quotes`,
        }),
      },
    ],
    otherwise: { message: 'found ! at the start of a value, which makes it a tag; put the value in quotes' },
  },
} as const satisfies { readonly [Code in ErrorCode]?: ByMessage };

/** The explanation of each code. A code that a later version of the parser adds is a type error here. */
const EXPLANATIONS: Readonly<Record<ErrorCode, Explanation | Explain | ByMessage>> = {
  ...MESSAGE_CASES,
  ALIAS_PROPS: { message: 'an alias cannot have an anchor or a tag; remove them' },
  BAD_ALIAS: ({ text, offset }) =>
    text.charAt(offset) === ':'
      ? { message: 'found a colon directly after an alias or an anchor; add a space before the colon' }
      : { message: `found ${text.charAt(offset)} without a name; put it in quotes if it is text` },
  BAD_COLLECTION_TYPE: { message: 'found a tag that does not fit its value; remove the tag' },
  BAD_DIRECTIVE: { message: 'found a directive that is not valid; remove the line' },
  BAD_DQ_ESCAPE: ({ text, offset }) => ({
    message: `${escapeAt(text, offset)} is not an escape sequence; use single quotes, or write \\\\ for a backslash`,
  }),
  BAD_PROP_ORDER: ({ text, offset }) => ({
    message: `found an anchor or a tag before ${text.charAt(offset)}; move it after the ${text.charAt(offset)}`,
  }),
  BAD_SCALAR_START: ({ text, offset }) => ({
    message: `a value that begins with ${text.charAt(offset)} must be in quotes; add quotes`,
  }),
  BLOCK_IN_FLOW: explainMissingComma,
  DUPLICATE_KEY: { message: 'found a duplicate key; remove it' },
  IMPOSSIBLE: UNEXPECTED,
  KEY_OVER_1024_CHARS: { message: 'expected a key of at most 1024 characters, found a longer one' },
  MULTILINE_IMPLICIT_KEY: explainMissingColon,
  MULTIPLE_ANCHORS: { message: 'found two anchors on one value; remove one of them' },
  MULTIPLE_DOCS: UNEXPECTED,
  MULTIPLE_TAGS: { message: 'found two tags on one value; remove one of them' },
  NON_STRING_KEY: ({ text, offset }) =>
    text.startsWith('{{', offset - 1)
      ? { message: 'found a template ("{{"); templates are not filled in, so write the actual value' }
      : {
          message:
            'expected text as a key, found a list, a mapping or an alias; put text that begins with [, { or * in quotes',
        },
  RESOURCE_EXHAUSTION: UNEXPECTED,
  TAB_AS_INDENT: { message: 'found a tab in the indentation; use spaces' },
};

function explainTextAfterBlockIndicator({ text, offset, lineStart, line }: Surroundings): Explanation {
  const found = shorten(text.slice(offset, lineStart + line.length).replace(/\s+#.*$/, ''));
  return {
    message: `expected nothing after | or > on its line, found "${found}"; begin the text on the next line, or put all of it in quotes`,
  };
}

/** Returns the tag at an offset, for example `!port`. */
function tagAt(text: string, offset: number): string {
  return text.slice(offset).replace(/[\s,[\]{}][^]*$/, '');
}

/** Returns the escape sequence at an offset, for example `\q` or `\u12`. */
function escapeAt(text: string, offset: number): string {
  return text.slice(offset).replace(/^(\\(?:x[^"\s]{0,2}|u[^"\s]{0,4}|U[^"\s]{0,8}|.))[^]*$/, '$1');
}
