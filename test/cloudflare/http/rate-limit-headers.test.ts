import { expect, test } from 'vitest';
import { parseLimits } from '../../../src/cloudflare/http/rate-limit-headers.ts';

test('reads the headers of a recorded response', () => {
  const headers = { ratelimit: '"default";r=1199;t=1', 'ratelimit-policy': '"default";q=1200;w=300' };
  expect(parseLimits(200, headers)).toEqual({
    status: 200,
    retryAfterMs: 0,
    quotas: [{ remaining: 1199, size: 1200, resetMs: 1000 }],
  });
});

test.for([
  {
    reason: 'several items',
    ratelimit: '"a";r=1;t=2, "b";r=3;t=4',
    policy: '"b";q=9;w=1,"a";q=5;w=1',
    found: [
      [1, 5, 2000],
      [3, 9, 4000],
    ],
  },
  {
    reason: 'other parameters',
    ratelimit: '"a";pk=:cHsdsRa894==:;r=1; t=2;x',
    policy: '"a";q=5',
    found: [[1, 5, 2000]],
  },
  { reason: 'an absent policy', ratelimit: '"a";r=1;t=2', policy: undefined, found: [[1, null, 2000]] },
  { reason: 'a policy for another name', ratelimit: '"a";r=1;t=2', policy: '"b";q=5', found: [[1, null, 2000]] },
  {
    reason: 'two headers',
    ratelimit: ['"a";r=1;t=2', '"b";r=3;t=4'],
    policy: undefined,
    found: [
      [1, null, 2000],
      [3, null, 4000],
    ],
  },
  { reason: 'a malformed item beside a valid one', ratelimit: '"a";r=1;t=2, "b', policy: undefined, found: [] },
  { reason: 'a name without quotes', ratelimit: 'a;r=1;t=2', policy: undefined, found: [] },
  { reason: 'an inner list', ratelimit: '("a" "b");r=1;t=2', policy: undefined, found: [] },
  { reason: 'an absent time', ratelimit: '"a";r=1', policy: undefined, found: [] },
  { reason: 'a negative number', ratelimit: '"a";r=-1;t=2', policy: undefined, found: [] },
  { reason: 'a fraction', ratelimit: '"a";r=1.5;t=2', policy: undefined, found: [] },
  {
    reason: 'an older draft of the header',
    ratelimit: 'limit=100, remaining=50, reset=5',
    policy: undefined,
    found: [],
  },
  { reason: 'characters that are not a list', ratelimit: ';;"""";=,', policy: '"', found: [] },
])('reads quotas with $reason', ({ ratelimit, policy, found }) => {
  const { quotas } = parseLimits(200, { ratelimit, 'ratelimit-policy': policy });
  expect(quotas.map(({ remaining, size, resetMs }) => [remaining, size, resetMs])).toEqual(found);
});

test.for([
  { header: '120', ms: 120_000 },
  { header: ' 7 ', ms: 7000 },
  { header: 'Tue, 24 Nov 2026 12:00:30 GMT', ms: 30_000 },
  { header: 'Tue, 24 Nov 2026 11:59:00 GMT', ms: 0, reason: 'in the past' },
  { header: '-45', ms: 0, reason: 'Date.parse would read a year' },
  { header: '49.5', ms: 0, reason: 'Date.parse would read a month and a day' },
  { header: '45 (busy)', ms: 0 },
  { header: 'wait 40', ms: 0 },
  { header: '2030-01-01', ms: 0 },
  { header: 'Tue, 99 Xyz 2026 12:00:30 GMT', ms: 0 },
  { header: '9'.repeat(400), ms: 0 },
])('reads Retry-After "$header" in a response from noon as $ms ms', ({ header, ms }) => {
  const { retryAfterMs } = parseLimits(429, { 'retry-after': header, date: 'Tue, 24 Nov 2026 12:00:00 GMT' });
  expect(retryAfterMs).toBe(ms);
});

test('reads the first of several Retry-After headers', () => {
  expect(parseLimits(429, { 'retry-after': ['5', '60'] }).retryAfterMs).toBe(5000);
});

test('counts a Retry-After date from the local time when the response has no valid Date', () => {
  const { retryAfterMs } = parseLimits(429, {
    'retry-after': new Date(Date.now() + 60_000).toUTCString(),
    date: 'noon',
  });
  expect(retryAfterMs).toBeGreaterThan(57_000);
  expect(retryAfterMs).toBeLessThanOrEqual(60_000);
});

test.for([200, 204, 301, 400, 403, 404])('Retry-After has no meaning with status %i', (status) => {
  expect(parseLimits(status, { 'retry-after': '3600' }).retryAfterMs).toBe(0);
});

test.for([408, 429, 500, 502, 503, 504, 522])('Retry-After is followed with status %i', (status) => {
  expect(parseLimits(status, { 'retry-after': '3600' }).retryAfterMs).toBe(3_600_000);
});
