import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { BudgetWindow } from '../core/base/api-usage.ts';
import type { Health, Vitals } from '../core/report/health.ts';
import type { Report } from '../core/report/report.ts';
import { passMetrics } from './metrics-passes.ts';
import { requestMetrics } from './metrics-requests.ts';
import type { RequestFacts } from './metrics-requests.ts';
import { vitalsMetrics } from './metrics-vitals.ts';

export type MetricsOptions = {
  readonly version: string;
  /** Times are of the same clock as `now`. */
  readonly vitals: () => Vitals;
  readonly health: () => Pick<Health, 'healthy' | 'ready'>;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** The Unix time, in milliseconds, of a moment on that clock. */
  readonly timeOf: (elapsedMs: number) => number;
  /** One for each window of the request budget: its text such as `1100/5m`, its size, how many requests may begin now. */
  readonly budget: () => readonly BudgetWindow[];
  /** For how long, all in all, there was a request that had to wait. */
  readonly throttledMs: () => number;
};

export type Metrics = {
  /** Told of every pass. */
  readonly onReport: (report: Report) => void;
  /** Told of every request to the API, once it has ended. */
  readonly onRequest: (request: RequestFacts) => void;
  /** What Prometheus is given that asks now. */
  readonly read: () => Promise<{ readonly contentType: string; readonly text: string }>;
};

/**
 * What a daemon tells Prometheus. Every series whose labels are known beforehand is there from the first scrape, so that `increase`
 * sees its first event, too. Labels take their values from short lists or from the settings, never from files or from the API: neither
 * the output nor the memory grows with the services or with time, but for the services that differ, of which each is remembered once.
 */
export function openMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const passes = passMetrics(registry, options.now);
  const requests = requestMetrics(registry);
  const lookAtVitals = vitalsMetrics(registry, options);
  new Gauge({
    name: 'vpc_reconciler_build_info',
    help: 'Always 1. The labels say which version of the program runs, and on which Node.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  }).set({ version: options.version, node_version: process.version }, 1);
  processMetrics(registry);

  return {
    onReport: passes.onReport,
    onRequest: requests.onRequest,
    read: async () => {
      passes.look();
      requests.look({ budget: options.budget(), throttledMs: options.throttledMs() });
      lookAtVitals();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/**
 * What every process on Node tells, under the usual names. Left out is what is named like a counter and is none, or counts by an
 * internal list of Node, and the delays of the loop by histogram: to look a hundred times a second costs an idle daemon half a percent
 * of a core, and to look less often makes the figures wrong, for they include the pause between two looks.
 */
function processMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 60_000 });
  const leftOut = /^nodejs_active_|^nodejs_eventloop_lag_(min|max|mean|stddev|p\d+)_seconds$/;
  for (const { name } of registry.getMetricsAsArray()) if (leftOut.test(name)) registry.removeSingleMetric(name);
}
