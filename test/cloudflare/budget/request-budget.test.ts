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
const fine: ResponseLimits = { status: 200, retryAfterMs: 0, quotas: [] };
const tooMany = (retryAfterMs = 0): ResponseLimits => ({ status: 429, retryAfterMs, quotas: [] });
const quota = (remaining: number, size: number | null, resetMs: number): ResponseLimits => ({
  ...fine,
  quotas: [{ remaining, size, resetMs }],
});

const patience = new AbortController().signal;

/** A budget, and what it told of waits. The jitter is what is longest. */
function budgetOf(...texts: readonly string[]): { readonly budget: Budget; readonly waits: readonly Wait[] } {
  const waits: Wait[] = [];
  const rates = texts.flatMap((text) => parseRate(text) ?? []);
  return { budget: requestBudget({ rates, random: () => 1, onWait: (wait) => void waits.push(wait) }), waits };
}

/** Requests that take so long and are answered so; gives when each began. */
function requests(
  budget: Budget,
  count: number,
  { ms = 0, limits = fine }: { ms?: number; limits?: ResponseLimits | null } = {},
) {
  const start = performance.now();
  const begun: number[] = [];
  const all = Array.from({ length: count }, async () => {
    const end = await budget.take(patience);
    begun.push(Math.round(performance.now() - start));
    await new Promise((resolve) => setTimeout(resolve, ms));
    end(limits);
  });
  return { begun, all: Promise.all(all) };
}

const goBy = async (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a budget', () => {
  test('is spent at once, and then as its window moves on', async () => {
    const { budget } = budgetOf('3/1s');
    const { begun } = requests(budget, 8, { ms: 100 });
    await goBy(0);
    expect(begun).toEqual([0, 0, 0]);
    await goBy(5000);
    expect(begun).toEqual([0, 0, 0, 1100, 1100, 1100, 2200, 2200]);
  });

  test('of several windows keeps them all', async () => {
    const { budget } = budgetOf('4/10s', '2/1s');
    const { begun } = requests(budget, 6);
    await goBy(20_000);
    expect(begun).toEqual([0, 0, 1000, 1000, 10_000, 10_000]);
  });

  test('waits for what is under way when all of it is', async () => {
    const { budget } = budgetOf('1/1s');
    const { begun } = requests(budget, 2, { ms: 3000 });
    await goBy(3999);
    expect(begun).toEqual([0]);
    await goBy(1);
    expect(begun).toEqual([0, 4000]);
  });

  test('is never overdrawn and never left lying, whatever the latencies', async () => {
    const latencies = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), latencies, async (number, all) => {
        const { budget } = budgetOf(`${number}/1s`);
        const start = performance.now();
        const times: { readonly begun: number; readonly ended: number }[] = [];
        const done = Promise.all(
          all.map(async (ms) => {
            const end = await budget.take(patience);
            const begun = performance.now() - start;
            await new Promise((resolve) => setTimeout(resolve, ms));
            end(fine);
            times.push({ begun, ended: begun + ms });
          }),
        );
        await goBy(all.length * 1500);
        await done;
        for (const { ended: from } of times) {
          expect(times.filter(({ begun, ended }) => ended >= from && begun < from + 1000).length).toBeLessThanOrEqual(
            number,
          );
        }
        // Batches of `number`, each at most a window and the longest latency after the other.
        expect(Math.max(...times.map(({ begun }) => begun))).toBeLessThanOrEqual(
          Math.floor(all.length / number) * 1401,
        );
      }),
      { numRuns: 50 },
    );
  });

  test('tells of a long wait once, with how long it takes and what for', async () => {
    const { budget, waits } = budgetOf('2/5m');
    requests(budget, 6);
    await goBy(0);
    expect(waits).toEqual([{ ms: 5 * MINUTE, reason: 'the request budget of 2/5m is used up' }]);
    await goBy(5 * MINUTE + 1);
    expect(waits).toHaveLength(2);
    await goBy(5 * MINUTE + 1);
    expect(waits).toHaveLength(2);
  });

  test('says nothing of a short wait', async () => {
    const { budget, waits } = budgetOf('1/1s');
    requests(budget, 5);
    await goBy(10_000);
    expect(waits).toEqual([]);
  });

  test('counts for how long anybody waited, however many', async () => {
    const { budget } = budgetOf('2/1s');
    requests(budget, 4);
    expect(budget.throttledMs()).toBe(0);
    await goBy(500);
    expect(budget.throttledMs()).toBe(500);
    await goBy(5000);
    expect(budget.throttledMs()).toBe(1000);
  });
});

test('a refusal is known to whoever made the request before the next one begins', async () => {
  const { budget } = budgetOf('1/1s');
  const controller = new AbortController();
  const end = await budget.take(patience);
  const next = failed(budget.take(controller.signal));
  await goBy(0);
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 5000);
  end({ ...fine, status: 403 });
  controller.abort(new FailureError(failure('denied', 'HTTP 403')));
  vi.restoreAllMocks();
  expect((await next).message).toBe('HTTP 403');
});

describe('who waits', () => {
  const reason = new FailureError(failure('interrupted', 'told to stop'));

  test('leaves at once when told to, and the next one takes the place', async () => {
    const { budget } = budgetOf('1/1s');
    requests(budget, 1);
    const controller = new AbortController();
    const left = failed(budget.take(controller.signal));
    const { begun } = requests(budget, 1);
    await goBy(10);
    controller.abort(reason);
    expect(await left).toBe(reason);
    await goBy(1000);
    expect(begun).toEqual([1000]);
  });

  test('does not begin to wait when told to leave before', async () => {
    const { budget } = budgetOf('1/1s');
    expect(await failed(budget.take(AbortSignal.abort(reason)))).toBe(reason);
    const { begun } = requests(budget, 1);
    await goBy(0);
    expect(begun).toEqual([0]);
  });

  test('leaves nothing at the signal, however it ends', async () => {
    const { budget } = budgetOf('1/1s');
    const { signal } = new AbortController();
    const end = await budget.take(signal);
    const waiting = budget.take(signal);
    const refused = failed(budget.take(signal));
    expect(getEventListeners(signal, 'abort')).toHaveLength(2);
    end(fine);
    await goBy(1000);
    (await waiting)(tooMany(11 * MINUTE));
    await refused;
    await goBy(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('told to leave together, all do, though there would be a place by then', async () => {
  const { budget } = budgetOf('1/1s');
  (await budget.take(patience))(fine);
  const controller = new AbortController();
  const ends: string[] = [];
  const all = Array.from({ length: 5 }, async () =>
    budget.take(controller.signal).then(
      () => ends.push('granted'),
      () => ends.push('left'),
    ),
  );
  // The window has moved on, and the timer that would let one begin has not fired yet.
  vi.setSystemTime(Date.now() + 5000);
  const later = performance.now() + 5000;
  vi.spyOn(performance, 'now').mockReturnValue(later);
  controller.abort(new FailureError(failure('interrupted', 'told to stop')));
  await Promise.all(all);
  vi.restoreAllMocks();
  expect(ends).toEqual(Array.from({ length: 5 }, () => 'left'));
});

describe('Retry-After', () => {
  test('stops every request until then, whichever was told', async () => {
    const { budget, waits } = budgetOf('100/1s');
    requests(budget, 1, { limits: { ...fine, status: 503, retryAfterMs: 30_000 } });
    await goBy(0);
    expect(budget.heldMs()).toBe(30_000);
    const { begun } = requests(budget, 3);
    await goBy(29_999);
    expect(begun).toEqual([]);
    await goBy(1);
    expect(begun).toEqual([30_000, 30_000, 30_000]);
    expect(waits).toEqual([{ ms: 30_000, reason: 'the API asked the client to wait 30s (HTTP 503)' }]);
  });

  test('that asks for less does not shorten what was asked before', async () => {
    const { budget } = budgetOf('100/1s');
    const { all } = requests(budget, 1, { limits: tooMany(30_000) });
    requests(budget, 1, { limits: tooMany(1000) });
    await goBy(0);
    await all;
    expect(budget.heldMs()).toBe(30_000);
  });

  test('of ten minutes is waited for; of more, nobody waits', async () => {
    const { budget } = budgetOf('1/1s');
    const end = await budget.take(patience);
    const waiting = failed(budget.take(patience));
    end(tooMany(10 * MINUTE + 1000));
    const message = 'the API asked the client to wait 10m 1s; a pass waits at most 10m';
    expect((await waiting).failure).toEqual(failure('transient', message));
    expect((await failed(budget.take(patience))).message).toBe(message);
    await goBy(1000);
    const { begun } = requests(budget, 1);
    await goBy(10 * MINUTE);
    expect(begun).toEqual([10 * MINUTE]);
  });

  test('is believed for an hour at the most', async () => {
    const { budget } = budgetOf('1/1s');
    requests(budget, 1, { limits: tooMany(Number.MAX_SAFE_INTEGER) });
    await goBy(0);
    expect(budget.heldMs()).toBe(60 * MINUTE);
  });
});

describe('a 429 without Retry-After', () => {
  test('holds all, twice as long each time, up to a minute', async () => {
    const { budget } = budgetOf('1000/1s');
    const held: number[] = [];
    for (let times = 0; times < 8; times += 1) {
      const { all } = requests(budget, 1, { limits: tooMany() });
      await goBy(60_000);
      await all;
      held.push(budget.heldMs());
      await goBy(60_000);
    }
    expect(held[0]).toBe(0); // Over, a second after it was answered.
    const { budget: other } = budgetOf('1000/1s');
    const waits: number[] = [];
    for (let times = 0; times < 8; times += 1) {
      (await other.take(patience))(tooMany());
      waits.push(other.heldMs());
      await goBy(other.heldMs());
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  test('counts once for all that were under way together', async () => {
    const { budget } = budgetOf('1000/1s');
    const { all } = requests(budget, 30, { ms: 10, limits: tooMany() });
    await goBy(10);
    await all;
    expect(budget.heldMs()).toBe(1000);
  });

  test('is heeded whatever else is answered meanwhile', async () => {
    const { budget } = budgetOf('1000/1s');
    const [refused, ...others] = await Promise.all(Array.from({ length: 4 }, async () => budget.take(patience)));
    await goBy(10);
    for (const end of others) end(fine);
    refused?.(tooMany());
    expect(budget.heldMs()).toBe(1000);
    const { begun } = requests(budget, 3, { ms: 100 });
    await goBy(1050);
    expect(begun).toEqual([1000]);
  });

  test('lets one go ahead afterwards, and all when that is answered otherwise', async () => {
    const { budget } = budgetOf('1000/1s');
    (await budget.take(patience))(tooMany());
    const { begun } = requests(budget, 4, { ms: 100 });
    await goBy(1099);
    expect(begun).toEqual([1000]);
    await goBy(1);
    expect(begun).toEqual([1000, 1100, 1100, 1100]);
  });

  test('is not over because the one that went ahead failed', async () => {
    const { budget } = budgetOf('1000/1s');
    (await budget.take(patience))(tooMany());
    const { begun } = requests(budget, 3, { ms: 100, limits: { ...fine, status: 403 } });
    await goBy(1350);
    expect(begun.map((ms) => Math.floor(ms / 100))).toEqual([10, 11, 12]);
  });

  test('is not over because something that began before it is answered well', async () => {
    const { budget } = budgetOf('1000/1s');
    const [slow, refused] = [await budget.take(patience), await budget.take(patience)];
    refused(tooMany());
    slow(fine);
    await goBy(1000);
    const { begun } = requests(budget, 2, { ms: 100 });
    await goBy(0);
    expect(begun).toEqual([0]);
  });
});

describe('what is left of a quota', () => {
  test('is spread over its time when it is little', async () => {
    const { budget } = budgetOf('1000/1s');
    (await budget.take(patience))(quota(4, 100, 1000));
    const { begun } = requests(budget, 8);
    await goBy(2000);
    expect(begun).toEqual([200, 400, 600, 800, 1000, 1000, 1000, 1000]);
  });

  test('stops all when it is nothing, until there is more', async () => {
    const { budget } = budgetOf('1000/1s');
    (await budget.take(patience))(quota(0, 1200, 7000));
    const { begun } = requests(budget, 3);
    await goBy(10_000);
    expect(begun).toEqual([7000, 7000, 7000]);
  });

  test.for([
    ['a tenth and more', quota(120, 1200, 300_000)],
    ['much, of an unknown size', quota(10, null, 300_000)],
    ['more than there is', quota(5000, 1200, 1)],
  ] as const)('changes nothing when it is %s', async ([, limits]) => {
    const { budget } = budgetOf('3/1s');
    const end = await budget.take(patience);
    end(limits);
    const { begun } = requests(budget, 3);
    await goBy(3000);
    expect(begun).toEqual([0, 0, 1000]);
  });

  test('does not hurry on because another answer says that it is much', async () => {
    const { budget } = budgetOf('1000/1s');
    const [one, other] = [await budget.take(patience), await budget.take(patience)];
    one(quota(1, 1200, 10_000));
    other(quota(1199, 1200, 1000));
    const { begun } = requests(budget, 2);
    await goBy(20_000);
    expect(begun).toEqual([5000, 10_000]);
  });

  test('holds nobody longer than the time that it was for, whatever came before', async () => {
    const { budget } = budgetOf('1000/1s');
    const [one, other] = [await budget.take(patience), await budget.take(patience)];
    one(quota(0, 1200, 5000));
    await goBy(4900);
    other(quota(0, 1200, 1000));
    const { begun } = requests(budget, 2);
    await goBy(10_000);
    expect(begun).toEqual([100, 1000]);
  });

  test('is not believed to last longer than ten minutes', async () => {
    const { budget } = budgetOf('1000/1s');
    (await budget.take(patience))(quota(0, 1200, Number.MAX_SAFE_INTEGER));
    const { begun } = requests(budget, 1);
    await goBy(10 * MINUTE);
    expect(begun).toEqual([10 * MINUTE]);
  });
});
