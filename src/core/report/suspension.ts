/** While all writes are paused: since when, until when, and why. Times are RFC 3339; `until` is null if there is no end. */
export type Suspension = {
  readonly since: string;
  readonly until: string | null;
  readonly reason: string | null;
};

/** Returns, for example, `paused until 2027-01-31T06:00:00.000Z: vendor migration`. */
export function describeSuspension({ until, reason }: Suspension): string {
  return `paused${until === null ? '' : ` until ${until}`}${reason === null ? '' : `: ${reason}`}`;
}

/** The switch that pauses all writes, as a pass sees it. */
export type WritePause = {
  /** Returns the pause that holds now; null if there is none. */
  readonly current: () => Suspension | null;
  /** Returns a signal that is aborted when the next pause begins. */
  readonly signal: () => AbortSignal;
};
