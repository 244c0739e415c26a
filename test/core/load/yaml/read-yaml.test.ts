import { describe, expect, test } from 'vitest';
import { readYaml } from '../../../../src/core/load/yaml/read-yaml.ts';

const FULL = process.env['FULL'] === '1';

const values = (text: string) => readYaml(text).documents.map(({ value }) => value);

/** `line:column path: message`, for each problem. */
const problemsIn = (text: string) => {
  const { documents, problems, positionOf } = readYaml(text);
  expect(problems.length === 0 || documents.length === 0).toBe(true);
  return problems.map(({ offset, path, message }) => {
    const { line, column } = positionOf(offset);
    return `${line}:${column} ${path === null ? '' : `${path}: `}${message}`;
  });
};

describe('values', () => {
  test.for<[string, unknown[]]>([
    ['a: 1\nb: [x, 2.5, true, null]', [{ a: 1, b: ['x', 2.5, true, null] }]],
    ['{"a": "\\u00e9\\ud83d\\ude00", "b": {}}', [{ a: 'é😀', b: {} }]],
    ['{\n\t"a": 1,\n\t"b": [\n\t\t2\n\t]\n}', [{ a: 1, b: [2] }]],
    [
      'a: yes\nb: no\nc: on\nd: 017\ne: 1_000\nf: 12:30:45',
      [{ a: 'yes', b: 'no', c: 'on', d: 17, e: '1_000', f: '12:30:45' }],
    ],
    ['a: 0x50\nb: 0o17\nc: 1e3\nd: ~\ne: 2026-09-14', [{ a: 80, b: 15, c: 1000, d: null, e: '2026-09-14' }]],
    ['a: |\n  two\n  lines\nb: >-\n  one\n  line', [{ a: 'two\nlines\n', b: 'one line' }]],
    ['1: a\n"true": b\nnull: c', [{ '1': 'a', true: 'b', null: 'c' }]],
    ['a: &x [1, 2]\nb: *x', [{ a: [1, 2], b: [1, 2] }]],
    ['a: &x 1\nb: &x 2\nc: *x', [{ a: 1, b: 2, c: 2 }]],
    ['a: !!str 5432', [{ a: '5432' }]],
    ['a: .nan\nb: -.inf', [{ a: Number.NaN, b: Number.NEGATIVE_INFINITY }]],
    ['%YAML 1.2\n---\na: 1', [{ a: 1 }]],
    ['text', ['text']],
    ['null', [null]],
  ])('%j reads as %j', ([text, expected]) => {
    expect(problemsIn(text)).toEqual([]);
    expect(values(text)).toEqual(expected);
  });

  test('a merge key is a key like any other', () => {
    expect(values('a: &x {b: 1}\nc:\n  <<: *x')).toEqual([{ a: { b: 1 }, c: { '<<': { b: 1 } } }]);
  });

  test.for(['__proto__', 'constructor', 'toString'])('%s is a key like any other', (key) => {
    const [value] = values(`${key}: {a: 1}`);
    expect(Object.entries(Object(value))).toEqual([[key, { a: 1 }]]);
    expect(Object(value).a).toBeUndefined();
  });

  test.for<[string, unknown[]]>([
    ['', []],
    ['# only a comment', []],
    ['---\n---\n# nothing\n---\n', []],
    ['...\n...\n', []],
    ['%YAML 1.2\n', []],
    ['a: 1\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    ['---\n---\na: 1\n...\n---\n# end\n', [{ a: 1 }]],
    ['a: 1\n---\nnull\n', [{ a: 1 }, null]],
  ])('the documents of %j are %j', ([text, expected]) => {
    expect(problemsIn(text)).toEqual([]);
    expect(values(text)).toEqual(expected);
  });
});

describe('positions', () => {
  const text = ['# comment', 'a: 1', 'b:', '  - x', '  - c: "5"', 'd:', 'e: {f, g: [7]}', 'h: ""', 'i: !!str'].join(
    '\n',
  );
  const [document] = readYaml(text).documents;
  const { positionOf } = readYaml(text);
  const at = (offset: number | undefined) => {
    const { line, column } = positionOf(offset ?? -1);
    return `${line}:${column}`;
  };

  test('a document begins at its first content', () => {
    expect(at(document?.offset)).toBe('2:1');
  });

  test.for([
    { path: [], key: '2:1', value: '2:1', reason: 'the document' },
    { path: ['a'], key: '2:1', value: '2:4', reason: 'a field' },
    { path: ['b'], key: '3:1', value: '4:3', reason: 'a list' },
    { path: ['b', 0], key: '4:5', value: '4:5', reason: 'an item' },
    { path: ['b', 1, 'c'], key: '5:5', value: '5:8', reason: 'a field of an item' },
    { path: ['b', 2], key: '3:1', value: '4:3', reason: 'a missing item: the list' },
    { path: ['d'], key: '6:1', value: '6:1', reason: 'a key without a value: the key' },
    { path: ['d', 'x'], key: '6:1', value: '6:1', reason: 'below a key without a value: the key' },
    { path: ['e', 'f'], key: '7:5', value: '7:5', reason: 'a flow key without a value: the key' },
    { path: ['e', 'f', 'x'], key: '7:5', value: '7:5', reason: 'below a flow key without a value' },
    { path: ['e', 'g', 0], key: '7:12', value: '7:12', reason: 'an item in a flow list' },
    { path: ['h'], key: '8:1', value: '8:4', reason: 'an empty text is a value' },
    { path: ['i'], key: '9:1', value: '9:9', reason: 'an empty text by its tag' },
    { path: ['x', 'y'], key: '2:1', value: '2:1', reason: 'a missing key: the mapping' },
    { path: ['a', 'x'], key: '2:1', value: '2:4', reason: 'a scalar has no fields' },
  ])('$path: key at $key, value at $value ($reason)', ({ path, key, value }) => {
    expect(at(document?.offsetOfKey(path))).toBe(key);
    expect(at(document?.offsetOfValue(path))).toBe(value);
  });

  test.for([
    [['a'], '1'],
    [['b', 1, 'c'], '5'],
    [['b'], undefined],
    [['d'], ''],
    [['e', 'f'], undefined],
  ] as const)('the source of %j is %j', ([path, spelling]) => {
    expect(document?.sourceOf(path)).toBe(spelling);
  });

  test.for([
    ['a: 1\r\nb: 2\r\n', 2, 4],
    ['\uFEFFa: 1\nb: 2\n', 2, 4],
    ['a: 1\n\n\n  # x\nb:   2\n', 5, 6],
    ['a: 😀\nb: 2', 2, 4],
  ] as const)('in %j the value of b is at line %i, column %i', ([text, line, column]) => {
    const { documents, positionOf } = readYaml(text);
    expect(positionOf(documents[0]?.offsetOfValue(['b']) ?? 0)).toEqual({ line, column });
  });
});

describe('problems', () => {
  const noKey =
    'not valid YAML: expected text as a key, found a list, a mapping or an alias; put text that begins with [, { or * in quotes';
  const nested =
    'not valid YAML: found a second "key: value" on one line; put a value that contains a colon in quotes, or begin a new line';
  test.for<{ mistake: string; text: string; expected: string[] }>([
    {
      mistake: 'a missing colon',
      text: 'a: 1\nb 2\nc: 3',
      expected: ['2:1 not valid YAML: expected "key: value", found no colon followed by a space; write b: 2'],
    },
    {
      mistake: 'a missing space after the colon',
      text: 'a: 1\nb:2\nc: 3',
      expected: ['2:1 not valid YAML: expected "key: value", found no colon followed by a space; write b: 2'],
    },
    {
      mistake: 'a line that is indented too little',
      text: 'a:\n  b: 1\n c: 2',
      expected: [
        '3:1 not valid YAML: this line is not aligned with the keys or items that it belongs with; correct its indentation',
      ],
    },
    {
      mistake: 'an item that is indented too little',
      text: 'a:\n  - b\n - c',
      expected: [
        '3:1 not valid YAML: this line is not aligned with the keys or items that it belongs with; correct its indentation',
      ],
    },
    {
      mistake: 'a line that is indented too far',
      text: 'a: 1\n  b: 2',
      expected: [
        '2:3 not valid YAML: this line is indented further than the line above it, which already has a value; align it with that line',
      ],
    },
    { mistake: 'a colon in a value', text: 'a: b: c', expected: [`1:4 ${nested}`] },
    {
      mistake: 'a tab',
      text: 'a:\n\tb: 1',
      expected: ['2:1 not valid YAML: found a tab in the indentation; use spaces'],
    },
    {
      mistake: 'a list that is not closed',
      text: 'a: [1, 2\nb: 3',
      expected: ['1:4 not valid YAML: this [ is never closed; add the missing ]'],
    },
    {
      mistake: 'a mapping that is not closed',
      text: '{"a": 1',
      expected: ['1:1 not valid YAML: this { is never closed; add the missing }'],
    },
    {
      mistake: 'the wrong closing bracket',
      text: 'a: [1}',
      expected: ['1:6 not valid YAML: expected a closing ], found }'],
    },
    {
      mistake: 'a closing bracket too many',
      text: '{"a": 1}}',
      expected: ['1:9 not valid YAML: found a closing bracket without an opening bracket; remove it'],
    },
    {
      mistake: 'a missing comma',
      text: '{\n  "a": 1\n  "b": 2\n}',
      expected: ['2:8 not valid YAML: expected a comma or a closing bracket before this'],
    },
    {
      mistake: 'a missing comma on one line',
      text: '{"a": 1 "b": 2}',
      expected: ['1:7 not valid YAML: expected a comma or a closing bracket before this'],
    },
    {
      mistake: 'a double quote that is not closed',
      text: 'a: "b\n',
      expected: ['1:4 not valid YAML: this " is never closed; add a closing " after the text'],
    },
    {
      mistake: 'a single quote that is not closed',
      text: "a: 'b",
      expected: ["1:4 not valid YAML: this ' is never closed; add a closing ' after the text"],
    },
    {
      mistake: 'text after the closing quote',
      text: 'a: "b" c',
      expected: ['1:8 not valid YAML: found more text after the end of a value; put the whole value in quotes'],
    },
    {
      mistake: 'a backslash',
      text: 'a: "\\q"',
      expected: ['1:5 not valid YAML: \\q is not an escape sequence; use single quotes, or write \\\\ for a backslash'],
    },
    {
      mistake: 'an @',
      text: 'a: @b',
      expected: ['1:4 not valid YAML: a value that begins with @ must be in quotes; add quotes'],
    },
    {
      mistake: 'a %',
      text: 'a: %b',
      expected: ['1:4 not valid YAML: a value that begins with % must be in quotes; add quotes'],
    },
    {
      mistake: 'a tag of another program',
      text: 'a: !vault b',
      expected: ['1:4 not valid YAML: unknown tag "!vault"; remove it, or put the whole value in quotes'],
    },
    {
      mistake: 'a tag of YAML 1.1',
      text: 'a: !!binary aGk=\nb: !!set {x}',
      expected: [
        '1:4 not valid YAML: unknown tag "!!binary"; remove it, or put the whole value in quotes',
        '2:4 not valid YAML: unknown tag "!!set"; remove it, or put the whole value in quotes',
      ],
    },
    {
      mistake: 'a template',
      text: 'a: {{ .Values.a }}',
      expected: ['1:5 not valid YAML: found a template ("{{"); templates are not filled in, so write the actual value'],
    },
    { mistake: 'a list as a key', text: '? [a]\n: 1', expected: [`1:3 ${noKey}`] },
    { mistake: 'an alias as a key', text: '&k a: 1\n*k : 2', expected: [`2:1 ${noKey}`] },
    {
      mistake: 'a directive without ---',
      text: '%YAML 1.2\na: 1',
      expected: ['2:1 not valid YAML: expected a line of --- after the directive'],
    },
    {
      mistake: 'two anchors',
      text: 'a: &b &c d',
      expected: ['1:7 not valid YAML: found two anchors on one value; remove one of them'],
    },
    {
      mistake: 'several mistakes',
      text: 'a 1\nb: *c\nd: @e\nf: 1\nf: 2',
      expected: [
        '1:1 not valid YAML: expected "key: value", found no colon followed by a space; write a: 1',
        '2:4 found the alias "*c", but no anchor "&c" above it; put it in quotes if it is text',
        '3:4 not valid YAML: a value that begins with @ must be in quotes; add quotes',
        '5:1 f: duplicate key "f", first used at line 4; keep one of them',
      ],
    },
  ])('explains $mistake: $text', ({ text, expected }) => {
    expect(problemsIn(text)).toEqual(expected);
  });

  test.for([
    ['a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> other\n', 2],
    ['<<<<<<< HEAD\na: 1\n', 1],
    ['{"a": 1,\r\n<<<<<<< HEAD\r\n"b": 2}', 2],
  ] as const)('explains a merge conflict: %j', ([text, line]) => {
    expect(problemsIn(text)).toEqual([
      `${line}:1 found a merge conflict; resolve it and remove the markers <<<<<<<, ======= and >>>>>>>`,
    ]);
  });

  test.for([
    ['%YAML 1.1\n---\na: yes', 1, '%YAML 1.1'],
    ['%YAML 1.3\n---\na: 1', 1, '%YAML 1.3'],
    ['a: 1\n...\n%TAG ! tag:example.com,2026:\n---\nb: 1', 3, '%TAG ! tag:example.com,2026:'],
  ] as const)('rejects a directive that changes the meaning of the text: %j', ([text, line, directive]) => {
    expect(problemsIn(text)).toEqual([
      `${line}:1 expected YAML 1.2, found the directive ${JSON.stringify(directive)}; remove the line`,
    ]);
  });

  test.for([
    ['a: 1\nb: 2\na: 3', '3:1 a: duplicate key "a", first used at line 1; keep one of them'],
    ['{"a": 1, "b": {"c": 1, "c": 2}}', '1:24 b.c: duplicate key "c", first used at line 1; keep one of them'],
    ['1: a\n"1": b', '2:1 1: duplicate key "1", first used at line 1; keep one of them'],
    ['__proto__: 1\n__proto__: 2', '2:1 __proto__: duplicate key "__proto__", first used at line 1; keep one of them'],
    ['x: 1\n---\na:\n  - b: 1\n    b: 2', '5:5 a[0].b: duplicate key "b", first used at line 4; keep one of them'],
  ] as const)('explains a duplicate key: %j', ([text, expected]) => {
    expect(problemsIn(text)).toEqual([expected]);
  });

  test.for([
    {
      what: 'without an anchor',
      text: 'a: *b',
      expected: ['1:4 a: found the alias "*b", but no anchor "&b" above it; put it in quotes if it is text'],
    },
    {
      what: 'of an anchor below it',
      text: 'a: *b\nc: &b 1',
      expected: ['1:4 a: found the alias "*b", but no anchor "&b" above it; put it in quotes if it is text'],
    },
    {
      what: 'of an anchor in another document',
      text: 'a: &b 1\n---\na: *b',
      expected: ['3:4 a: found the alias "*b", but no anchor "&b" above it; put it in quotes if it is text'],
    },
    {
      what: 'of a mapping that contains it',
      text: 'a: &b\n  c: *b',
      expected: ['2:6 a.c: found the alias "*b" inside the value that it refers to; write the value itself'],
    },
    {
      what: 'of the document that contains it',
      text: '&b\na: [*b]',
      expected: ['2:5 a[0]: found the alias "*b" inside the value that it refers to; write the value itself'],
    },
    {
      what: 'of a list that contains aliases',
      text: 'a: &a 1\nb: &b [*a]\nc: [*b, *b]',
      expected: [
        '3:5 c[0]: found the alias "*b" of a value that contains aliases; write the value itself',
        '3:9 c[1]: found the alias "*b" of a value that contains aliases; write the value itself',
      ],
    },
    {
      what: 'that is meant as a wildcard',
      text: 'a: *.internal',
      expected: [
        '1:4 a: found the alias "*.internal", but no anchor "&.internal" above it; put it in quotes if it is text',
      ],
    },
  ])('explains an alias $what: $text', ({ text, expected }) => {
    expect(problemsIn(text)).toEqual(expected);
  });

  test.for([
    {
      what: 'open brackets',
      text: `${'['.repeat(41)}${']'.repeat(41)}`,
      expected: '1:41 expected at most 40 levels of brackets, found more',
    },
    {
      what: 'lists in lists',
      text: '- '.repeat(41),
      expected: '1:81 expected at most 40 of "-", "?" and ":" in a row, found more',
    },
    {
      what: 'spaces',
      text: `a:\n${' '.repeat(201)}b: 1`,
      expected: '2:1 expected at most 200 spaces in a row, found 201',
    },
    {
      what: 'characters',
      text: `a: ${'x'.repeat(10_001)}`,
      expected: '1:4 expected at most 10000 characters in a line or value, found 10001',
    },
    {
      what: 'aliases',
      text: `- &a 1\n${'- *a\n'.repeat(4_000)}`,
      expected: '4001:3 expected at most 4000 anchors, aliases and tags, found more; split the file',
    },
    {
      what: 'tokens',
      text: `[${'1,'.repeat(75_000)}]`,
      expected: '1:150001 expected at most 150000 YAML tokens (about 1,500 services), found more; split the file',
    },
  ])('rejects too many $what', ({ text, expected }) => {
    expect(problemsIn(text)).toEqual([expected]);
  });

  test.for([
    ['brackets one after the other', '[[], [], {}]\n---\n'.repeat(1000)],
    ['brackets inside each other', `${'['.repeat(40)}${']'.repeat(40)}`],
    ['lists in lists', '- '.repeat(40)],
    ['items that are aliases', `- &a 1\n${'- *a\n'.repeat(3_999)}`],
    ['spaces', `a:\n${' '.repeat(200)}b: 1`],
    ['characters', `a: ${'x'.repeat(10_000)}`],
    ['tokens', `[${'1,'.repeat(FULL ? 74_000 : 7_400)}]`],
  ] as const)('accepts as many %s as the limit allows', ([, text]) => {
    expect(problemsIn(text)).toEqual([]);
  });

  test('a control character is text, and does not change the position of the text after it', () => {
    expect(problemsIn('- \u0002\n- "\u001F"\n- *a')).toEqual([
      '3:3 [2]: found the alias "*a", but no anchor "&a" above it; put it in quotes if it is text',
    ]);
    expect(problemsIn(`- \u0002\n- ${'x'.repeat(10_001)}`)).toEqual([
      '2:3 expected at most 10000 characters in a line or value, found 10001',
    ]);
  });
});
