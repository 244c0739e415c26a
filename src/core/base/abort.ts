import { failure, FailureError } from './failure.ts';

/** The two signals that end work. Both are aborted with a `FailureError` that says why. */
export type Signals = {
  /** Aborted when nothing new may start: no request, no retry, no wait for either. Aborted no later than `kill`. */
  readonly stop: AbortSignal;
  /** Aborted when work in progress is given up as well. */
  readonly kill: AbortSignal;
};

/** Returns the error with which a signal was aborted. A reason that is not an error becomes a `FailureError`. */
export function abortReason({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new FailureError(failure('interrupted', 'the program is stopping'));
}

/** Resolves when a signal is aborted; at once if it already is. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/**
 * Returns the result of `work`, or throws the reason of the signal as soon as it is aborted. For work that may never end, such as a
 * read from a network file system that is gone. The work itself is not stopped. Leaves no listener on the signal.
 */
export async function unlessAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  if (signal.aborted) throw abortReason(signal);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(abortReason(signal));
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
