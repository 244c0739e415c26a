import { createMetrics } from '../../src/sinks/metrics.ts';
import type { Metrics } from '../../src/sinks/metrics.ts';
import { trackVitals } from '../../src/sinks/vitals.ts';
import { scrape } from '../sinks/exposition.ts';

/** Returns the metrics of a daemon that has just started. */
export function initialMetrics(): Metrics {
  return createMetrics({
    version: '1.2.3',
    vitals: trackVitals(() => 0).vitals,
    health: () => ({ healthy: true, ready: false }),
    now: () => 0,
    timeOf: (at) => 1_767_225_600_000 + at,
    budget: () => [{ limit: 1100, ms: 300_000, left: 1100 }],
    throttledMs: () => 0,
    notifications: () => [{ receiver: 'team', sent: 0, lost: 0, failures: 0, queued: 0, isGone: false }],
    serviceSeries: 0,
  });
}

/** Labels that Prometheus adds to every series. */
const TARGET_LABELS = new Set(['instance', 'job']);

/**
 * Returns the selectors of an expression that match no series of a daemon that has just started. Ignores label values that contain variables
 * and the metrics of other programs.
 */
export async function unknownSelectors(expression: string): Promise<readonly string[]> {
  const series = [...(await scrape(initialMetrics())).keys()];
  return [...expression.matchAll(SELECTOR)].flatMap(([selector, name = '', matchers = '']) => {
    const labels = [...matchers.matchAll(/(\w+)=("[^"]*")/g)]
      .filter(([, label = '', value = '']) => !TARGET_LABELS.has(label) && !value.includes('$'))
      .map(([, label = '', value = '']) => `${label}=${value}`);
    const found = series.some(
      (each) => each.split('{', 1)[0] === name && labels.every((label) => each.slice(name.length).includes(label)),
    );
    return found || name.startsWith('nodejs_gc_duration_seconds') ? [] : [selector];
  });
}

const SELECTOR = /\b((?:vpc_reconciler|process|nodejs)_\w+)(?:\{([^}]*)\})?/g;
