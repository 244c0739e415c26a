import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkTokens, checkLimits } from '../../../../src/core/load/yaml/limits.ts';

/** Pieces of texts that are within the limits, and of texts that are not. */
const piece = fc.constantFrom(
  'name: web\n',
  'resolver_ips: [10.0.0.53, 10.0.0.54]\n',
  '  - a\n',
  '- - - ',
  '? ',
  ': ',
  '[',
  ']',
  '[]',
  '[a, [b]]',
  '{',
  '}',
  "'",
  '"',
  '# ',
  '\n',
  '%YAML 1.1\n',
  '---\n',
  '&a ',
  '*a ',
  '!t ',
  '|\n  text\n',
  'a[0] b',
  'a - [',
  'a: [',
  '!<[ ',
  '|',
  'a: [: ]\n',
  '- b: [b, c:d, ::1]\n',
  '  c: [d, e] # f\n',
  '\t',
  ' '.repeat(100),
  '\\',
);

test('the quick check of plain texts agrees with counting the tokens', () => {
  const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, (text) => {
      expect(checkLimits(text)).toEqual(checkTokens(text));
    }),
    { numRuns: process.env['FULL'] === '1' ? 300_000 : 10_000 },
  );
});
