import { expect, test } from 'vitest';
import { slidingLimit } from '../../../src/emulator/scenario/rate-limit.ts';

const twoInASecond = { requests: 2, ms: 1000, text: '2/1s' };

test('allows a number of requests in any window, and returns how many remain and when the next one is allowed', () => {
  const { arrive } = slidingLimit(twoInASecond, 0);
  expect(arrive(0)).toEqual({ state: 'within', remaining: 1, freeInMs: 1000 });
  expect(arrive(600)).toEqual({ state: 'within', remaining: 0, freeInMs: 400 });
  expect(arrive(999)).toEqual({ state: 'crossed', remaining: 0, freeInMs: 1 });
  expect(arrive(1000)).toEqual({ state: 'within', remaining: 0, freeInMs: 600 });
  expect(arrive(1599)).toMatchObject({ state: 'crossed', freeInMs: 1 });
  expect(arrive(1600)).toMatchObject({ state: 'within' });
});

test('a request over the limit blocks all requests, and waiting as long as asked is enough', () => {
  const { arrive } = slidingLimit(twoInASecond, 5000);
  for (const at of [0, 1, 2]) arrive(at);
  expect(arrive(3)).toEqual({ state: 'blocked', remaining: 0, freeInMs: 4999 });
  expect(arrive(5001)).toMatchObject({ state: 'blocked', freeInMs: 1 });
  expect(arrive(5002)).toEqual({ state: 'within', remaining: 1, freeInMs: 1000 });
});

test('after a block shorter than the window, earlier requests still count', () => {
  const { arrive } = slidingLimit(twoInASecond, 100);
  for (const at of [0, 1]) arrive(at);
  expect(arrive(2)).toEqual({ state: 'crossed', remaining: 0, freeInMs: 998 });
  expect(arrive(102)).toMatchObject({ state: 'crossed', freeInMs: 898 });
  expect(arrive(1000)).toMatchObject({ state: 'within' });
});
