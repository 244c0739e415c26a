import { getEventListeners } from 'node:events';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { requestBudget } from '../../../src/cloudflare/budget/request-budget.ts';
import type { Budget, Wait } from '../../../src/cloudflare/budget/request-budget.ts';
import type { ResponseLimits } from '../../../src/cloudflare/http/rate-limit-headers.ts';
import { failure, FailureError } from '../../../src/core/base/failure.ts';
import { parseRate } from '../../../src/core/base/rate.ts';
import { failed } from '../client.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
});

const MINUTE = 60_000;
const success: ResponseLimits = { status: 200, retryAfterMs: 0, quotas: [] };
const tooMany = (retryAfterMs = 0): ResponseLimits => ({ status: 429, retryAfterMs, quotas: [] });
const quota = (remaining: number, size: number | null, resetMs: number): ResponseLimits => ({
  ...success,
  quotas: [{ remaining, size, resetMs }],
});

const neverAborted = new AbortController().signal;

/** Returns a budget and the waits that it reports. The jitter is at its maximum. */
function budgetOf(...texts: readonly string[]): { readonly budget: Budget; readonly waits: readonly Wait[] } {
  const waits: Wait[] = [];
  const rates = texts.flatMap((text) => parseRate(text) ?? []);
  return { budget: requestBudget({ rates, random: () => 1, onWait: (wait) => void waits.push(wait) }), waits };
}

/** Makes `count` requests of `ms` each with the same response; `started` contains the time of each start. */
function requests(
  budget: Budget,
  count: number,
  { ms = 0, limits = success }: { ms?: number; limits?: ResponseLimits | null } = {},
) {
  const start = performance.now();
  const started: number[] = [];
  const all = Array.from({ length: count }, async () => {
    const end = await budget.take('PUT', neverAborted);
    started.push(Math.round(performance.now() - start));
    await new Promise((resolve) => setTimeout(resolve, ms));
    end(limits);
  });
  return { started, all: Promise.all(all) };
}

/** Requests `count` turns of one kind; returns the times at which they started. */
async function take(budget: Budget, method: 'GET' | 'PUT', count: number) {
  const started: number[] = [];
  const start = performance.now();
  const takeOne = async () => {
    const end = await budget.take(method, neverAborted);
    started.push(performance.now() - start);
    end(success);
  };
  for (let each = 0; each < count; each += 1) void takeOne();
  await advance(0);
  return started;
}

const advance = async (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('the request budget', () => {
  test('lets requests start at once until it is used up, then as its window moves on', async () => {
    const { budget } = budgetOf('3/1s');
    const { started } = requests(budget, 8, { ms: 100 });
    await advance(0);
    expect(started).toEqual([0, 0, 0]);
    await advance(5000);
    expect(started).toEqual([0, 0, 0, 1100, 1100, 1100, 2200, 2200]);
  });

  test('counts no request that was not sent after all', async () => {
    const { budget } = budgetOf('1/1s');
    const end = await budget.take('PUT', neverAborted);
    const { started } = requests(budget, 2);
    await advance(0);
    expect(started).toEqual([]);
    end('unused');
    await advance(0);
    expect(started).toEqual([0]);
    await advance(1000);
    expect(started).toEqual([0, 1000]);
  });

  test('keeps within all of its windows', async () => {
    const { budget } = budgetOf('4/10s', '2/1s');
    const { started } = requests(budget, 6);
    await advance(20_000);
    expect(started).toEqual([0, 0, 1000, 1000, 10_000, 10_000]);
  });

  test('reports how many requests may start in each window', async () => {
    const { budget } = budgetOf('4/10s', '2/1s');
    expect(budget.windows()).toEqual([
      { limit: 4, ms: 10_000, left: 4 },
      { limit: 2, ms: 1000, left: 2 },
    ]);
    requests(budget, 3);
    await advance(0);
    expect(budget.windows().map(({ left }) => left)).toEqual([2, 0]);
    await advance(1000);
    expect(budget.windows().map(({ left }) => left)).toEqual([1, 1]);
  });

  test('waits for a request in flight when all slots are in use', async () => {
    const { budget } = budgetOf('1/1s');
    const { started } = requests(budget, 2, { ms: 3000 });
    await advance(3999);
    expect(started).toEqual([0]);
    await advance(1);
    expect(started).toEqual([0, 4000]);
  });

  test('is never exceeded and never left unused with any latencies', async () => {
    const latencies = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), latencies, async (number, all) => {
        const { budget } = budgetOf(`${number}/1s`);
        const start = performance.now();
        const times: { readonly startedAt: number; readonly endedAt: number }[] = [];
        const done = Promise.all(
          all.map(async (ms) => {
            const end = await budget.take('PUT', neverAborted);
            const startedAt = performance.now() - start;
            await new Promise((resolve) => setTimeout(resolve, ms));
            end(success);
            times.push({ startedAt, endedAt: startedAt + ms });
          }),
        );
        await advance(all.length * 1500);
        await done;
        for (const { endedAt: from } of times) {
          expect(
            times.filter(({ startedAt, endedAt }) => endedAt >= from && startedAt < from + 1000).length,
          ).toBeLessThanOrEqual(number);
        }
        // Batches of `number`; each starts at most one window and the longest latency after the previous one.
        expect(Math.max(...times.map(({ startedAt }) => startedAt))).toBeLessThanOrEqual(
          Math.floor(all.length / number) * 1401,
        );
      }),
      { numRuns: 50 },
    );
  });

  test('reports a long wait once, with its duration and reason', async () => {
    const { budget, waits } = budgetOf('2/5m');
    requests(budget, 6);
    await advance(0);
    expect(waits).toEqual([{ ms: 5 * MINUTE, reason: 'the request budget of 2/5m is used up' }]);
    await advance(5 * MINUTE + 1);
    expect(waits).toHaveLength(2);
    await advance(5 * MINUTE + 1);
    expect(waits).toHaveLength(2);
  });

  test('does not report a short wait', async () => {
    const { budget, waits } = budgetOf('1/1s');
    requests(budget, 5);
    await advance(10_000);
    expect(waits).toEqual([]);
  });

  test('counts the time in which at least one request waits', async () => {
    const { budget } = budgetOf('2/1s');
    requests(budget, 4);
    expect(budget.throttledMs()).toBe(0);
    await advance(500);
    expect(budget.throttledMs()).toBe(500);
    await advance(5000);
    expect(budget.throttledMs()).toBe(1000);
  });
});

describe('lists', () => {
  test('leave half of the budget to updates, which start while lists wait', async () => {
    const { budget, waits } = budgetOf('20/5m');
    const lists = await take(budget, 'GET', 100);
    expect(lists).toHaveLength(10);
    expect(waits).toEqual([{ ms: 5 * MINUTE, reason: 'lists have used their share of the request budget of 20/5m' }]);
    const updates = await take(budget, 'PUT', 10);
    expect(updates).toEqual(Array.from({ length: 10 }, () => 0));
    await advance(5 * MINUTE);
    expect(lists).toHaveLength(20);
  });

  test('start although updates have used most of the budget', async () => {
    const { budget } = budgetOf('1100/5m');
    await take(budget, 'PUT', 1000);
    expect(await take(budget, 'GET', 60)).toHaveLength(50);
    expect(await take(budget, 'PUT', 60)).toHaveLength(50);
  });

  test('go before updates that wait for the same time', async () => {
    const { budget } = budgetOf('1/1s');
    await take(budget, 'PUT', 1);
    const order: string[] = [];
    const takeOne = async (method: 'GET' | 'PUT') => {
      const end = await budget.take(method, neverAborted);
      order.push(method);
      end(success);
    };
    for (const method of ['PUT', 'PUT', 'GET'] as const) void takeOne(method);
    await advance(3001);
    expect(order).toEqual(['GET', 'PUT', 'PUT']);
  });

  test('are refused together with updates if the API asks for a long wait', async () => {
    const { budget } = budgetOf('1/1s');
    const end = await budget.take('PUT', neverAborted);
    const waiting = [failed(budget.take('GET', neverAborted)), failed(budget.take('PUT', neverAborted))];
    end(tooMany(11 * MINUTE));
    for (const { message } of await Promise.all(waiting)) expect(message).toContain('the client to wait 11m');
  });

  test.for([
    { rates: ['1100/5m', '150/1s'], used: 0, gapMs: 1364, reason: 'lists use a fifth of the default budget' },
    { rates: ['1100/5m', '150/1s'], used: 600, gapMs: 3000, reason: 'lists use a fifth of what is left' },
    { rates: ['100/5m'], used: 0, gapMs: 10_000, reason: 'a gap is at most ten seconds' },
    { rates: ['2/1s'], used: 0, gapMs: 1000, reason: 'a window is free again after its length' },
    { rates: ['100000/1s'], used: 0, gapMs: 0, reason: 'a large budget needs no gap' },
  ])('are $gapMs ms apart with $rates, $used used: $reason', async ({ rates, used, gapMs }) => {
    const { budget } = budgetOf(...rates);
    requests(budget, used);
    await advance(30_000);
    expect(Math.round(budget.listGapMs())).toBe(gapMs);
  });
});

test.for([
  { rates: ['1100/5m', '150/1s'], used: 0, spare: 275, reason: 'a quarter of the default budget' },
  { rates: ['1100/5m', '150/1s'], used: 200, spare: 75, reason: 'other requests count' },
  { rates: ['1100/5m', '150/1s'], used: 600, spare: 1, reason: 'one for each pass' },
  { rates: ['2/5m'], used: 0, spare: 1, reason: 'one for each pass' },
  { rates: ['150/1s'], used: 150, spare: Infinity, reason: 'a short window is soon free again' },
])('leaves $spare retries with $rates, $used used: $reason', async ({ rates, used, spare }) => {
  const { budget } = budgetOf(...rates);
  requests(budget, used);
  await advance(30_000);
  expect(budget.spareRequests()).toBe(spare);
});

test('lets the caller react to a refusal before the next request starts', async () => {
  const { budget } = budgetOf('1/1s');
  const controller = new AbortController();
  const end = await budget.take('PUT', neverAborted);
  const next = failed(budget.take('PUT', controller.signal));
  await advance(0);
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 5000);
  end({ ...success, status: 403 });
  controller.abort(new FailureError(failure('denied', 'HTTP 403')));
  vi.restoreAllMocks();
  expect((await next).message).toBe('HTTP 403');
});

describe('a waiting request', () => {
  const reason = new FailureError(failure('interrupted', 'the program is stopping'));

  test('leaves at once when aborted, and the next one takes its place', async () => {
    const { budget } = budgetOf('1/1s');
    requests(budget, 1);
    const controller = new AbortController();
    const aborted = failed(budget.take('PUT', controller.signal));
    const { started } = requests(budget, 1);
    await advance(10);
    controller.abort(reason);
    expect(await aborted).toBe(reason);
    await advance(1000);
    expect(started).toEqual([1000]);
  });

  test('is refused at once when its signal is already aborted', async () => {
    const { budget } = budgetOf('1/1s');
    expect(await failed(budget.take('PUT', AbortSignal.abort(reason)))).toBe(reason);
    const { started } = requests(budget, 1);
    await advance(0);
    expect(started).toEqual([0]);
  });

  test('removes its listener from the signal when it starts or is refused', async () => {
    const { budget } = budgetOf('1/1s');
    const { signal } = new AbortController();
    const end = await budget.take('PUT', signal);
    const waiting = budget.take('PUT', signal);
    const refused = failed(budget.take('PUT', signal));
    expect(getEventListeners(signal, 'abort')).toHaveLength(2);
    end(success);
    await advance(1000);
    (await waiting)(tooMany(11 * MINUTE));
    await refused;
    await advance(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('aborts all waiting requests of a signal, even if one could start by then', async () => {
  const { budget } = budgetOf('1/1s');
  (await budget.take('PUT', neverAborted))(success);
  const controller = new AbortController();
  const results: string[] = [];
  const all = Array.from({ length: 5 }, async () =>
    budget.take('PUT', controller.signal).then(
      () => results.push('granted'),
      () => results.push('aborted'),
    ),
  );
  // The window has moved on, but the timer that would start a request has not fired yet.
  vi.setSystemTime(Date.now() + 5000);
  const later = performance.now() + 5000;
  vi.spyOn(performance, 'now').mockReturnValue(later);
  controller.abort(new FailureError(failure('interrupted', 'the program is stopping')));
  await Promise.all(all);
  vi.restoreAllMocks();
  expect(results).toEqual(Array.from({ length: 5 }, () => 'aborted'));
});

describe('Retry-After', () => {
  test('holds back every request, not only the one that it answers', async () => {
    const { budget, waits } = budgetOf('100/1s');
    requests(budget, 1, { limits: { ...success, status: 503, retryAfterMs: 30_000 } });
    await advance(0);
    expect(budget.heldMs()).toBe(30_000);
    const { started } = requests(budget, 3);
    await advance(29_999);
    expect(started).toEqual([]);
    await advance(1);
    expect(started).toEqual([30_000, 30_000, 30_000]);
    expect(waits).toEqual([{ ms: 30_000, reason: 'the API asked the client to wait 30s (HTTP 503)' }]);
  });

  test('does not shorten an earlier, longer one', async () => {
    const { budget } = budgetOf('100/1s');
    const { all } = requests(budget, 1, { limits: tooMany(30_000) });
    requests(budget, 1, { limits: tooMany(1000) });
    await advance(0);
    await all;
    expect(budget.heldMs()).toBe(30_000);
  });

  test('of more than ten minutes fails all requests until less than that is left', async () => {
    const { budget } = budgetOf('1/1s');
    const end = await budget.take('PUT', neverAborted);
    const waiting = failed(budget.take('PUT', neverAborted));
    end(tooMany(10 * MINUTE + 1000));
    const message = 'the API asked the client to wait 10m 1s; a pass waits at most 10m';
    expect((await waiting).failure).toEqual(failure('transient', message));
    expect((await failed(budget.take('PUT', neverAborted))).message).toBe(message);
    await advance(1000);
    const { started } = requests(budget, 1);
    await advance(10 * MINUTE);
    expect(started).toEqual([10 * MINUTE]);
  });

  test('holds requests back for at most an hour', async () => {
    const { budget } = budgetOf('1/1s');
    requests(budget, 1, { limits: tooMany(Number.MAX_SAFE_INTEGER) });
    await advance(0);
    expect(budget.heldMs()).toBe(60 * MINUTE);
  });
});

describe('a 429 without Retry-After', () => {
  test('holds back all requests, twice as long each time, up to a minute', async () => {
    const { budget } = budgetOf('1000/1s');
    const held: number[] = [];
    for (let times = 0; times < 8; times += 1) {
      const { all } = requests(budget, 1, { limits: tooMany() });
      await advance(60_000);
      await all;
      held.push(budget.heldMs());
      await advance(60_000);
    }
    expect(held[0]).toBe(0); // The hold of one second is over.
    const { budget: other } = budgetOf('1000/1s');
    const waits: number[] = [];
    for (let times = 0; times < 8; times += 1) {
      (await other.take('PUT', neverAborted))(tooMany());
      waits.push(other.heldMs());
      await advance(other.heldMs());
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  test('counts once for all requests that were in flight together', async () => {
    const { budget } = budgetOf('1000/1s');
    const { all } = requests(budget, 30, { ms: 10, limits: tooMany() });
    await advance(10);
    await all;
    expect(budget.heldMs()).toBe(1000);
  });

  test('holds requests back although requests in flight with it succeed', async () => {
    const { budget } = budgetOf('1000/1s');
    const [refused, ...others] = await Promise.all(
      Array.from({ length: 4 }, async () => budget.take('PUT', neverAborted)),
    );
    await advance(10);
    for (const end of others) end(success);
    refused?.(tooMany());
    expect(budget.heldMs()).toBe(1000);
    const { started } = requests(budget, 3, { ms: 100 });
    await advance(1050);
    expect(started).toEqual([1000]);
  });

  test('lets one request start after the hold, and the others when it succeeds', async () => {
    const { budget } = budgetOf('1000/1s');
    (await budget.take('PUT', neverAborted))(tooMany());
    const { started } = requests(budget, 4, { ms: 100 });
    await advance(1099);
    expect(started).toEqual([1000]);
    await advance(1);
    expect(started).toEqual([1000, 1100, 1100, 1100]);
  });

  test('lets requests start one at a time while they fail', async () => {
    const { budget } = budgetOf('1000/1s');
    (await budget.take('PUT', neverAborted))(tooMany());
    const { started } = requests(budget, 3, { ms: 100, limits: { ...success, status: 403 } });
    await advance(1350);
    expect(started.map((ms) => Math.floor(ms / 100))).toEqual([10, 11, 12]);
  });

  test('is not reset by a success of a request that started before it', async () => {
    const { budget } = budgetOf('1000/1s');
    const [slow, refused] = [await budget.take('PUT', neverAborted), await budget.take('PUT', neverAborted)];
    refused(tooMany());
    slow(success);
    await advance(1000);
    const { started } = requests(budget, 2, { ms: 100 });
    await advance(0);
    expect(started).toEqual([0]);
  });
});

describe('a quota', () => {
  test('that is low is spread over the time until it is renewed', async () => {
    const { budget } = budgetOf('1000/1s');
    (await budget.take('PUT', neverAborted))(quota(4, 100, 1000));
    const { started } = requests(budget, 8);
    await advance(2000);
    expect(started).toEqual([200, 400, 600, 800, 1000, 1000, 1000, 1000]);
  });

  test('of zero holds back all requests until it is renewed', async () => {
    const { budget } = budgetOf('1000/1s');
    (await budget.take('PUT', neverAborted))(quota(0, 1200, 7000));
    const { started } = requests(budget, 3);
    await advance(10_000);
    expect(started).toEqual([7000, 7000, 7000]);
  });

  test.for([
    ['a tenth or more is left', quota(120, 1200, 300_000)],
    ['its size is unknown and much is left', quota(10, null, 300_000)],
    ['more is left than its size', quota(5000, 1200, 1)],
  ] as const)('has no effect when %s', async ([, limits]) => {
    const { budget } = budgetOf('3/1s');
    const end = await budget.take('PUT', neverAborted);
    end(limits);
    const { started } = requests(budget, 3);
    await advance(3000);
    expect(started).toEqual([0, 0, 1000]);
  });

  test('that is low still applies after a response that reports a high one', async () => {
    const { budget } = budgetOf('1000/1s');
    const [one, other] = [await budget.take('PUT', neverAborted), await budget.take('PUT', neverAborted)];
    one(quota(1, 1200, 10_000));
    other(quota(1199, 1200, 1000));
    const { started } = requests(budget, 2);
    await advance(20_000);
    expect(started).toEqual([5000, 10_000]);
  });

  test('does not delay requests beyond its own renewal', async () => {
    const { budget } = budgetOf('1000/1s');
    const [one, other] = [await budget.take('PUT', neverAborted), await budget.take('PUT', neverAborted)];
    one(quota(0, 1200, 5000));
    await advance(4900);
    other(quota(0, 1200, 1000));
    const { started } = requests(budget, 2);
    await advance(10_000);
    expect(started).toEqual([100, 1000]);
  });

  test('delays requests for at most ten minutes', async () => {
    const { budget } = budgetOf('1000/1s');
    (await budget.take('PUT', neverAborted))(quota(0, 1200, Number.MAX_SAFE_INTEGER));
    const { started } = requests(budget, 1);
    await advance(10 * MINUTE);
    expect(started).toEqual([10 * MINUTE]);
  });
});
