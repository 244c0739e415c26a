/** When to leave off. Both are aborted with a `FailureError` that says why. */
export type Signals = {
  /** Begin nothing new: no request, no further try, no waiting for either. Aborted at the latest when `kill` is. */
  readonly stop: AbortSignal;
  /** Give up what is under way, too. */
  readonly kill: AbortSignal;
};
