import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlidingWindow } from '../../../src/cloudflare/budget/sliding-window.ts';

const rate = { requests: 3, ms: 100, text: '3/100ms' };

test('lets as many requests start at once as the rate allows', () => {
  const window = new SlidingWindow(rate);
  for (let count = 0; count < 3; count += 1) {
    expect(window.freeAt(0)).toBe(0);
    window.begin();
  }
  expect(window.freeAt(0)).toBe(Infinity);
});

test('lets another request start one window length after the end of a request, not after its start', () => {
  const window = new SlidingWindow(rate);
  for (let count = 0; count < 3; count += 1) window.begin();
  window.end(40);
  window.end(70);
  expect(window.freeAt(80)).toBe(140);
  expect(window.freeAt(139)).toBe(140);
  expect(window.freeAt(140)).toBe(0);
  window.begin();
  expect(window.freeAt(140)).toBe(170);
});

test('never lets more requests reach the server within a window length than the rate allows', () => {
  const latencies = fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), latencies, fc.integer({ min: 0, max: 100 }), (requests, all, skew) => {
      const window = new SlidingWindow({ requests, ms: 100, text: '' });
      const arrivals: number[] = [];
      const ends: number[] = [];
      let now = 0;
      for (const latency of all) {
        for (let at = window.freeAt(now); at > now; at = window.freeAt(now)) {
          // Time moves on to the next free slot or to the next end, whichever is earlier.
          now = Math.min(at, ...ends);
          for (const end of ends.filter((each) => each <= now).sort((a, b) => a - b)) {
            ends.splice(ends.indexOf(end), 1);
            window.end(end);
          }
        }
        window.begin();
        arrivals.push(now + (latency * skew) / 100);
        ends.push(now + latency);
      }
      for (const from of arrivals) {
        expect(arrivals.filter((at) => at >= from && at < from + 100).length).toBeLessThanOrEqual(requests);
      }
    }),
  );
});
