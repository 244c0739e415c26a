import { describe, expect, test } from 'vitest';
import { Hold } from '../../../src/cloudflare/budget/hold.ts';
import type { ResponseLimits } from '../../../src/cloudflare/http/rate-limit-headers.ts';

const limits = (status: number, retryAfterMs = 0): ResponseLimits => ({ status, retryAfterMs, quotas: [] });
const maximumJitter = () => new Hold(() => 1);

test('lets requests start at once before any response', () => {
  expect(maximumJitter().nextStart(3)).toMatchObject({ at: 0 });
  expect(maximumJitter().remainingMs(10)).toBe(0);
});

test.for([
  { status: 429, retryAfterMs: 5000, ms: 5000, reason: 'the API asked the client to wait 5s (HTTP 429)' },
  { status: 503, retryAfterMs: 5000, ms: 5000, reason: 'the API asked the client to wait 5s (HTTP 503)' },
  { status: 429, retryAfterMs: 0, ms: 1000, reason: 'the API returned HTTP 429 (too many requests)' },
  { status: 503, retryAfterMs: 86_400_000, ms: 3_600_000, reason: 'the API asked the client to wait 24h (HTTP 503)' },
])(
  'holds requests back for $ms ms after HTTP $status with $retryAfterMs ms',
  ({ status, retryAfterMs, ms, reason }) => {
    const hold = maximumJitter();
    hold.record(limits(status, retryAfterMs), 90, 100);
    expect(hold.nextStart(0)).toEqual({ at: 100 + ms, reason });
    expect(hold.remainingMs(100)).toBe(ms);
    expect(hold.remainingMs(100 + ms)).toBe(0);
  },
);

test('waits half as long after a 429 without Retry-After when the jitter is at its minimum', () => {
  const hold = new Hold(() => 0);
  hold.record(limits(429), 0, 100);
  expect(hold.remainingMs(100)).toBe(500);
});

describe('after a 429', () => {
  test('lets only one request be in flight until a later one succeeds', () => {
    const hold = maximumJitter();
    hold.record(limits(429), 0, 100);
    expect(hold.nextStart(1)).toMatchObject({ at: Infinity });
    hold.record(limits(200), 50, 200); // It started before the refusal.
    expect(hold.nextStart(1)).toMatchObject({ at: Infinity });
    hold.record(limits(200), 1100, 1200);
    expect(hold.nextStart(1)).toMatchObject({ at: 1100 });
  });

  test('doubles the wait only for a request that started after the refusal', () => {
    const hold = maximumJitter();
    hold.record(limits(429), 0, 100);
    hold.record(limits(429), 0, 110);
    expect(hold.remainingMs(110)).toBe(1000);
    hold.record(limits(429), 1200, 1300);
    expect(hold.remainingMs(1300)).toBe(2000);
  });
});
