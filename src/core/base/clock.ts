export type Clock = {
  /** The time of day, for people. */
  readonly now: () => Date;
  /** Milliseconds of a clock that never jumps, for durations. */
  readonly elapsedMs: () => number;
};
