import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { BudgetWindow } from '../core/base/api-usage.ts';

/** One request to the API that has ended. */
export type RequestFacts = {
  readonly method: string;
  /** Null where no answer came. */
  readonly status: number | null;
  readonly ms: number;
  readonly isRetry: boolean;
};

type Spending = {
  readonly budget: readonly BudgetWindow[];
  readonly throttledMs: number;
};

const METHODS = ['GET', 'PUT'];

/** There from the first scrape: what an alert may ask for. Any other status is there once it was seen. */
const USUAL_STATUSES = ['200', '401', '403', '429', '500', '502', '503', 'none'];

/** The API answers within 300 to 770 ms, as observed; `request_timeout` is 30 s unless it is set. */
const SECONDS = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2.5, 5, 10, 30];

/** Metrics of the requests to the API. `look` takes in what is known at the time of a scrape only. */
export function requestMetrics(registry: Registry): {
  readonly onRequest: (request: RequestFacts) => void;
  readonly look: (spending: Spending) => void;
} {
  const registers = [registry];
  const requests = new Counter({
    name: 'vpc_reconciler_api_requests_total',
    help: 'Requests to the Cloudflare API that have ended, retries among them, by method and HTTP status; status none is a request without an answer (no connection, a timeout).',
    labelNames: ['method', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'vpc_reconciler_api_request_duration_seconds',
    help: 'How long a request to the Cloudflare API took, from its beginning to the last byte of its answer or to its failure; without the time that it waited for the request budget.',
    labelNames: ['method'],
    buckets: SECONDS,
    registers,
  });
  const retries = new Counter({
    name: 'vpc_reconciler_api_retries_total',
    help: 'Requests to the Cloudflare API that repeated one which had failed.',
    registers,
  });
  const throttled = new Counter({
    name: 'vpc_reconciler_api_throttled_seconds_total',
    help: 'Time during which a request or more had to wait: for the request budget, or because the API asked to be left alone. A rate of 1 is somebody waiting all the time.',
    registers,
  });
  const limit = new Gauge({
    name: 'vpc_reconciler_request_budget_limit',
    help: 'How many requests the setting request_budget allows in any stretch as long as the window, which is spelled as in the setting.',
    labelNames: ['window'],
    registers,
  });
  const remaining = new Gauge({
    name: 'vpc_reconciler_request_budget_remaining',
    help: 'How many requests may begin now without waiting for this window of the request budget.',
    labelNames: ['window'],
    registers,
  });
  for (const method of METHODS) {
    seconds.zero({ method });
    for (const status of USUAL_STATUSES) requests.inc({ method, status }, 0);
  }

  return {
    onRequest: ({ method, status, ms, isRetry }) => {
      const known = METHODS.includes(method) ? method : 'other';
      requests.inc({ method: known, status: spellStatus(status) });
      seconds.observe({ method: known }, ms / 1000);
      if (isRetry) retries.inc();
    },
    look: ({ budget, throttledMs }) => {
      throttled.reset();
      throttled.inc(throttledMs / 1000);
      for (const window of budget) {
        limit.set({ window: window.window }, window.limit);
        remaining.set({ window: window.window }, window.left);
      }
    },
  };
}

/** A server may answer any three digits; the classes that HTTP knows are enough. */
function spellStatus(status: number | null): string {
  if (status === null) return 'none';
  return status >= 100 && status <= 599 ? String(status) : 'other';
}
