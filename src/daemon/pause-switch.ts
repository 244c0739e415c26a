import { failure, FailureError } from '../core/base/failure.ts';
import { describeSuspension } from '../core/report/suspension.ts';
import type { Suspension, WritePause } from '../core/report/suspension.ts';

export type PauseOptions = {
  /** When the pause ends, in milliseconds of Unix time; null if only `resume` ends it. */
  readonly until: number | null;
  readonly reason: string | null;
};

/** The switch that pauses all writes of a daemon. A restart forgets it. */
export type PauseSwitch = WritePause & {
  /** Pauses all writes, or changes the pause that holds. */
  readonly pause: (options: PauseOptions) => Suspension;
  readonly resume: () => void;
};

/** Creates a switch. `now` returns Unix time in milliseconds. */
export function pauseSwitch(now: () => number): PauseSwitch {
  let controller = new AbortController();
  let suspension: Suspension | null = null;
  const current = () => {
    const until = suspension?.until ?? null;
    if (until !== null && Date.parse(until) <= now()) suspension = null;
    return suspension;
  };
  return {
    current,
    signal: () => controller.signal,
    pause: ({ until, reason }) => {
      suspension = {
        since: current()?.since ?? new Date(now()).toISOString(),
        until: until === null ? null : new Date(until).toISOString(),
        reason,
      };
      controller.abort(new FailureError(failure('interrupted', describeSuspension(suspension))));
      controller = new AbortController();
      return suspension;
    },
    resume: () => {
      suspension = null;
    },
  };
}
