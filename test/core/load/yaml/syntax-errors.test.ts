import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ErrorCode } from 'yaml';
import { readYaml } from '../../../../src/core/load/yaml/read-yaml.ts';
import { MESSAGE_CASES } from '../../../../src/core/load/yaml/syntax-errors.ts';

/** An error of the parser, a text that causes it, and its explanations without "not valid YAML: ". */
type Row = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly text: string;
  readonly expected: readonly string[];
};

const rows: readonly Row[] = [
  {
    code: 'MISSING_CHAR',
    message: 'Implicit map keys need to be followed by map values',
    text: 'a: 1\nb 2',
    expected: ['2:1 expected "key: value", found no colon followed by a space; write b: 2'],
  },
  {
    code: 'MISSING_CHAR',
    message: 'Missing closing "quote',
    text: 'a: "b',
    expected: ['1:4 this " is never closed; add a closing " after the text'],
  },
  {
    code: 'MISSING_CHAR',
    message: "Missing closing 'quote",
    text: "a: 'b",
    expected: ["1:4 this ' is never closed; add a closing ' after the text"],
  },
  {
    code: 'MISSING_CHAR',
    message: 'Flow sequence must end with a ]',
    text: '[a',
    expected: ['1:1 this [ is never closed; add the missing ]'],
  },
  {
    code: 'MISSING_CHAR',
    message: 'Missing , or : between flow map items',
    text: '{"a" "b"}',
    expected: ['1:6 expected a comma or a closing bracket before this'],
  },
  {
    code: 'MISSING_CHAR',
    message: 'Sequence item without - indicator',
    text: '- - a\n  b\n',
    expected: ['2:1 expected an item of the list, which begins with "- "'],
  },
  {
    code: 'MISSING_CHAR',
    message: 'Missing directives-end/doc-start indicator line',
    text: '%YAML 1.2\na: 1',
    expected: ['2:1 expected a line of --- after the directive'],
  },
  {
    code: 'MISSING_CHAR',
    message: 'Block collection cannot start on same line with directives-end marker',
    text: '--- a: 1',
    expected: ['1:5 begin the declaration on the line after ---'],
  },
  {
    code: 'MISSING_CHAR',
    message: 'Comments must be separated from other tokens by white space characters',
    text: 'a: "b"# c',
    expected: [
      '1:7 found # directly after a value; add a space before it if it begins a comment, or put the whole value in quotes',
    ],
  },
  {
    code: 'MISSING_CHAR',
    message: 'Tags and anchors must be separated from the next token by white space',
    text: 'a: &b[c]',
    expected: ['1:6 found an anchor or a tag without a space after it; add a space'],
  },
  {
    code: 'MISSING_CHAR',
    message: 'Missing newline after block sequence props',
    text: '&a - b',
    expected: ['1:1 begin the list on the line after its anchor or tag'],
  },
  {
    code: 'MISSING_CHAR',
    message: 'Block scalars with more-indented leading empty lines must use an explicit indentation indicator',
    text: 'a: |\n    \n  b\n',
    expected: ['3:3 the first lines of this text are indented further than a later one; align them'],
  },
  {
    code: 'BAD_INDENT',
    message: 'All mapping items must start at the same column',
    text: 'a:\n  b: 1\n c: 2',
    expected: ['3:1 this line is not aligned with the keys or items that it belongs with; correct its indentation'],
  },
  {
    code: 'BAD_INDENT',
    message: 'Flow sequence in block collection must be sufficiently indented and end with a ]',
    text: 'a: [1\nb: 2',
    expected: ['1:4 this [ is never closed; add the missing ]'],
  },
  {
    code: 'BAD_INDENT',
    message: 'Block scalar lines must not be less indented than their first line',
    text: 'a: |\n  b\n\tc\n',
    expected: [
      '3:1 this line is indented less than the text that it belongs to; align it with the first line of the text',
    ],
  },
  {
    code: 'BLOCK_AS_IMPLICIT_KEY',
    message: 'Nested mappings are not allowed in compact mappings',
    text: 'a: b: c',
    expected: [
      '1:4 found a second "key: value" on one line; put a value that contains a colon in quotes, or begin a new line',
    ],
  },
  {
    code: 'BLOCK_AS_IMPLICIT_KEY',
    message: 'A block sequence may not be used as an implicit map key',
    text: 'a:\n  - b\n - c',
    expected: ['3:1 this line is not aligned with the keys or items that it belongs with; correct its indentation'],
  },
  {
    code: 'UNEXPECTED_TOKEN',
    message: 'Unexpected scalar at node end',
    text: 'a: "b" c',
    expected: ['1:8 found more text after the end of a value; put the whole value in quotes'],
  },
  {
    code: 'UNEXPECTED_TOKEN',
    message: 'Unexpected , in flow sequence',
    text: '[a,,b]',
    expected: ['1:4 found a comma with nothing before it; remove it'],
  },
  {
    code: 'UNEXPECTED_TOKEN',
    message: 'Unexpected block-seq-ind on same line with key',
    text: 'a: - b',
    expected: [
      '1:4 found a list item ("- ") in the wrong place; begin a list on the line after its key, or remove the "-"',
    ],
  },
  {
    code: 'UNEXPECTED_TOKEN',
    message: 'Not a YAML token: b c # d',
    text: 'a: > b c # d',
    expected: [
      '1:6 expected nothing after | or > on its line, found "b c"; begin the text on the next line, or put all of it in quotes',
    ],
  },
  {
    code: 'UNEXPECTED_TOKEN',
    message: 'Block scalar header includes extra characters: |b',
    text: 'a: |b',
    expected: [
      '1:5 expected nothing after | or > on its line, found "b"; begin the text on the next line, or put all of it in quotes',
    ],
  },
  {
    code: 'UNEXPECTED_TOKEN',
    message: 'Unexpected scalar token in YAML stream: "c"',
    text: '[a]\n\n  b: c',
    expected: ['3:3 found something unexpected; check the brackets, quotes and indentation before it'],
  },
  {
    code: 'TAG_RESOLVE_FAILED',
    message: 'Unresolved tag: !b',
    text: 'a: [!b, c]',
    expected: ['1:5 unknown tag "!b"; remove it, or put the whole value in quotes'],
  },
  {
    code: 'TAG_RESOLVE_FAILED',
    message: 'Verbatim tags must end with a >',
    text: 'a: !<b',
    expected: ['1:4 found ! at the start of a value, which makes it a tag; put the value in quotes'],
  },
  {
    code: 'TAG_RESOLVE_FAILED',
    message: 'Could not resolve tag: !b!c',
    text: 'a: !b!c',
    expected: ['1:4 found ! at the start of a value, which makes it a tag; put the value in quotes'],
  },
  {
    code: 'TAG_RESOLVE_FAILED',
    message: 'The !! tag has no suffix',
    text: 'a: !! b',
    expected: ['1:4 found ! at the start of a value, which makes it a tag; put the value in quotes'],
  },
  {
    code: 'ALIAS_PROPS',
    message: 'An alias node must not specify any properties',
    text: 'a: &b c\nd: &e *b',
    expected: ['2:7 an alias cannot have an anchor or a tag; remove them'],
  },
  {
    code: 'BAD_ALIAS',
    message: 'Alias cannot be an empty string',
    text: 'a: * b',
    expected: ['1:4 found * without a name; put it in quotes if it is text'],
  },
  {
    code: 'BAD_ALIAS',
    message: 'Anchor cannot be an empty string',
    text: 'a: & b',
    expected: ['1:4 found & without a name; put it in quotes if it is text'],
  },
  {
    code: 'BAD_ALIAS',
    message: 'Alias ending in : is ambiguous',
    text: 'a: &b c\nd: *b:',
    expected: [
      '2:4 found the alias "*b:", but no anchor "&b:" above it; put it in quotes if it is text',
      '2:6 found a colon directly after an alias or an anchor; add a space before the colon',
    ],
  },
  {
    code: 'BAD_ALIAS',
    message: 'Anchor ending in : is ambiguous',
    text: 'a: &b: c',
    expected: ['1:6 found a colon directly after an alias or an anchor; add a space before the colon'],
  },
  {
    code: 'BAD_DQ_ESCAPE',
    message: 'Invalid escape sequence \\q',
    text: 'a: "\\q"',
    expected: ['1:5 \\q is not an escape sequence; use single quotes, or write \\\\ for a backslash'],
  },
  {
    code: 'BAD_DQ_ESCAPE',
    message: 'Invalid escape sequence \\u12G4',
    text: 'a: "\\u12G4"',
    expected: ['1:5 \\u12G4 is not an escape sequence; use single quotes, or write \\\\ for a backslash'],
  },
  {
    code: 'BAD_PROP_ORDER',
    message: 'Anchors and tags must be after the ? indicator',
    text: '&a ? b',
    expected: ['1:4 found an anchor or a tag before ?; move it after the ?'],
  },
  {
    code: 'BAD_SCALAR_START',
    message: 'Plain value cannot start with reserved character @',
    text: 'a: @b',
    expected: ['1:4 a value that begins with @ must be in quotes; add quotes'],
  },
  {
    code: 'BLOCK_IN_FLOW',
    message: 'Block collections are not allowed within flow collections',
    text: '{a: b: c}',
    expected: ['1:5 expected a comma or a closing bracket before this'],
  },
  {
    code: 'KEY_OVER_1024_CHARS',
    message: 'The : indicator must be at most 1024 chars after the start of an implicit block mapping key',
    text: `${'k'.repeat(1025)}: 1`,
    expected: ['1:1 expected a key of at most 1024 characters, found a longer one'],
  },
  {
    code: 'MULTILINE_IMPLICIT_KEY',
    message: 'Implicit keys need to be on a single line',
    text: 'a\nb: 1',
    expected: ['1:1 expected "key: value", found no colon followed by a space'],
  },
  {
    code: 'MULTIPLE_ANCHORS',
    message: 'A node can have at most one anchor',
    text: 'a: &b &c d',
    expected: ['1:7 found two anchors on one value; remove one of them'],
  },
  {
    code: 'MULTIPLE_TAGS',
    message: 'A node can have at most one tag',
    text: 'a: !!str !!str b',
    expected: ['1:10 found two tags on one value; remove one of them'],
  },
  {
    code: 'NON_STRING_KEY',
    message: 'With stringKeys, all keys must be strings',
    text: '? [a]\n: 1',
    expected: [
      '1:3 expected text as a key, found a list, a mapping or an alias; put text that begins with [, { or * in quotes',
    ],
  },
  {
    code: 'TAB_AS_INDENT',
    message: 'Tabs are not allowed as indentation',
    text: 'a:\n\tb: 1',
    expected: ['2:1 found a tab in the indentation; use spaces'],
  },
];

describe('explains the error of the parser', () => {
  test.for(rows)('$code: $message', ({ code, message, text, expected }) => {
    expect(errorsOf(text)).toContain(`${code}: ${message}`);
    const { problems, positionOf } = readYaml(text);
    const explained = problems.map((problem) => {
      const { line, column } = positionOf(problem.offset);
      return `${line}:${column} ${problem.message.replace('not valid YAML: ', '')}`;
    });
    expect(explained).toEqual(expected);
  });
});

/** `CODE: message`, for each error and warning of the parser, with the options that the program uses. */
function errorsOf(text: string): readonly string[] {
  const parsed = parseAllDocuments(text, {
    version: '1.2',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    uniqueKeys: false,
    prettyErrors: false,
  });
  return [...parsed].flatMap(({ errors, warnings }) =>
    [...errors, ...warnings].map(({ code, message }) => `${code}: ${message}`),
  );
}

// A new version of the parser may change a message, which the compiler does not notice.
test.for(Object.entries(MESSAGE_CASES))(
  'the parser still writes every message of %s that this program distinguishes',
  ([code, { cases }]) => {
    const messages = rows.filter((row) => row.code === code).map(({ message }) => message);
    for (const { pattern } of cases) {
      expect(
        messages.filter((message) => pattern.test(message)),
        String(pattern),
      ).not.toEqual([]);
    }
  },
);
