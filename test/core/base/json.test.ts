import { expect, test } from 'vitest';
import { isDeeperThan, isObject, sameJson } from '../../../src/core/base/json.ts';
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
