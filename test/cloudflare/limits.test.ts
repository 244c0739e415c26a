import { expect, test } from 'vitest';
import { limitsOf } from '../../src/cloudflare/limits.ts';

test('an answer as it was observed', () => {
  const headers = { ratelimit: '"default";r=1199;t=1', 'ratelimit-policy': '"default";q=1200;w=300' };
  expect(limitsOf(200, headers)).toEqual({
    status: 200,
    retryAfterMs: 0,
    quotas: [{ remaining: 1199, of: 1200, resetMs: 1000 }],
  });
});

test.for([
  {
    reason: 'several',
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
  { reason: 'no policy', ratelimit: '"a";r=1;t=2', policy: undefined, found: [[1, null, 2000]] },
  { reason: 'a policy of another name', ratelimit: '"a";r=1;t=2', policy: '"b";q=5', found: [[1, null, 2000]] },
  {
    reason: 'two headers',
    ratelimit: ['"a";r=1;t=2', '"b";r=3;t=4'],
    policy: undefined,
    found: [
      [1, null, 2000],
      [3, null, 4000],
    ],
  },
  { reason: 'no time', ratelimit: '"a";r=1', policy: undefined, found: [] },
  { reason: 'a remainder that is no whole number', ratelimit: '"a";r=-1;t=2', policy: undefined, found: [] },
  { reason: 'a fraction', ratelimit: '"a";r=1.5;t=2', policy: undefined, found: [] },
  { reason: 'the older form', ratelimit: 'limit=100, remaining=50, reset=5', policy: undefined, found: [] },
  { reason: 'nonsense', ratelimit: ';;"""";=,', policy: '"', found: [] },
])('quotas with $reason', ({ ratelimit, policy, found }) => {
  const { quotas } = limitsOf(200, { ratelimit, 'ratelimit-policy': policy });
  expect(quotas.map(({ remaining, of, resetMs }) => [remaining, of, resetMs])).toEqual(found);
});
