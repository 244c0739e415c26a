import type { Clock } from '../core/base/clock.ts';

/** A clock that is slewed, as NTP does it, or read twice with a pause between, is off by less. */
const LEAST_JUMP_MS = 5000;

/**
 * Makes a function that gives by how many milliseconds the time of day jumped since it was last asked, against the clock that never
 * does; 0 for none. Ask often: over a long time small deviations would add up to a jump. A machine that slept looks the same, for the
 * other clock slept, too.
 */
export function clockJumps({ now, elapsedMs }: Clock): () => number {
  const difference = () => now().getTime() - elapsedMs();
  let last = difference();
  return () => {
    const before = last;
    last = difference();
    const byMs = Math.round(last - before);
    return Math.abs(byMs) > LEAST_JUMP_MS ? byMs : 0;
  };
}
