import { RETRIES_PARKED } from '../core/report/pass.ts';
import type { Trigger } from '../core/report/pass.ts';
import type { Report } from '../core/report/report.ts';

/** The pass that begins next. All callers that request it share one report. */
type PendingPass = { trigger: Trigger; readonly report: PromiseWithResolvers<Report | null> };

/** The requests for passes that have not begun: at most one pass is pending, however many callers request one. */
export type PassRequests = {
  /** Requests a pass. Resolves to its report, or to null if it never begins. Returns null when `stop` is aborted. */
  readonly add: (trigger: Trigger) => Promise<Report | null> | null;
  /** Returns the trigger of the pending pass; null if none is requested. */
  readonly pending: () => Trigger | null;
  /** Removes the pending pass, which begins now, and returns it; null if none is requested. */
  readonly take: () => { readonly trigger: Trigger; readonly resolve: (report: Report | null) => void } | null;
  /** Resolves when a pass is pending, or `stop` is aborted. */
  readonly wait: () => Promise<void>;
  /** Resolves a pending request to null, because its pass never begins. */
  readonly close: () => void;
};

/** Collects requests until `stop` is aborted. `onRequest` is called for each. */
export function passRequests(stop: AbortSignal, onRequest: () => void): PassRequests {
  let pending: PendingPass | null = null;
  let wake: (() => void) | null = null;
  const onStop = () => wake?.();
  stop.addEventListener('abort', onStop);
  return {
    add: (trigger) => {
      if (stop.aborted) return null;
      pending ??= { trigger, report: Promise.withResolvers() };
      // The pass must do everything that any of its requests asks for.
      if (RETRIES_PARKED[trigger]) pending.trigger = trigger;
      onRequest();
      wake?.();
      return pending.report.promise;
    },
    pending: () => pending?.trigger ?? null,
    take: () => {
      if (pending === null) return null;
      const { trigger, report } = pending;
      pending = null;
      return { trigger, resolve: report.resolve };
    },
    wait: async () => {
      if (pending !== null || stop.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    },
    close: () => {
      stop.removeEventListener('abort', onStop);
      pending?.report.resolve(null);
    },
  };
}
