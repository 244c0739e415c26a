import { expect, test } from 'vitest';
import {
  isDeeperThan,
  isExactNumber,
  isObject,
  parseJson,
  sameJson,
  toPlainNumber,
} from '../../../src/core/base/json.ts';
import type { Json } from '../../../src/core/base/json.ts';

test.for<[unknown, boolean]>([
  [{}, true],
  [{ a: 1 }, true],
  [[], false],
  [null, false],
  [undefined, false],
  ['text', false],
  [1, false],
])('whether %j is an object: %s', ([value, expected]) => {
  expect(isObject(value)).toBe(expected);
});

test.for<[Json, Json]>([
  [1, 1],
  ['a', 'a'],
  [null, null],
  [
    [1, null, [2]],
    [1, null, [2]],
  ],
  [
    { a: 1, b: { c: null } },
    { b: { c: null }, a: 1 },
  ],
])('%j equals %j', ([a, b]) => {
  expect([sameJson(a, b), sameJson(b, a)]).toEqual([true, true]);
});

test.for<[Json, Json]>([
  [1, '1'],
  [0, false],
  [null, 0],
  [[], {}],
  [[], null],
  [{}, null],
  [
    [1, 2],
    [2, 1],
  ],
  [[1], [1, null]],
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { b: 1 }],
  [{ a: null }, { b: null }],
  [{ a: 1 }, { a: 1, b: null }],
])('%j does not equal %j', ([a, b]) => {
  expect([sameJson(a, b), sameJson(b, a)]).toEqual([false, false]);
});

test.for([
  [0, 'text', false],
  [0, null, false],
  [0, [], true],
  [1, [], false],
  [1, { a: 1 }, false],
  [1, { a: [] }, true],
  [2, { a: [1, { b: 2 }] }, true],
  [3, { a: [1, { b: 2 }] }, false],
] as const)('whether a value is nested deeper than %i levels: %j, %s', ([levels, value, deeper]) => {
  expect(isDeeperThan(levels, value)).toBe(deeper);
});

/** Returns the value of a JSON text, parsed within a list. */
function parsed(text: string): Json {
  const list = parseJson(`[${text}]`);
  return Array.isArray(list) ? (list[0] ?? null) : null;
}

test.for([
  '9007199254740993',
  '-9007199254740993',
  '1234567890123456789012345678901234567890',
  '1.10',
  '1.0',
  '-0',
  '0.1000000000000000055511151231257827',
  '1e400',
  '-1E-400',
  '1e2',
])('the number %s is written as it was read, wherever it is', (digits) => {
  for (const text of [
    `{"a":${digits}}`,
    `[${digits}]`,
    `[1,${digits}]`,
    `{ "a" :\t${digits} ,"b":[ [\n${digits}], {"__proto__":${digits}}]}`,
  ]) {
    expect(JSON.stringify(parseJson(text))).toBe(text.replaceAll(/\s/g, ''));
  }
  expect(JSON.stringify(parseJson(`{"a":2.20,"a":${digits}}`))).toBe(`{"a":${digits}}`);
});

test.for(['0', '1', '-1', '80', '1.5', '0.1', '1e+21', '123456789012345', '9007199254740991', '1234567890123456'])(
  'the number %s is a plain one, because it is written as it was read',
  (digits) => {
    expect(parseJson(`{"a":[${digits}]}`)).toEqual({ a: [Number(digits)] });
  },
);

test('text that looks like such a number stays text', () => {
  const value = { a: ',1.10', b: '":1e400', c: '10:00:00.123Z', d: '[-0]', 'e": 1.10': '' };
  expect(parseJson(JSON.stringify(value))).toEqual(value);
  expect(() => parseJson('{"a":1.10')).toThrow(SyntaxError);
});

test('a number with exact digits is a value, not an object', () => {
  const number = parsed('1.10');
  expect(isExactNumber(number)).toBe(true);
  expect(isObject(number)).toBe(false);
  expect(isDeeperThan(0, number)).toBe(false);
  expect(isDeeperThan(1, [number])).toBe(false);
  expect(isExactNumber({ rawJSON: '1.10' })).toBe(false);
});

test.for<[string, string, boolean]>([
  ['1.10', '1.10', true],
  ['{"a":[1e400]}', '{ "a": [1e400] }', true],
  ['1.10', '1.1', false],
  ['1.10', '1.100', false],
  ['9007199254740993', '9007199254740992', false],
  ['1e400', 'null', false],
  ['1.10', '"1.10"', false],
  ['1.10', '{"rawJSON":"1.10"}', false],
  ['1.10', '{}', false],
])('%s equals %s: %s', ([a, b, expected]) => {
  expect([sameJson(parsed(a), parsed(b)), sameJson(parsed(b), parsed(a))]).toEqual([expected, expected]);
});

test.for<[string, unknown]>([
  ['80.0', 80],
  ['8e1', 80],
  ['-0', 0],
  ['80', 80],
  ['"80.0"', '80.0'],
  ['null', null],
])('the plain number of %s is %j', ([text, expected]) => {
  expect(toPlainNumber(parsed(text))).toBe(expected);
});

test.for(['1.10', '1e400', '9007199254740993'])('%s has no plain number of the same value', (digits) => {
  expect(JSON.stringify(toPlainNumber(parsed(digits)))).toBe(digits);
});
