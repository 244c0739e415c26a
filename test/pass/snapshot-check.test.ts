import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { FolderChange, Source } from '../../src/core/load/source.ts';
import { watchSnapshot } from '../../src/pass/snapshot-check.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  onTestFinished(() => void vi.useRealTimers());
});

type Folder = {
  /** How long each read takes, in milliseconds; the last one counts for all further reads. */
  readonly durations?: readonly number[];
  readonly changes?: readonly (FolderChange | null)[];
  /** How long the reaction to a change takes. */
  readonly reactionMs?: number;
};

/** Watches a folder that was read at 0 ms. Records when each check begins, and when a change was reported. */
function watch({ durations = [0], changes = [], reactionMs = 0 }: Folder = {}) {
  const controller = new AbortController();
  const begun: number[] = [];
  const reported: number[] = [];
  const findChange: Source['findChange'] = async () => {
    begun.push(Date.now());
    const number = begun.length - 1;
    await wait(durations[Math.min(number, durations.length - 1)] ?? 0);
    return changes[number] ?? null;
  };
  const check = watchSnapshot({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The other functions are not expected to be called.
    source: { findChange } as Pick<Source, 'findChange'> as Source,
    readAt: 0,
    now: () => Date.now(),
    stop: controller.signal,
    onChange: async () => {
      reported.push(Date.now());
      await wait(reactionMs);
    },
  });
  onTestFinished(check.close);
  return { ...check, begun, reported, stop: () => controller.abort(new Error('stopped')) };
}

async function wait(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

const pass = async (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Returns the last moment at which a check is recent enough, counted from now. */
async function freshFor(isFresh: () => boolean): Promise<number> {
  for (let ms = 0; ; ms += 1) {
    if (!isFresh()) return ms - 1;
    vi.setSystemTime(Date.now() + 1);
  }
}

test('checks a small folder every 120 ms, and a check is recent for 144 ms', async () => {
  const { begun, isFresh } = watch();
  await pass(600);
  expect(begun).toEqual([120, 240, 360, 480, 600]);
  expect(await freshFor(isFresh)).toBe(144);
});

test('the read of the pass is recent for 144 ms', async () => {
  expect(await freshFor(watch().isFresh)).toBe(144);
});

test('checks a large folder less often, so that checks take a fifth of the time, but at least every second', async () => {
  const medium = watch({ durations: [50] });
  await pass(700);
  expect(medium.begun).toEqual([120, 370, 620]);
  expect(await freshFor(medium.isFresh)).toBe(240 - 30);
});

test('checks a very large folder a second after the last check', async () => {
  const large = watch({ durations: [3000] });
  await pass(8000);
  expect(large.begun).toEqual([120, 4120]);
  expect(large.isFresh()).toBe(true);
  await pass(119);
  expect(large.begun).toHaveLength(2);
  await pass(1);
  expect(large.begun).toEqual([120, 4120, 8120]);
});

test('a check is recent for 1.2 pauses after its end, however long it took', async () => {
  const large = watch({ durations: [3000, 100_000] });
  await pass(3120);
  expect(await freshFor(large.isFresh)).toBe(1200);
});

test('the pause depends on the fastest of the last four checks', async () => {
  const { begun } = watch({ durations: [50, 300, 300, 300, 300, 300] });
  await pass(6000);
  const pauses = begun.slice(1).map((at, index) => at - (begun[index] ?? 0));
  // The first four pauses are four times 50 ms; then all four checks took 300 ms, and the pause is at most a second.
  expect(pauses.slice(0, 5)).toEqual([250, 500, 500, 500, 1300]);
});

test('reports changed files, and the check ends with the reaction', async () => {
  const { begun, reported, isFresh, check } = watch({ changes: [null, 'files', 'revision'], reactionMs: 500 });
  await pass(240);
  expect(reported).toEqual([240]);
  await pass(499);
  expect(isFresh()).toBe(false);
  expect(begun).toEqual([120, 240]);
  let isChecked = false;
  const checking = check().finally(() => {
    isChecked = true;
  });
  await pass(0);
  expect(isChecked).toBe(false);
  await pass(1);
  expect(isChecked).toBe(true);
  await checking;
  expect(isFresh()).toBe(true);
  await pass(2000);
  expect(begun.length).toBeGreaterThan(2);
  expect(reported).toEqual([240]);
});

test('a check on request begins only if the last one is not recent enough, is shared, and delays the next one', async () => {
  const { begun, check } = watch({ durations: [0, 100] });
  await pass(130);
  await check();
  expect(begun).toEqual([120]);
  vi.setSystemTime(1000);
  const checks = Promise.all([check(), check()]);
  await pass(100);
  await checks;
  expect(begun).toEqual([120, 1000]);
  await pass(119);
  expect(begun).toHaveLength(2);
  await pass(1);
  expect(begun).toEqual([120, 1000, 1220]);
});

test('a stop ends a check whose read never ends, and starts no further one', async () => {
  const { begun, check, isFresh, stop } = watch({ durations: [1e9] });
  await pass(5000);
  const waiting = check();
  stop();
  await waiting;
  expect(isFresh()).toBe(false);
  await pass(5000);
  expect(begun).toEqual([120]);
  await check();
  expect(begun).toEqual([120]);
});

test('no check begins after the watch was closed', async () => {
  const { begun, close } = watch({ durations: [100] });
  await pass(130);
  close();
  await pass(5000);
  expect(begun).toEqual([120]);
  const idle = watch();
  idle.close();
  await pass(5000);
  expect(idle.begun).toEqual([]);
});

test('does not hide a bug in the check', async () => {
  const bug = new TypeError('undefined is not a function');
  const watched = watchSnapshot({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The other functions are not expected to be called.
    source: { findChange: async () => Promise.reject(bug) } as Pick<Source, 'findChange'> as Source,
    readAt: -1000,
    now: () => Date.now(),
    stop: new AbortController().signal,
    onChange: async () => {},
  });
  await expect(watched.check()).rejects.toBe(bug);
  watched.close();
});
