import { expect, test } from 'vitest';
import { parseRate } from '../../../src/core/base/rate.ts';

test.for([
  ['1100/5m', { requests: 1100, ms: 300_000, text: '1100/5m' }],
  [' 150 / 1s ', { requests: 150, ms: 1000, text: '150/1s' }],
  ['1/500ms', { requests: 1, ms: 500, text: '1/500ms' }],
  ['0/1s', null],
  ['10/0', null],
  ['10/0.1ms', null],
  ['1.5/1s', null],
  ['-1/1s', null],
  ['10', null],
  ['10/s', null],
  ['/1s', null],
  ['10/1s/1s', null],
  ['12345678901/1s', null],
  ['', null],
] as const)('reads %j as %j', ([text, rate]) => {
  expect(parseRate(text)).toEqual(rate);
});
