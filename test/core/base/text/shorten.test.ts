import { expect, test } from 'vitest';
import { shorten } from '../../../../src/core/base/text/shorten.ts';

test.each([
  ['abc', 'abc'],
  ['abcd', 'abcd'],
  ['abcde', 'abc…'],
  ['ab\u{1F600}e', 'ab…'],
  ['a\u{1F600}ef', 'a\u{1F600}…'],
  ['\uD83D', '\uFFFD'],
])('shortens %j to %j', (text, expected) => {
  expect(shorten(text, 4)).toBe(expected);
});
