import type { Watch } from '../core/load/source.ts';
import type { Trigger } from '../core/report/pass.ts';
import type { Report } from '../core/report/report.ts';
import type { ReportSink } from '../core/report/sink.ts';
import { backOff } from './back-off.ts';
import { followSchedule } from './schedule.ts';
import type { Schedule } from './schedule.ts';

/** Something that requests passes: a timer, a signal or a change of the folder, for example. To add one, add a value of this type. */
export type TriggerSource = {
  /** The trigger in the reports of the passes that this source requests. */
  readonly trigger: Trigger;
  /** Starts to request passes. */
  readonly start: (requestPass: RequestPass) => RunningTrigger;
};

/**
 * Requests a pass that begins after the call. Resolves to its report, or to null if the daemon stops before that pass begins.
 * Returns null if the daemon is already shutting down.
 */
export type RequestPass = () => Promise<Report | null> | null;

/** A trigger that was started. Like a sink, it receives reports and phases if it needs them. */
export type RunningTrigger = Partial<ReportSink> & {
  /** Stops requesting passes. The daemon waits for the promise until the grace period ends. */
  readonly stop: () => void | Promise<void>;
  /** Returns the milliseconds until this trigger requests a pass, measured by a monotonic clock; null for never. */
  readonly timerMs?: () => number | null;
  /** Returns the same measured by the wall clock, which can be set; null for never. */
  readonly scheduleMs?: () => number | null;
};

/** Requests the first pass. */
export function startupTrigger(): TriggerSource {
  return {
    trigger: 'startup',
    start: (requestPass) => {
      void requestPass();
      return { stop: () => {} };
    },
  };
}

/** Requests a pass on every change of the folder. */
export function folderChangeTrigger(watch: (onChange: () => void) => Watch): TriggerSource {
  return {
    trigger: 'change',
    start: (requestPass) => {
      const watching = watch(() => void requestPass());
      return { stop: watching.close };
    },
  };
}

/** Requests a pass when the credential changes: the API may accept the new one. `watch` returns a function that stops it. */
export function credentialChangeTrigger(watch: (onChange: () => void) => () => void): TriggerSource {
  return { trigger: 'change', start: (requestPass) => ({ stop: watch(() => void requestPass()) }) };
}

/** Requests a pass when the process receives a signal. `listen` registers a listener for the lifetime of the process. */
export function signalTrigger(listen: (onSignal: () => void) => void): TriggerSource {
  return {
    trigger: 'signal',
    start: (requestPass) => {
      listen(() => void requestPass());
      return { stop: () => {} };
    },
  };
}

/** Requests a pass when a client does, and returns the report to the client. `listen` receives the function to call. */
export function requestTrigger(listen: (requestPass: RequestPass) => void): TriggerSource {
  return {
    trigger: 'request',
    start: (requestPass) => {
      listen(requestPass);
      return { stop: () => {} };
    },
  };
}

/** Requests a pass at every time of a cron schedule. */
export function scheduleTrigger(schedule: Schedule): TriggerSource {
  return {
    trigger: 'schedule',
    start: (requestPass) => {
      const { stop, msToNext } = followSchedule(schedule, () => void requestPass());
      return { stop, scheduleMs: msToNext };
    },
  };
}

/** How often the clock is read, because it can be set, and because a machine can sleep. */
const MAX_CLOCK_CHECK_MS = 30_000;

/** Requests a pass when the next pause or ignored difference ends. `now` returns milliseconds of Unix time. */
export function expiryTrigger(now: () => number): TriggerSource {
  return {
    trigger: 'schedule',
    start: (requestPass) => {
      let timer: NodeJS.Timeout | undefined;
      let at: number | null = null;
      const wait = () => {
        clearTimeout(timer);
        if (at === null) return;
        const ms = at - now();
        if (ms > 0) {
          timer = setTimeout(wait, Math.min(ms, MAX_CLOCK_CHECK_MS));
          return;
        }
        at = null;
        void requestPass();
      };
      return {
        stop: () => clearTimeout(timer),
        scheduleMs: () => (at === null ? null : Math.max(0, at - now())),
        onReport: ({ next_expiry: next, error }) => {
          // A pass that failed may not know the declarations.
          if (next === null && error !== null) return;
          at = next === null ? null : Date.parse(next);
          wait();
        },
      };
    },
  };
}

/** Requests a pass after one whose plan was superseded, as soon as a change of the folder may be complete. */
export function supersededTrigger(settleMs: number): TriggerSource {
  return {
    trigger: 'change',
    start: (requestPass) => {
      let timer: NodeJS.Timeout | undefined;
      return {
        stop: () => clearTimeout(timer),
        onReport: ({ superseded }) => {
          if (superseded) timer = setTimeout(() => void requestPass(), settleMs);
        },
        onPhase: ({ kind }) => {
          if (kind === 'began') clearTimeout(timer);
        },
      };
    },
  };
}

export type IntervalOptions = {
  /** The time from the end of a pass to the next one; 0 for never. */
  readonly intervalMs: number;
  /** Returns the milliseconds for which the API still asks the client to wait. */
  readonly heldMs: () => number;
  /** Returns a number from 0 up to 1, for jitter. */
  readonly random: () => number;
};

/** Requests a pass when an interval has elapsed since the last one, or sooner, with exponential back-off, if a retry may help. */
export function intervalTrigger({ intervalMs, heldMs, random }: IntervalOptions): TriggerSource {
  return {
    trigger: 'interval',
    start: (requestPass) => {
      const retry = backOff(random);
      let timer: NodeJS.Timeout | undefined;
      let timerMs: number | null = null;
      return {
        stop: () => clearTimeout(timer),
        timerMs: () => timerMs,
        onReport: (report) => {
          const retryMs = retry.delayAfter(report);
          if (retryMs !== null) timerMs = heldMs() + retryMs;
          // Jitter keeps several daemons from asking the API at the same time.
          else timerMs = intervalMs === 0 ? null : Math.max(heldMs(), intervalMs * (0.9 + 0.2 * random()));
          if (timerMs !== null) timer = setTimeout(() => void requestPass(), timerMs);
        },
        onPhase: ({ kind }) => {
          if (kind === 'began') clearTimeout(timer);
        },
      };
    },
  };
}
