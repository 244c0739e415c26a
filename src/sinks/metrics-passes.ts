import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Finding } from '../core/compare/compare.ts';
import type { Outcome } from '../core/plan/outcome.ts';
import type { Report, Trigger } from '../core/report/report.ts';
import { OUTCOMES } from './metrics-vitals.ts';

/** What starts a pass of a daemon. */
const TRIGGERS: readonly Trigger[] = ['startup', 'change', 'interval', 'schedule', 'signal', 'request'];

const FINDINGS: readonly Finding['kind'][] = ['in_sync', 'drifted', 'missing', 'unmanaged', 'invalid'];

const RESULTS: readonly Outcome['result'][] = ['updated', 'failed', 'unsettled', 'withheld'];

/** From a pass that finds nothing to do, one request, to `pass_timeout`, 15 minutes unless it is set. */
const SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900];

/**
 * Metrics of the passes, from their reports. `look` takes in what is known at the time of a scrape only; `now` gives milliseconds of a
 * clock that never jumps.
 */
export function passMetrics(
  registry: Registry,
  now: () => number,
): { readonly onReport: (report: Report) => void; readonly look: () => void } {
  const registers = [registry];
  const passes = new Counter({
    name: 'vpc_reconciler_passes_total',
    help: 'Passes (read, list, compare, update) that have ended, by how they ended and by what started them.',
    labelNames: ['outcome', 'trigger'],
    registers,
  });
  const seconds = new Histogram({
    name: 'vpc_reconciler_pass_duration_seconds',
    help: 'How long a pass took, failed ones too; with the time that its requests waited for the request budget.',
    buckets: SECONDS,
    registers,
  });
  const updates = new Counter({
    name: 'vpc_reconciler_updates_total',
    help: 'Services to update, by what became of it in each pass: updated; failed; unsettled (the API took the update and keeps something else); withheld (a limit, a refusal not yet worth another try, or not begun).',
    labelNames: ['result'],
    registers,
  });
  const gauges = lastSeenGauges(registry);
  // Few enough, and `increase` does not see the first event of a series that comes with it.
  for (const outcome of OUTCOMES) for (const trigger of TRIGGERS) passes.inc({ outcome, trigger }, 0);
  for (const result of RESULTS) updates.inc({ result }, 0);
  for (const finding of FINDINGS) gauges.services.set({ finding }, 0);
  let driftedSince: ReadonlyMap<string, number> = new Map();

  return {
    onReport: (report) => {
      const { counts } = report;
      passes.inc({ outcome: report.outcome, trigger: report.trigger });
      seconds.observe(report.duration_ms / 1000);
      for (const result of RESULTS) updates.inc({ result }, counts[result]);
      if (hasRead(report)) {
        gauges.declarations.set(counts.declared);
        gauges.problems.set(report.problems.length);
      }
      if (hasCompared(report)) {
        for (const finding of FINDINGS) gauges.services.set({ finding }, counts[finding]);
        gauges.live.set(counts.live);
        driftedSince = stillDrifted(driftedSince, report, now());
      }
    },
    look: () => {
      gauges.uncorrected.set(driftedSince.size);
      const longest = Math.min(...driftedSince.values());
      gauges.driftAge.set(longest === Infinity ? 0 : (now() - longest) / 1000);
    },
  };
}

function lastSeenGauges(registry: Registry) {
  const registers = [registry];
  return {
    services: new Gauge({
      name: 'vpc_reconciler_services',
      help: 'Services by what the last pass that got as far as a comparison found: in_sync; drifted (before it updated them); missing (declared, not live); unmanaged (live, not declared, left alone); invalid (its declaration does not hold, left alone). A pass that fails before leaves them as they are.',
      labelNames: ['finding'],
      registers,
    }),
    live: new Gauge({
      name: 'vpc_reconciler_live_services',
      help: 'Services that the account had when it was last listed for a comparison.',
      registers,
    }),
    declarations: new Gauge({
      name: 'vpc_reconciler_declarations',
      help: 'Declarations in the folder when it was last read, those that do not hold among them.',
      registers,
    }),
    problems: new Gauge({
      name: 'vpc_reconciler_problems',
      help: 'What is wrong in the files of the folder, as of when it was last read: what has a problem is set aside, and its live service is left alone. The log and `vpc-reconciler validate` say file and line.',
      registers,
    }),
    uncorrected: new Gauge({
      name: 'vpc_reconciler_uncorrected_services',
      help: 'Services that were found different and were not updated by the last pass that compared: an update failed, was withheld, did not settle, or the mode is detect.',
      registers,
    }),
    driftAge: new Gauge({
      name: 'vpc_reconciler_drift_age_seconds',
      help: 'For how long that service has been found different, pass after pass, that has been for the longest, and was not updated; 0 where every difference was put back.',
      registers,
    }),
  };
}

/** Whether the folder was read, however the pass ended: a report counts files only then. */
function hasRead({ error, source }: Report): boolean {
  return error === null || source.files > 0;
}

/** Whether declared and live were compared, however the pass ended: without a list, there is nothing but what is invalid. */
function hasCompared({ error, counts }: Report): boolean {
  return error === null || counts.in_sync + counts.drifted + counts.missing + counts.unmanaged > 0;
}

/** Since when each service differs that differs after this pass, too, by service_id. */
function stillDrifted(since: ReadonlyMap<string, number>, report: Report, now: number): ReadonlyMap<string, number> {
  const drifted = report.services.filter(({ finding, result }) => finding === 'drifted' && result !== 'updated');
  return new Map(drifted.map(({ service_id: id }) => [id ?? '', since.get(id ?? '') ?? now]));
}
