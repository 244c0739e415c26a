import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { BudgetWindow, EndedRequest, HttpMethod } from '../core/base/api-usage.ts';

type BudgetUsage = {
  readonly budget: readonly BudgetWindow[];
  readonly throttledMs: number;
};

const METHODS: readonly HttpMethod[] = ['GET', 'PUT', 'POST', 'DELETE'];

/** Exported from the first scrape, for alerts. Any other status appears when it first occurs. */
const USUAL_STATUSES = ['200', '401', '403', '429', '500', '502', '503', 'none'];

/** Observed responses of the API take 300 to 770 ms. The default of `request_timeout` is 30 s. */
const DURATION_BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2.5, 5, 10, 30];

/** Registers the metrics of requests to the API. `collect` updates the metrics that depend on the time of the scrape. */
export function requestMetrics(registry: Registry): {
  readonly onRequest: (request: EndedRequest) => void;
  readonly collect: (usage: BudgetUsage) => void;
} {
  const registers = [registry];
  const requests = new Counter({
    name: 'vpc_reconciler_api_requests_total',
    help: 'Requests to the Cloudflare API that have ended, including retries, by method and HTTP status. Status none means that no response arrived (connection failed, timeout).',
    labelNames: ['method', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'vpc_reconciler_api_request_duration_seconds',
    help: 'Duration of requests to the Cloudflare API, until the last byte of the response or the failure. Does not include the wait for the request budget.',
    labelNames: ['method'],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const retries = new Counter({
    name: 'vpc_reconciler_api_retries_total',
    help: 'Requests to the Cloudflare API that repeated a failed request.',
    registers,
  });
  const throttled = new Counter({
    name: 'vpc_reconciler_api_throttled_seconds_total',
    help: 'Seconds during which at least one request waited, for the request budget or because the API asked the client to wait. A rate of 1 means that requests are waiting all the time.',
    registers,
  });
  const budgetLimit = new Gauge({
    name: 'vpc_reconciler_request_budget_limit',
    help: 'Requests that the setting request_budget allows within a window. The label is the position of the window in the setting, from 1.',
    labelNames: ['window'],
    registers,
  });
  const windowSeconds = new Gauge({
    name: 'vpc_reconciler_request_budget_window_seconds',
    help: 'Length in seconds of a window of the setting request_budget.',
    labelNames: ['window'],
    registers,
  });
  const remaining = new Gauge({
    name: 'vpc_reconciler_request_budget_remaining',
    help: 'Requests that can start now without waiting for this window of the request budget.',
    labelNames: ['window'],
    registers,
  });
  for (const method of METHODS) {
    seconds.zero({ method });
    for (const status of USUAL_STATUSES) requests.inc({ method, status }, 0);
  }

  return {
    onRequest: ({ method, status, ms, isRetry }) => {
      requests.inc({ method, status: statusLabel(status) });
      seconds.observe({ method }, ms / 1000);
      if (isRetry) retries.inc();
    },
    collect: ({ budget, throttledMs }) => {
      throttled.reset();
      throttled.inc(throttledMs / 1000);
      for (const [index, { limit, ms, left }] of budget.entries()) {
        const window = index + 1;
        budgetLimit.set({ window }, limit);
        windowSeconds.set({ window }, ms / 1000);
        remaining.set({ window }, left);
      }
    },
  };
}

/** Limits the number of series: a server can answer with any number. */
function statusLabel(status: number | null): string {
  if (status === null) return 'none';
  return status >= 100 && status <= 599 ? String(status) : 'other';
}
