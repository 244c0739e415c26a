import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Contestant, ContestOptions } from './contest.ts';

/** In another process, because simulated time replaces the timers of this one. */
async function contest(options: Partial<ContestOptions>): Promise<readonly [Contestant, Contestant]> {
  const args = [new URL('contest.ts', import.meta.url).pathname, JSON.stringify(options)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 });
  return JSON.parse(stdout);
}

/** Returns how often each event occurred. */
function countEvents({ events }: Contestant): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const event of events.map((text) => text.split(' ')[1] ?? '')) counts[event] = (counts[event] ?? 0) + 1;
  return counts;
}

const longestPause = (minutes: readonly number[]) =>
  Math.max(...minutes.slice(1).map((minute, index) => minute - (minutes[index] ?? 0)));

describe('two copies that declare one field differently', { timeout: 60_000 }, () => {
  test.for([1, 20])('write each of %i services four times in the first hour, and report it', async (contested) => {
    const both = await contest({ services: 30, contested });
    for (const copy of both) {
      const names = Array.from({ length: contested }, (_, index) => `service-${index}`);
      expect(Object.keys(copy.writes).toSorted()).toEqual(names.toSorted());
      expect(Object.values(copy.writes).map(({ length }) => length)).toEqual(names.map(() => 4));
      expect(countEvents(copy)).toEqual({ corrected: 3 * contested, contested });
      expect(copy.metric).toBe(contested);
      for (const name of names) {
        expect(copy.contested[name]?.times).toBeGreaterThanOrEqual(3);
        expect(copy.contested[name]?.since).toBeLessThanOrEqual(10);
      }
    }
  });

  test.for(['1m', '5m', '1h'])('write at most once an hour in the long run, with interval %s', async (interval) => {
    const both = await contest({ interval, minutes: 24 * 60 });
    for (const copy of both) {
      const { 'service-0': writes = [] } = copy.writes;
      expect(writes.length).toBeLessThanOrEqual(28);
      expect(longestPause(writes)).toBeGreaterThanOrEqual(60);
      // One message when it begins, and none while it lasts.
      expect(countEvents(copy)).toEqual({ corrected: 3, contested: 1 });
      expect(copy.contested['service-0']?.times).toBeGreaterThanOrEqual(writes.length - 2);
    }
  });

  test('are reported until one has been away for three hours', async () => {
    const [first] = await contest({ minutesAlone: 240 });
    expect(countEvents(first)).toEqual({ corrected: 3, contested: 1, recovered: 1 });
    const [minute] = (first.events.at(-1) ?? '').split(' ');
    const lastWrite = first.writes['service-0']?.at(-1) ?? 0;
    expect(Number(minute) - lastWrite).toBeGreaterThanOrEqual(180);
    expect(Number(minute) - lastWrite).toBeLessThan(190);
    expect(first).toMatchObject({ contested: {}, metric: 0 });
  });
});

test('two copies with equal declarations write nothing', { timeout: 60_000 }, async () => {
  const both = await contest({ contested: 0, minutes: 6 * 60 });
  expect(both).toMatchObject([
    { writes: {}, events: [], contested: {}, metric: 0 },
    { writes: {}, events: [], contested: {}, metric: 0 },
  ]);
});
