import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Trigger } from '../../src/core/report/pass.ts';
import { passGap } from '../../src/daemon/pass-gap.ts';

/** Returns a gap with a clock, and a function that requests a pass: it waits as told, and returns the delay. */
function start(initialGapMs: number) {
  let [now, gapMs] = [1000, initialGapMs];
  const gap = passGap({ gapMs: () => gapMs, elapsedMs: () => now });
  return {
    delayMs: gap.delayMs,
    setGap: (ms: number) => {
      gapMs = ms;
    },
    advance: (ms: number) => {
      now += ms;
    },
    pass: (trigger: Trigger = 'change') => {
      const ms = gap.delayMs(trigger);
      now += ms;
      gap.onBegin(trigger);
      return ms;
    },
  };
}

const delays = (count: number, pass: () => number) => Array.from({ length: count }, pass);
const AT_ONCE = Array.from({ length: 10 }, () => 0);

test('lets ten passes begin at once, and then one with every gap', () => {
  const { pass } = start(1500);
  expect(delays(13, pass)).toEqual([...AT_ONCE, 1500, 1500, 1500]);
});

test('lets a pass begin at once after one quiet gap, and ten after ten', () => {
  const { pass, advance } = start(1500);
  delays(11, pass);
  advance(1500);
  expect(delays(2, pass)).toEqual([0, 1500]);
  advance(60_000);
  expect(delays(11, pass)).toEqual([...AT_ONCE, 1500]);
});

test('counts the time since the last pass as a part of the gap', () => {
  const { pass, advance } = start(1500);
  delays(10, pass);
  advance(1200);
  expect(pass()).toBe(300);
});

test.for(['startup', 'interval', 'schedule', 'command'] as const)(
  'neither delays nor counts a pass by %s',
  (trigger) => {
    const { pass } = start(1500);
    expect(delays(50, () => pass(trigger)).every((ms) => ms === 0)).toBe(true);
    expect(pass('signal')).toBe(0);
    delays(9, () => pass('request'));
    expect([pass(trigger), pass('change')]).toEqual([0, 1500]);
  },
);

test('follows a gap that changes', () => {
  const { pass, setGap, delayMs } = start(1000);
  delays(10, pass);
  setGap(10_000);
  expect(delayMs('change')).toBe(10_000);
  setGap(0);
  expect(delays(20, pass)).toEqual([...AT_ONCE, ...AT_ONCE]);
});

test('never lets more passes begin in any period than ten and one for each gap', () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), pauses, (gapMs, all) => {
      const { pass, advance } = start(gapMs);
      let now = 0;
      const begun = all.map((pauseMs) => {
        advance(pauseMs);
        now += pauseMs + pass();
        return now;
      });
      begun.forEach((from, index) => {
        const until = begun.at(-1) ?? 0;
        expect(begun.length - index).toBeLessThanOrEqual(10 + Math.floor((until - from) / gapMs) + 1);
      });
    }),
  );
});
