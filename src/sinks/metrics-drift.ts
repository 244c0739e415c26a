import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { SUCCESSES } from '../core/plan/outcome.ts';
import type { Report } from '../core/report/report.ts';
import type { ServiceReport } from '../core/report/service-report.ts';

export type DriftMetricsOptions = {
  /** Returns milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** At most this many drifted services have a series of their own. With 0, the metric does not exist. */
  readonly serviceSeries: number;
};

/** A label has at most this many characters: a declared name can be longer than any series should be. */
const MAX_LABEL_LENGTH = 128;

type Drift = { readonly name: string; readonly since: number };

/**
 * Registers the metrics of drift that passes have not corrected. `onComparison` is called with the report of every pass that compared
 * declared and live services; `collect` updates the ages for a scrape.
 */
export function driftMetrics(
  registry: Registry,
  { now, serviceSeries }: DriftMetricsOptions,
): { readonly onComparison: (report: Report) => void; readonly collect: () => void } {
  const registers = [registry];
  const max = new Gauge({
    name: 'vpc_reconciler_max_drift_age_seconds',
    help: 'Age in seconds of the oldest drift that has not been corrected. 0 if there is none.',
    registers,
  });
  const ofServices =
    serviceSeries === 0
      ? null
      : new Gauge({
          name: 'vpc_reconciler_service_drift_age_seconds',
          help: 'Age in seconds of the drift of each service that has not been corrected, the oldest first, and no more services than the setting service_metrics allows.',
          labelNames: ['service_id', 'name'],
          registers,
        });
  const ageOf = ({ since }: Drift) => (now() - since) / 1000;
  let drifts: ReadonlyMap<string, Drift> = new Map();

  return {
    onComparison: (report) => {
      drifts = updateDrifts(drifts, report, now());
    },
    collect: () => {
      const oldestFirst = [...drifts].sort(([, a], [, b]) => a.since - b.since);
      const [oldest] = oldestFirst;
      max.set(oldest === undefined ? 0 : ageOf(oldest[1]));
      ofServices?.reset();
      for (const [id, drift] of oldestFirst.slice(0, serviceSeries)) {
        ofServices?.set({ service_id: id, name: drift.name.slice(0, MAX_LABEL_LENGTH) }, ageOf(drift));
      }
    },
  };
}

/** Returns the services that still differ after this pass, by service_id, with the time at which they were first found different. */
function updateDrifts(drifts: ReadonlyMap<string, Drift>, report: Report, now: number): ReadonlyMap<string, Drift> {
  return new Map(
    report.services.filter(isUncorrected).map(({ service_id, name }) => {
      const id = service_id ?? '';
      return [id, { name: name ?? '', since: drifts.get(id)?.since ?? now }];
    }),
  );
}

/** Whether a live service still differs from its declaration, and is not paused. It has a service_id. */
function isUncorrected({ finding, result }: ServiceReport): boolean {
  const differs = finding === 'drifted' || finding === 'unwanted';
  return differs && result !== 'paused' && !SUCCESSES.includes(result);
}
