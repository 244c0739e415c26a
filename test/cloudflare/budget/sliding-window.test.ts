import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlidingWindow } from '../../../src/cloudflare/budget/sliding-window.ts';

const rate = { requests: 3, ms: 100, text: '3/100ms' };

test('lets as many requests start at once as the rate allows', () => {
  const window = new SlidingWindow(rate);
  for (let count = 0; count < 3; count += 1) {
    expect(window.freeAt(0, 'PUT')).toBe(0);
    window.begin('PUT');
  }
  expect(window.freeAt(0, 'PUT')).toBe(Infinity);
});

test('lets another request start one window length after the end of a request, not after its start', () => {
  const window = new SlidingWindow(rate);
  for (let count = 0; count < 3; count += 1) window.begin('PUT');
  window.end(40, 'PUT');
  window.end(70, 'PUT');
  expect(window.freeAt(80, 'PUT')).toBe(140);
  expect(window.freeAt(139, 'PUT')).toBe(140);
  expect(window.freeAt(140, 'PUT')).toBe(0);
  window.begin('PUT');
  expect(window.freeAt(140, 'PUT')).toBe(170);
});

test.for([
  { updates: 0, lists: 5, reason: 'half of the window' },
  { updates: 4, lists: 3, reason: 'half of the rest' },
  { updates: 9, lists: 1, reason: 'a list is possible as long as anything is left' },
  { updates: 10, lists: 0, reason: 'nothing is left' },
])('lets $lists lists start beside $updates updates: $reason', ({ updates, lists }) => {
  const window = new SlidingWindow({ requests: 10, ms: 100, text: '10/100ms' });
  for (let count = 0; count < updates; count += 1) window.begin('PUT');
  for (let count = 0; count < lists; count += 1) {
    expect(window.freeAt(0, 'GET')).toBe(0);
    window.begin('GET');
  }
  expect(window.freeAt(0, 'GET')).toBe(Infinity);
  const left = 10 - updates - lists;
  expect(window.left(0)).toBe(left);
  for (let count = 0; count < left; count += 1) {
    expect(window.freeAt(0, 'PUT')).toBe(0);
    window.begin('PUT');
  }
  expect(window.freeAt(0, 'PUT')).toBe(Infinity);
});

test('lets another list start as soon as enough earlier requests have expired', () => {
  const window = new SlidingWindow({ requests: 4, ms: 100, text: '4/100ms' });
  for (const method of ['PUT', 'GET', 'PUT', 'GET'] as const) window.begin(method);
  window.end(10, 'PUT');
  window.end(20, 'GET');
  window.end(30, 'PUT');
  expect(window.freeAt(40, 'PUT')).toBe(110);
  // Two lists of four are half of what no update uses. Only after the first list has expired, less than half is in use.
  expect(window.freeAt(40, 'GET')).toBe(120);
  expect(window.freeAt(119, 'GET')).toBe(120);
  expect(window.freeAt(120, 'GET')).toBe(0);
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
        for (let at = window.freeAt(now, 'PUT'); at > now; at = window.freeAt(now, 'PUT')) {
          // Time moves on to the next free slot or to the next end, whichever is earlier.
          now = Math.min(at, ...ends);
          for (const end of ends.filter((each) => each <= now).sort((a, b) => a - b)) {
            ends.splice(ends.indexOf(end), 1);
            window.end(end, 'PUT');
          }
        }
        window.begin('PUT');
        arrivals.push(now + (latency * skew) / 100);
        ends.push(now + latency);
      }
      for (const from of arrivals) {
        expect(arrivals.filter((at) => at >= from && at < from + 100).length).toBeLessThanOrEqual(requests);
      }
    }),
  );
});
