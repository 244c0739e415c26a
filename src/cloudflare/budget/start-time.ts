/**
 * The earliest time at which a request may start, and what it waits for until then. `Infinity` when this depends on the end of a request
 * in flight. All times are milliseconds of the monotonic clock.
 */
export type StartTime = { readonly at: number; readonly reason: string };

/** Returns the latest of several start times; the first of them when several are equal. */
export function latest(times: readonly [StartTime, ...StartTime[]]): StartTime {
  return times.reduce((latest, time) => (time.at > latest.at ? time : latest));
}
