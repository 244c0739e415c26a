import { expect, test } from 'vitest';
import { compareText } from '../../../src/core/base/order.ts';
import { byLocation } from '../../../src/core/load/problem.ts';
import type { Problem } from '../../../src/core/load/problem.ts';

const at = (file: string, line: number, column: number, message: string): Problem => ({
  file,
  line,
  column,
  path: null,
  message,
});

test('sorts problems by file, line, column and message', () => {
  const sorted = [
    at('B.yaml', 9, 9, 'z'),
    at('a.yaml', 2, 9, 'z'),
    at('a.yaml', 10, 3, 'z'),
    at('a.yaml', 10, 20, 'a'),
    at('a.yaml', 10, 20, 'b'),
    at('a.yaml', 10, 20, 'b'),
    at('b.yaml', 1, 1, 'a'),
  ];
  expect(sorted.toReversed().sort(byLocation)).toEqual(sorted);
});

test.for([
  ['a', 'b', -1],
  ['b', 'a', 1],
  ['a', 'a', 0],
  ['B', 'a', -1],
  ['a', 'ä', -1],
  ['z', 'ä', -1],
  ['', 'a', -1],
] as const)('"%s" and "%s" compare as %i, in every locale', ([a, b, expected]) => {
  expect(compareText(a, b)).toBe(expected);
});
