import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { BudgetWindow, EndedRequest } from '../core/base/api-usage.ts';
import type { PreventedWrite } from '../core/plan/assertions/violation.ts';
import type { Health } from '../core/report/health.ts';
import type { Report } from '../core/report/report.ts';
import type { Vitals } from '../core/report/vitals.ts';
import { notificationMetrics } from './notifications/notification-metrics.ts';
import { passMetrics, preventedWrites } from './metrics-passes.ts';
import { requestMetrics } from './metrics-requests.ts';
import { vitalsMetrics } from './metrics-vitals.ts';

export type MetricsOptions = {
  readonly version: string;
  /** Times are on the same clock as `now`. */
  readonly vitals: () => Vitals;
  readonly health: () => Pick<Health, 'healthy' | 'ready'>;
  /** Returns milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Converts a time on that clock to Unix time in milliseconds. */
  readonly timeOf: (elapsedMs: number) => number;
  /** Returns the windows of the request budget, for example `1100/5m`, in the order of the setting, with limit and remaining requests. */
  readonly budget: () => readonly BudgetWindow[];
  /** Returns the total time, in milliseconds, during which at least one request waited. */
  readonly throttledMs: () => number;
  /** At most this many drifted services have a series of their own. */
  readonly serviceSeries: number;
  /** Returns the state of each receiver of notifications. */
  readonly notifications?: () => Parameters<ReturnType<typeof notificationMetrics>>[0];
};

export type Metrics = {
  /** Called with the report of every pass. */
  readonly onReport: (report: Report) => void;
  /** Called after every request to the API. */
  readonly onRequest: (request: EndedRequest) => void;
  /** Called with each write that was not sent because of a bug in this program. */
  readonly onPrevented: (prevented: PreventedWrite) => void;
  /** Returns the current metrics in the format of Prometheus. */
  readonly read: () => Promise<{ readonly contentType: string; readonly text: string }>;
};

/**
 * Creates the metrics of a daemon. All series with predictable labels exist from the first scrape, so that `increase` counts their first
 * event. Label values come from short lists, never from settings, files or the API, except for the current commit, which replaces the one
 * before, and for the services of `serviceSeries`. Therefore the output does not grow with the number of services or with time. Memory
 * grows only with the services that currently differ.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const passes = passMetrics(registry, options);
  const onPrevented = preventedWrites(registry);
  const requests = requestMetrics(registry);
  const collectNotifications = notificationMetrics(registry);
  const collectVitals = vitalsMetrics(registry, options);
  new Gauge({
    name: 'vpc_reconciler_build_info',
    help: 'Always 1. The labels contain the versions of the program and of Node.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  }).set({ version: options.version, node_version: process.version }, 1);
  processMetrics(registry);

  return {
    onReport: passes.onReport,
    onRequest: requests.onRequest,
    onPrevented,
    read: async () => {
      passes.collect();
      requests.collect({ budget: options.budget(), throttledMs: options.throttledMs() });
      collectNotifications(options.notifications?.() ?? []);
      collectVitals();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/**
 * Registers the usual metrics of a Node process. Omits gauges named like counters and counts of internal Node resources. Also omits the
 * histogram of event loop delays: 100 samples per second cost an idle daemon half a percent of a core, and with fewer samples the values
 * are wrong, because they include the pause between samples.
 */
function processMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 60_000 });
  const omitted = /^nodejs_active_|^nodejs_eventloop_lag_(min|max|mean|stddev|p\d+)_seconds$/;
  for (const { name } of registry.getMetricsAsArray()) if (omitted.test(name)) registry.removeSingleMetric(name);
}
