import type { Clock } from '../core/base/clock.ts';

/** Smaller differences come from NTP slewing the clock, or from a pause between the two readings. */
const MIN_JUMP_MS = 5000;

/**
 * Returns a function that compares the wall clock with the monotonic clock, and returns by how many milliseconds the wall clock
 * jumped since the previous call; 0 if it did not. Call it often: over a long time, small deviations would add up to a jump. A
 * machine that was suspended looks the same, because the monotonic clock stood still.
 */
export function clockJumps({ now, elapsedMs }: Clock): () => number {
  const difference = () => now().getTime() - elapsedMs();
  let last = difference();
  return () => {
    const before = last;
    last = difference();
    const byMs = Math.round(last - before);
    return Math.abs(byMs) > MIN_JUMP_MS ? byMs : 0;
  };
}
