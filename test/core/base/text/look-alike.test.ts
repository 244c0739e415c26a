import { expect, test } from 'vitest';
import { escapeNonAscii, looksAlike } from '../../../../src/core/base/text/look-alike.ts';
import { formatValues } from '../../../../src/core/base/format-value.ts';

test.for([
  ['a no-break space', 'orders db', 'orders\u00a0db'],
  ['an em space', 'orders db', 'orders\u2003db'],
  ['composed and decomposed letters', 'caf\u00e9', 'cafe\u0301'],
  ['a zero-width space', 'orders-db', 'orders-\u200bdb'],
  ['a variation selector', 'orders-db', 'orders-db\ufe0f'],
  ['a Hangul filler', 'orders-db', 'orders-db\u3164'],
  ['a Cyrillic letter', 'orders', '\u043erders'],
  ['a Greek letter', 'A', '\u0391'],
  ['a fullwidth letter', 'db', '\uff44b'],
  ['a hyphen', 'orders-db', 'orders\u2010db'],
  ['a ligature', 'fi', '\ufb01'],
])('%s looks like ASCII', ([, one = '', other = '']) => {
  expect(looksAlike(one, other)).toBe(true);
  expect(looksAlike(other, one)).toBe(true);
  const [first, second] = formatValues(one, other);
  expect(first + second).toMatch(/^[\x20-\x7e]*$/);
  expect(first).not.toBe(second);
});

test.for([
  ['db', 'db'],
  ['db', 'dc'],
  ['Köln', 'Koln'],
  ['日本', '中国'],
])('%s and %s do not look alike', ([one = '', other = '']) => {
  expect(looksAlike(one, other)).toBe(false);
});

test('escapes by code point', () => {
  expect(escapeNonAscii('a\u00a0\u{1f600}')).toBe(String.raw`a\u{a0}\u{1f600}`);
});
