import type { BudgetWindow, RequestKind } from '../../core/base/api-usage.ts';
import type { Rate } from '../../core/base/rate.ts';
import { MAX_WAIT_IN_PASS_MS, WaitTooLongError } from '../errors.ts';
import type { ResponseLimits } from '../http/rate-limit-headers.ts';
import { RequestLimits } from './request-limits.ts';
import type { StartedRequest } from './request-limits.ts';
import type { StartTime } from './start-time.ts';
import { ThrottleTime } from './throttle-time.ts';
import { WaitQueue } from './wait-queue.ts';

/** How long requests will have to wait, and why: for the log. */
export type Wait = { readonly ms: number; readonly reason: string };

/** The requests that one credential may make; lists, updates and retries all count. */
export type Budget = {
  /**
   * Waits until one more request may start, in the order of the calls. Lists leave a part of the budget to updates, and do not wait for
   * updates that cannot start. Returns a function that the caller must call when the request has ended. Throws a `FailureError`: the
   * reason of the signal, or a `WaitTooLongError`.
   */
  readonly take: (method: RequestKind, signal: AbortSignal) => Promise<EndRequest>;
  /** Returns how much longer the API asks the client to wait, in milliseconds. */
  readonly heldMs: () => number;
  /** Returns the total time, in milliseconds, during which at least one request waited. */
  readonly throttledMs: () => number;
  /** Returns how far apart passes must be so that their lists leave most of the budget to updates, in milliseconds. */
  readonly listGapMs: () => number;
  /** Returns how many requests a pass may spend on retries that can wait, to leave most of the budget to other updates. */
  readonly spareRequests: () => number;
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

/** Lists first, then updates. */
const METHODS = ['GET', 'PUT'] as const satisfies readonly RequestKind[];

/** Shorter waits are not reported. */
const MIN_REPORTED_WAIT_MS = 2000;

/** Creates a budget that lets requests start at once while it lasts, and then as its windows move on. */
export function requestBudget({ rates, random, onWait }: BudgetOptions): Budget {
  const limits = new RequestLimits(rates, random);
  const throttle = new ThrottleTime();
  const newQueue = () => new WaitQueue<EndRequest>(() => startReadyRequests());
  const queues = { GET: newQueue(), PUT: newQueue() };
  const reportWait = waitReporter(onWait);
  let timer: NodeJS.Timeout | undefined;

  /** Starts every request that may start now, and sets a timer for the next one. */
  const startReadyRequests = () => {
    clearTimeout(timer);
    for (;;) {
      const now = performance.now();
      const next = firstToStart(now);
      if (next === null) break;
      const { method, at, reason } = next;
      if (at > now) {
        throttle.start(now);
        if (at === Infinity) return; // The end of a request in flight continues here.
        timer = setTimeout(startReadyRequests, Math.ceil(at - now));
        reportWait({ ms: at - now, reason }, at);
        return;
      }
      queues[method].grantFirst(startRequest({ method, startedAt: now }));
    }
    throttle.stop(performance.now());
  };

  /** Returns the waiting request that may start first; null if none waits. Of two that may start, a list goes first: it is rare. */
  const firstToStart = (now: number): (StartTime & { readonly method: RequestKind }) | null => {
    const [list, update] = METHODS.map((method) =>
      queues[method].hasWaiter() ? { method, ...limits.nextStart(now, method) } : null,
    );
    if (list == null || update == null) return list ?? update ?? null;
    return list.at > now && update.at < list.at ? update : list;
  };

  const startRequest = (request: StartedRequest): EndRequest => {
    limits.begin(request.startedAt, request.method);
    return (response) => {
      if (response === 'unused') {
        limits.cancel(request.method);
        return startReadyRequests();
      }
      const now = performance.now();
      limits.end(response, request, now);
      const heldMs = limits.heldMs(now);
      if (heldMs > MAX_WAIT_IN_PASS_MS) refuseWaiters(Object.values(queues), heldMs);
      // A refusal may concern every waiting request, so its caller can react before the next request starts.
      if (response === null || response.status < 400) startReadyRequests();
      else setImmediate(startReadyRequests);
    };
  };

  return {
    take: async (method, signal) => {
      const heldMs = limits.heldMs(performance.now());
      if (heldMs > MAX_WAIT_IN_PASS_MS) throw new WaitTooLongError(heldMs);
      const permit = queues[method].join(signal);
      startReadyRequests();
      return permit;
    },
    heldMs: () => limits.heldMs(performance.now()),
    throttledMs: () => Math.round(throttle.totalMs(performance.now())),
    listGapMs: () => limits.listGapMs(performance.now()),
    spareRequests: () => limits.spare(performance.now()),
    windows: () => limits.windows(performance.now()),
  };
}

function refuseWaiters(queues: readonly WaitQueue<EndRequest>[], heldMs: number): void {
  for (const queue of queues) queue.refuseAll(() => new WaitTooLongError(heldMs));
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
