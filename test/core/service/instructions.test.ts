import { expect, test } from 'vitest';
import type { Json } from '../../../src/core/base/json.ts';
import { describePause, isActive, nextExpiry, readInstructions } from '../../../src/core/service/instructions.ts';

const paused = (pause: Json) => readInstructions({ pause }).pause;
const describeEach = (pause: Json) => [paused(pause)].flatMap((term) => (term === null ? [] : describePause(term)));

test.for<readonly [pause: Json, text: string]>([
  [true, 'paused by its declaration'],
  [{ until: '2027-01-31' }, 'paused until 2027-01-31'],
  [{ reason: 'vendor migration' }, 'paused: vendor migration'],
  [{ until: '2027-01-31', reason: 'vendor migration' }, 'paused until 2027-01-31: vendor migration'],
])('a pause %j is described with its end and its reason', ([pause, text]) => {
  expect(describeEach(pause)).toEqual([text]);
});

const holds = (pause: Json, now: number) => [paused(pause)].map((term) => term !== null && isActive(term, now));

test('an instruction holds until its moment, and without one for good', () => {
  const ends = Date.UTC(2027, 0, 31);
  expect(holds({ until: '2027-01-31' }, ends - 1)).toEqual([true]);
  expect(holds({ until: '2027-01-31' }, ends)).toEqual([false]);
  expect(holds(true, Infinity)).toEqual([true]);
});

test('the next end is the earliest one that has not passed', () => {
  const instructions = [
    readInstructions(undefined),
    readInstructions({ ignore: [{ path: 'host', until: '2027-03-01' }] }),
    readInstructions({ pause: { until: '2027-02-01' } }),
  ];
  expect(nextExpiry(instructions, 0)).toBe(Date.UTC(2027, 1, 1));
  expect(nextExpiry(instructions, Date.UTC(2027, 1, 1))).toBe(Date.UTC(2027, 2, 1));
  expect(nextExpiry(instructions, Date.UTC(2027, 2, 1))).toBeNull();
});

test('a block with mistakes can be read', () => {
  expect(readInstructions({ ignore: [7, { reason: 'x' }], pause: 'soon', renamed_from: 7 })).toMatchObject({
    ignore: [{ path: '' }, { path: '', reason: 'x' }],
    pause: null,
    renamedFrom: null,
  });
});
