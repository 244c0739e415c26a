import { expect, test } from 'vitest';
import { clockJumps } from '../../src/daemon/clock-jumps.ts';

const HOUR_MS = 3_600_000;

/** Asks after each of these steps of the two clocks. */
function jumps(steps: readonly { readonly wall: number; readonly elapsed: number }[]): number[] {
  let [wallMs, elapsed] = [Date.parse('2026-01-02T03:04:05Z'), 1234.5];
  const jumpedBy = clockJumps({ now: () => new Date(wallMs), elapsedMs: () => elapsed });
  return steps.map((step) => {
    wallMs += step.wall;
    elapsed += step.elapsed;
    return jumpedBy();
  });
}

test('time that passes on both clocks alike is no jump, however much', () => {
  expect(
    jumps([
      { wall: 10_000, elapsed: 10_000 },
      { wall: HOUR_MS, elapsed: HOUR_MS },
    ]),
  ).toEqual([0, 0]);
});

test('a clock that is set forward or back is a jump, once', () => {
  expect(
    jumps([
      { wall: HOUR_MS + 1000, elapsed: 1000 },
      { wall: 1000, elapsed: 1000 },
      { wall: -HOUR_MS, elapsed: 0 },
      { wall: 1000, elapsed: 1000 },
    ]),
  ).toEqual([HOUR_MS, 0, -HOUR_MS, 0]);
});

test('up to five seconds are no jump: clocks are slewed', () => {
  expect(
    jumps([
      { wall: 15_000, elapsed: 10_000 },
      { wall: 5000, elapsed: 10_000 },
      { wall: 15_001, elapsed: 10_000 },
    ]),
  ).toEqual([0, 0, 5001]);
});
