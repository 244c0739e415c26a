import type { Report } from '../core/report/report.ts';

/** A denial usually lasts longer than a failure. It is retried too, because the API can take seconds to accept a new token. */
const FIRST_DELAY_MS = { denied: 10_000, failed: 1000 };
const MAX_DELAY_MS = 5 * 60_000;

/**
 * Counts the passes in a row that need a retry. `delayAfter` takes the report of every pass and returns the milliseconds until
 * the retry: twice as long after each such pass, with jitter from half of that; null if the pass needs no retry.
 */
export function backOff(random: () => number): { readonly delayAfter: (report: Report) => number | null } {
  let failures = 0;
  return {
    delayAfter: (report) => {
      failures = needsRetry(report) ? failures + 1 : 0;
      if (failures === 0) return null;
      const firstMs = FIRST_DELAY_MS[report.outcome === 'denied' ? 'denied' : 'failed'];
      const fullMs = Math.min(MAX_DELAY_MS, firstMs * 2 ** (failures - 1));
      return fullMs * (0.5 + 0.5 * random());
    },
  };
}

/**
 * Whether an early retry may help: the pass failed, an update failed but may succeed now, a planned update was not started, or the
 * list lags behind an update. The pass
 * after a superseded one does not wait for a retry.
 */
function needsRetry({ outcome, services, superseded, unconfirmed }: Report): boolean {
  return (
    outcome === 'failed' ||
    outcome === 'denied' ||
    unconfirmed.length > 0 ||
    services.some(
      ({ error, action, result }) =>
        error?.kind === 'transient' || (action !== null && result === 'withheld' && !superseded),
    )
  );
}
