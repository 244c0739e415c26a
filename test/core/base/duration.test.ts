import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/core/base/duration.ts';

test.for([
  ['0', 0],
  ['500ms', 500],
  ['2s', 2000],
  ['1.5m', 90_000],
  ['0.4ms', 0],
  ['480h', 1_728_000_000],
  ['480.1h', null],
  ['5', null],
  ['5 m', null],
  ['-1s', null],
  ['1d', null],
  ['', null],
] as const)('reads %j as %s ms', ([text, ms]) => {
  expect(parseDuration(text)).toBe(ms);
});

test.for([
  [0, '0ms'],
  [0.4, '0ms'],
  [850, '850ms'],
  [999.4, '999ms'],
  [999.6, '1s'],
  [1000, '1s'],
  [12_400, '12s'],
  [59_999, '1m'],
  [252_000, '4m 12s'],
  [300_000, '5m'],
  [3_600_000, '1h'],
  [3_605_000, '1h'],
  [5_400_000, '1h 30m'],
] as const)('writes %s ms as %s', ([ms, text]) => {
  expect(formatDuration(ms)).toBe(text);
});

test('writes a duration in one unit as it was read', () => {
  fc.assert(
    fc.property(fc.constantFrom('ms', 's', 'm', 'h'), fc.integer({ min: 1, max: 20 }), (unit, number) => {
      expect(formatDuration(parseDuration(`${number}${unit}`) ?? -1)).toBe(`${number}${unit}`);
    }),
  );
});
