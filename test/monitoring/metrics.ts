import { openMetrics } from '../../src/sinks/metrics.ts';
import type { Metrics } from '../../src/sinks/metrics.ts';
import { keepVitals } from '../../src/sinks/vitals.ts';

/** Metrics of a daemon that has just started. */
export function someMetrics(): Metrics {
  return openMetrics({
    version: '1.2.3',
    vitals: keepVitals(() => 0).vitals,
    health: () => ({ healthy: true, ready: false }),
    now: () => 0,
    timeOf: (at) => 1_767_225_600_000 + at,
    budget: () => [{ window: '1100/5m', limit: 1100, left: 1100 }],
    throttledMs: () => 0,
  });
}
