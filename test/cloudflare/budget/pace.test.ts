import { expect, test } from 'vitest';
import { Pace } from '../../../src/cloudflare/budget/pace.ts';

test('does not delay requests before any response', () => {
  expect(new Pace().nextStart(100, 99).at).toBe(0);
});

test.for([
  { remaining: 9, size: 100, at: 1900, reason: 'one request a second' },
  { remaining: 10, size: 100, at: 0, reason: 'a tenth is not low' },
  { remaining: 9, size: null, at: 1900, reason: 'a quota of unknown size counts as 100' },
  { remaining: 0, size: 100, at: 10_900, reason: 'nothing is left until the renewal' },
])('with $remaining of $size requests left for 10 s, lets the next one start at $at', ({ remaining, size, at }) => {
  const pace = new Pace();
  pace.record([{ remaining, size, resetMs: 10_000 }], 1000);
  expect(pace.nextStart(1000, 900).at).toBe(at);
});

test('follows the slowest of several quotas until the latest renewal', () => {
  const pace = new Pace();
  pace.record(
    [
      { remaining: 1, size: 100, resetMs: 1000 },
      { remaining: 3, size: 100, resetMs: 8000 },
    ],
    0,
  );
  expect(pace.nextStart(100, 0)).toEqual({ at: 2000, reason: 'the API reports that few requests are left' });
  expect(pace.nextStart(7900, 7800).at).toBe(8000);
  expect(pace.nextStart(8000, 7900).at).toBe(0);
});
