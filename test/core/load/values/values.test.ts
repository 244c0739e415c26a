import { describe, expect, test } from 'vitest';
import { readValues } from '../../../../src/core/load/values/values.ts';

/** Reads values files that are given as texts, the first one named `values.yaml`, the second one `values-2.yaml`. */
function read(...texts: readonly string[]) {
  return readValues(texts.map((text, index) => ({ file: `values${index === 0 ? '' : `-${index + 1}`}.yaml`, text })));
}

const valueOf = (text: string, name: string) => read(text).lookUp(name);

describe('a value', () => {
  test.each([
    { text: 'tunnel: abc', value: 'abc', source: null },
    { text: 'port: 5432', value: 5432, source: '5432' },
    { text: 'on: true', name: 'on', value: true, source: 'true' },
    { text: 'resolvers: [10.0.0.1, 10.0.0.2]', name: 'resolvers', value: ['10.0.0.1', '10.0.0.2'], source: null },
    { text: 'empty:', name: 'empty', value: null, source: null },
    { text: 'version: 1.10', name: 'version', value: 1.1, source: '1.10' },
  ])('keeps the type and the writing of `$text`', ({ text, name = text.split(':')[0] ?? '', value, source }) => {
    expect(valueOf(text, name)).toEqual({ value, source, place: 'values.yaml:1' });
  });

  test('is named by the keys of its mappings, separated by dots', () => {
    expect(valueOf('tunnels:\n  eu:\n    berlin: abc', 'tunnels.eu.berlin')).toMatchObject({
      value: 'abc',
      place: 'values.yaml:3',
    });
  });

  test('can refer to other values, in any order', () => {
    const values = read('host: db.${domain}\nlist: ["${host}", x]\ncopy: ${port}\ndomain: corp.internal\nport: 1\n');
    expect(values.problems).toEqual([]);
    expect(values.lookUp('host')).toMatchObject({ value: 'db.corp.internal' });
    expect(values.lookUp('list')).toMatchObject({ value: ['db.corp.internal', 'x'] });
    expect(values.lookUp('copy')).toMatchObject({ value: 1, source: '1', place: 'values.yaml:3' });
  });

  test('contains `${` itself where it is written as `$${`', () => {
    expect(valueOf('text: $${not a reference} and $5', 'text')).toMatchObject({ value: '${not a reference} and $5' });
  });
});

describe('a later file', () => {
  test('replaces the values of an earlier one by name and keeps the others', () => {
    const values = read('tunnels: { berlin: a, paris: b }', 'tunnels: { paris: c }');
    expect(values.lookUp('tunnels.berlin')).toMatchObject({ value: 'a', place: 'values.yaml:1' });
    expect(values.lookUp('tunnels.paris')).toMatchObject({ value: 'c', place: 'values-2.yaml:1' });
  });

  test('replaces a mapping by a value, and a value by a mapping', () => {
    const values = read('a: { b: 1 }\nc: 2', 'a: 3\nc: { d: 4 }');
    expect(values.lookUp('a')).toMatchObject({ value: 3 });
    expect(values.lookUp('a.b')).toHaveProperty('fault');
    expect(values.lookUp('c.d')).toMatchObject({ value: 4 });
    expect(values.lookUp('c')).toHaveProperty('fault');
  });

  test('that cannot be used leaves no value, because it could replace any', () => {
    const values = read('a: 1', 'a: [');
    expect(values.failure).toMatch(/^values-2\.yaml:1 /);
    expect(values.lookUp('a')).toEqual({ fault: values.failure });
  });
});

test.each([
  { text: '', reason: 'an empty file defines nothing' },
  { text: '# nothing yet\n', reason: 'a comment defines nothing' },
])('accepts a file without values: $reason', ({ text }) => {
  expect(read(text)).toMatchObject({ failure: null, problems: [] });
});

test.each([
  { text: '- a', message: 'expected a mapping of values, found a list' },
  { text: 'text', message: 'expected a mapping of values, found "text"' },
  { text: 'a: 1\n---\nb: 2', line: 3, message: 'expected one document, found several' },
  {
    text: 'a: 1\n"b.c": 2',
    line: 2,
    path: 'b.c',
    message: 'expected a name of letters, digits, "-" and "_", found "b.c"',
  },
  { text: 'a: [1, { b: 2 }]', path: 'a', message: 'expected a list of text and numbers, found a mapping in it' },
  { text: 'a: [1, [2]]', path: 'a', message: 'expected a list of text and numbers, found a list in it' },
  {
    text: `a: [${'1, '.repeat(60)}]`,
    path: 'a',
    message: 'expected a list of at most 50 items, found 60',
  },
  {
    text: `${'a'.repeat(150)}: { ${'b'.repeat(50)}: 1 }`,
    path: `${'a'.repeat(150)}.${'b'.repeat(50)}`,
    column: 155,
    message: 'expected at most 200 characters in a name and the names of its mappings, found 201',
  },
  { text: 'a: 1\na: 2', line: 2, path: 'a', message: 'duplicate key "a", first used at line 1; keep one of them' },
])('reports a file that cannot be used: $message', ({ text, line = 1, column = 1, path = null, message }) => {
  const { problems, failure } = read(text);
  expect(problems).toEqual([{ file: 'values.yaml', line, column, path, message }]);
  expect(failure).toBe(`values.yaml:${line} ${message}`);
});

test('reports a file that cannot be read', () => {
  const { problems, failure } = readValues([{ file: 'values.yaml', fault: 'expected a file, found nothing there' }]);
  expect(problems).toEqual([
    { file: 'values.yaml', line: 1, column: 1, path: null, message: 'expected a file, found nothing there' },
  ]);
  expect(failure).toBe('values.yaml:1 expected a file, found nothing there');
});

describe('a reference', () => {
  test.each([
    { text: 'a: ${b}', name: 'a', fault: '${b} is not defined; define it in a values file' },
    { text: 'tunnel: 1\nname: ${tunel}', name: 'name', fault: '${tunel} is not defined; did you mean "${tunnel}"?' },
    {
      text: 'tunnels: { berlin: 1 }\na: ${tunnels}',
      name: 'a',
      fault: '${tunnels} is a mapping; name one of its values, for example ${tunnels.berlin}',
    },
    { text: 'a: x${b', name: 'a', fault: 'found "${" without "}"; write "$${" for the text itself' },
    { text: 'a: ${}', name: 'a', fault: 'expected a name in "${}", found none; write "$${" for the text itself' },
    { text: 'a: x${b}\nb: [1]', name: 'a', fault: 'expected text or a number to insert for ${b}, found a list' },
    { text: 'a: x${b}\nb:', name: 'a', fault: 'expected text or a number to insert for ${b}, found nothing' },
    { text: 'a: ["${b}"]\nb: [1]', name: 'a', fault: 'expected text or a number for "${b}", found a list' },
    { text: 'a: ["${b}"]', name: 'a', fault: '${b} is not defined; define it in a values file' },
  ])('without a value says so: $fault', ({ text, name, fault }) => {
    const values = read(text);
    expect(values.lookUp(name)).toEqual({ fault });
    expect(values.problems).toMatchObject([{ path: name, message: fault }]);
    expect(values.failure).toBeNull();
  });

  test('with a long name that is not defined has a short message', () => {
    expect(valueOf('', 'x'.repeat(5000))).toEqual({
      fault: `\${${'x'.repeat(80)}…} is not defined; define it in a values file`,
    });
  });

  test('that is not defined has no suggestions after thousands of such references', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `${'name'.repeat(10)}${index}: 1`).join('\n');
    const { lookUp } = read(names);
    const messages = Array.from({ length: 300 }, (_, index) => lookUp(`${'name'.repeat(10)}x${index}`));
    expect(messages[0]).toMatchObject({ fault: expect.stringContaining('did you mean') });
    expect(messages.at(-1)).toMatchObject({ fault: expect.stringMatching(/is not defined; define it/) });
    expect(lookUp(`${'name'.repeat(10)}x0`)).toEqual(messages[0]);
  });

  test('in a cycle is a problem of each value in it, and of no other', () => {
    const values = read('a: ${b}\nb: x-${c}\nc: ${a}\nd: fine');
    expect(values.problems.map(({ line, message }) => `${line} ${message}`)).toEqual([
      '1 found values that refer to each other: ${a} → ${b} → ${c} → ${a}; write one of them out',
      '2 found values that refer to each other: ${a} → ${b} → ${c} → ${a}; write one of them out',
      '3 found values that refer to each other: ${a} → ${b} → ${c} → ${a}; write one of them out',
    ]);
    expect(values.lookUp('d')).toMatchObject({ value: 'fine' });
  });

  test('in a long chain is a problem', () => {
    const chain = Array.from({ length: 30 }, (_, index) => `a${index}: \${a${index + 1}}`).join('\n');
    expect(valueOf(`${chain}\na30: end`, 'a0')).toEqual({
      fault: 'expected at most 20 values that refer to each other, found more',
    });
    expect(valueOf(`${chain}\na30: end`, 'a15')).toMatchObject({ value: 'end' });
  });

  test('cannot make a value grow without bound', () => {
    const lines = Array.from({ length: 18 }, (_, index) => `a${index}: "${`\${a${index + 1}}`.repeat(10)}"`);
    expect(valueOf(`${lines.join('\n')}\na18: ha`, 'a0')).toEqual({
      fault: 'expected at most 1000 characters after inserting the values, found more',
    });
  });
});

test('of many unknown names, the first ones get a suggestion, because comparing all of them takes long', () => {
  const values = read(Array.from({ length: 2000 }, (_, number) => `key-${number}: x`).join('\n'));
  const faults = Array.from({ length: 200 }, (_, number) => values.lookUp(`kez-${number}`));
  expect(faults[0]).toEqual({
    fault: expect.stringMatching(/^\$\{kez-0\} is not defined; did you mean "\$\{key-0\}"/),
  });
  expect(faults.at(-1)).toEqual({ fault: '${kez-199} is not defined; define it in a values file' });
});

test('reports at most 20 problems of one file', () => {
  const { problems } = read(Array.from({ length: 100 }, (_, index) => `a${index}: \${b}`).join('\n'));
  expect(problems).toHaveLength(20);
  expect(problems.at(-1)).toMatchObject({ line: 20, message: '81 more problems from this line on' });
  const unusable = read(Array.from({ length: 100 }, (_, index) => `"a.${index}": 1`).join('\n'));
  expect(unusable.problems).toHaveLength(20);
});
