import { expect, test } from 'vitest';
import { clockJumps } from '../../src/daemon/clock-jumps.ts';

const HOUR_MS = 3_600_000;

/** Advances the two clocks by each step, and returns the jump that is reported after it. */
function jumps(steps: readonly { readonly wall: number; readonly elapsed: number }[]): number[] {
  let [wallMs, elapsed] = [Date.parse('2026-01-02T03:04:05Z'), 1234.5];
  const jumpedBy = clockJumps({ now: () => new Date(wallMs), elapsedMs: () => elapsed });
  return steps.map((step) => {
    wallMs += step.wall;
    elapsed += step.elapsed;
    return jumpedBy();
  });
}

test('reports no jump while both clocks advance equally', () => {
  expect(
    jumps([
      { wall: 10_000, elapsed: 10_000 },
      { wall: HOUR_MS, elapsed: HOUR_MS },
    ]),
  ).toEqual([0, 0]);
});

test('reports a jump once when the wall clock is set forward or back', () => {
  expect(
    jumps([
      { wall: HOUR_MS + 1000, elapsed: 1000 },
      { wall: 1000, elapsed: 1000 },
      { wall: -HOUR_MS, elapsed: 0 },
      { wall: 1000, elapsed: 1000 },
    ]),
  ).toEqual([HOUR_MS, 0, -HOUR_MS, 0]);
});

test('ignores differences of up to five seconds, because clocks are slewed', () => {
  expect(
    jumps([
      { wall: 15_000, elapsed: 10_000 },
      { wall: 5000, elapsed: 10_000 },
      { wall: 15_001, elapsed: 10_000 },
    ]),
  ).toEqual([0, 0, 5001]);
});
