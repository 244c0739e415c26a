import { expect, test } from 'vitest';
import { ThrottleTime } from '../../../src/cloudflare/budget/throttle-time.ts';

test('adds up the periods between start and stop, and counts the current one', () => {
  const time = new ThrottleTime();
  expect(time.totalMs(50)).toBe(0);
  time.start(100);
  time.start(150);
  expect(time.totalMs(170)).toBe(70);
  time.stop(200);
  time.stop(300);
  expect(time.totalMs(400)).toBe(100);
  time.start(500);
  expect(time.totalMs(510)).toBe(110);
});
