import { expect, test } from 'vitest';
import { diffList } from '../../../src/core/report/list-diff.ts';

test('compares lists by their elements, in order', () => {
  expect(diffList({ path: 'x', live: ['a', 'b'], declared: ['a', 'c'] })).toEqual([
    { side: 'both', text: 'a' },
    { side: 'live', text: 'b' },
    { side: 'declared', text: 'c' },
  ]);
});

test.for([
  { what: 'no list', live: 1, declared: 2 },
  { what: 'a list of one element', live: null, declared: ['a'] },
  { what: 'a list and another value', live: ['a', 'b'], declared: 'a' },
])('returns null for $what', ({ live, declared }) => {
  expect(diffList({ path: 'x', live, declared })).toBeNull();
});

test('escapes elements that look like each other', () => {
  expect(diffList({ path: 'x', live: ['a', 'é', 'ü'], declared: ['a', 'e\u0301', 'ü'] })).toEqual([
    { side: 'both', text: 'a' },
    { side: 'live', text: String.raw`"\u{e9}"` },
    { side: 'declared', text: String.raw`"e\u{301}"` },
    { side: 'both', text: '"ü"' },
  ]);
});
