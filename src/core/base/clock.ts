export type Clock = {
  /** Returns the time of day, for reports and logs. */
  readonly now: () => Date;
  /** Returns the milliseconds of a monotonic clock, for durations. */
  readonly elapsedMs: () => number;
};
