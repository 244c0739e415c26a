import type { BudgetWindow } from '../../core/base/api-usage.ts';
import type { Rate } from '../../core/base/rate.ts';
import { MAX_WAIT_IN_PASS_MS, WaitTooLongError } from '../errors.ts';
import type { ResponseLimits } from '../http/rate-limit-headers.ts';
import { RequestLimits } from './request-limits.ts';
import { ThrottleTime } from './throttle-time.ts';
import { WaitQueue } from './wait-queue.ts';

/** How long requests will have to wait, and why: for the log. */
export type Wait = { readonly ms: number; readonly reason: string };

/** The requests that one credential may make; lists, updates and retries all count. */
export type Budget = {
  /**
   * Waits until one more request may start, in the order of the calls. Returns a function that the caller must call when the request has
   * ended. Throws a `FailureError`: the reason of the signal, or a `WaitTooLongError`.
   */
  readonly take: (signal: AbortSignal) => Promise<EndRequest>;
  /** Returns how much longer the API asks the client to wait, in milliseconds. */
  readonly heldMs: () => number;
  /** Returns the total time, in milliseconds, during which at least one request waited. */
  readonly throttledMs: () => number;
  /** Returns, for each rate, how many more requests may start now. */
  readonly windows: () => readonly BudgetWindow[];
};

/**
 * Called when a request has ended, with the limits in its response, or null when there was no response; or with `unused` when it was
 * not sent after all.
 */
export type EndRequest = (limits: ResponseLimits | null | 'unused') => void;

export type BudgetOptions = {
  readonly rates: readonly Rate[];
  /** Returns a number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** Called when a wait is long enough for the operator to notice. */
  readonly onWait: (wait: Wait) => void;
};

/** Shorter waits are not reported. */
const MIN_REPORTED_WAIT_MS = 2000;

/** Creates a budget that lets requests start at once while it lasts, and then as its windows move on. */
export function requestBudget({ rates, random, onWait }: BudgetOptions): Budget {
  const limits = new RequestLimits(rates, random);
  const throttle = new ThrottleTime();
  const queue = new WaitQueue<EndRequest>(() => startReadyRequests());
  const reportWait = waitReporter(onWait);
  let timer: NodeJS.Timeout | undefined;

  /** Starts every request that may start now, and sets a timer for the next one. */
  const startReadyRequests = () => {
    clearTimeout(timer);
    while (queue.hasWaiter()) {
      const now = performance.now();
      const { at, reason } = limits.nextStart(now);
      if (at > now) {
        throttle.start(now);
        if (at === Infinity) return; // The end of a request in flight continues here.
        timer = setTimeout(startReadyRequests, Math.ceil(at - now));
        reportWait({ ms: at - now, reason }, at);
        return;
      }
      queue.grantFirst(startRequest(now));
    }
    throttle.stop(performance.now());
  };

  const startRequest = (startedAt: number): EndRequest => {
    limits.begin(startedAt);
    return (response) => {
      if (response === 'unused') {
        limits.cancel();
        return startReadyRequests();
      }
      const now = performance.now();
      limits.end(response, startedAt, now);
      const heldMs = limits.heldMs(now);
      if (heldMs > MAX_WAIT_IN_PASS_MS) queue.refuseAll(() => new WaitTooLongError(heldMs));
      // A refusal may concern every waiting request, so its caller can react before the next request starts.
      if (response === null || response.status < 400) startReadyRequests();
      else setImmediate(startReadyRequests);
    };
  };

  return {
    take: async (signal) => {
      const heldMs = limits.heldMs(performance.now());
      if (heldMs > MAX_WAIT_IN_PASS_MS) throw new WaitTooLongError(heldMs);
      const permit = queue.join(signal);
      startReadyRequests();
      return permit;
    },
    heldMs: () => limits.heldMs(performance.now()),
    throttledMs: () => Math.round(throttle.totalMs(performance.now())),
    windows: () => limits.windows(performance.now()),
  };
}

/** Returns a function that reports a wait once, although every further request waits for the same time. */
function waitReporter(onWait: (wait: Wait) => void): (wait: Wait, until: number) => void {
  let reportedUntil = 0;
  return ({ ms, reason }, until) => {
    if (ms < MIN_REPORTED_WAIT_MS || until <= reportedUntil) return;
    reportedUntil = until;
    onWait({ ms: Math.round(ms), reason });
  };
}
