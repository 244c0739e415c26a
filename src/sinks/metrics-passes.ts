import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { FINDING_KINDS } from '../core/compare/compare.ts';
import { RESULTS, SUCCESSES } from '../core/plan/outcome.ts';
import { PASS_OUTCOMES, TRIGGERS } from '../core/report/pass.ts';
import type { Report } from '../core/report/report.ts';

/** The triggers of a daemon's passes. */
const DAEMON_TRIGGERS = TRIGGERS.filter((trigger) => trigger !== 'command');

/** From a pass with a single request up to the default of `pass_timeout`, 15 minutes. */
const DURATION_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900];

/**
 * Registers the metrics of passes, which are based on reports. `collect` updates the metrics that depend on the time of the scrape.
 * `now` returns milliseconds of a monotonic clock.
 */
export function passMetrics(
  registry: Registry,
  now: () => number,
): { readonly onReport: (report: Report) => void; readonly collect: () => void } {
  const registers = [registry];
  const passes = new Counter({
    name: 'vpc_reconciler_passes_total',
    help: 'Passes (read, list, compare, write) that have ended, by outcome and by trigger.',
    labelNames: ['outcome', 'trigger'],
    registers,
  });
  const seconds = new Histogram({
    name: 'vpc_reconciler_pass_duration_seconds',
    help: 'Duration of passes, including failed ones and the time that requests waited for the request budget.',
    buckets: DURATION_BUCKETS,
    registers,
  });
  const updates = new Counter({
    name: 'vpc_reconciler_updates_total',
    help: 'Planned creates, updates and deletes, by their result in each pass: created; updated; deleted; failed; unsettled (the API stored a different value); withheld (by the policy, by a limit, after a rejection that is not retried yet, or because the pass ended first); paused (by the declaration).',
    labelNames: ['result'],
    registers,
  });
  const gauges = currentStateGauges(registry);
  // All series exist from the start, because `increase` ignores the first event of a series that begins with it.
  for (const outcome of PASS_OUTCOMES) for (const trigger of DAEMON_TRIGGERS) passes.inc({ outcome, trigger }, 0);
  for (const result of RESULTS) updates.inc({ result }, 0);
  for (const finding of FINDING_KINDS) gauges.services.set({ finding }, 0);
  gauges.source.set({ revision: '' }, 1);
  let driftedSince: ReadonlyMap<string, number> = new Map();

  return {
    onReport: (report) => {
      const { counts } = report;
      passes.inc({ outcome: report.outcome, trigger: report.trigger });
      seconds.observe(report.duration_ms / 1000);
      for (const result of RESULTS) updates.inc({ result }, counts[result]);
      if (hasRead(report)) {
        // The earlier series ends, so that the output does not grow with the number of commits.
        gauges.source.reset();
        gauges.source.set({ revision: report.source.revision ?? '' }, 1);
        gauges.declarations.set(counts.declared);
        gauges.problems.set(report.problems.length);
      }
      if (hasCompared(report)) {
        for (const finding of FINDING_KINDS) gauges.services.set({ finding }, counts[finding]);
        gauges.live.set(counts.live);
        driftedSince = updateDriftedSince(driftedSince, report, now());
      }
    },
    collect: () => {
      gauges.uncorrected.set(driftedSince.size);
      const earliest = Math.min(...driftedSince.values());
      gauges.driftAge.set(earliest === Infinity ? 0 : (now() - earliest) / 1000);
    },
  };
}

function currentStateGauges(registry: Registry) {
  const registers = [registry];
  return {
    services: new Gauge({
      name: 'vpc_reconciler_services',
      help: 'Services by finding of the last comparison: in_sync; drifted (before the pass updated them); missing (declared, not live, before the pass created them); unwanted (declared absent, live before the pass deleted them); unmanaged (live, not declared, left alone); invalid (the declaration has problems, the live service is left alone). A pass that fails before the comparison does not change them.',
      labelNames: ['finding'],
      registers,
    }),
    live: new Gauge({
      name: 'vpc_reconciler_live_services',
      help: 'Live services in the account when it was last listed for a comparison.',
      registers,
    }),
    declarations: new Gauge({
      name: 'vpc_reconciler_declarations',
      help: 'Declarations in the folder when it was last read, including skipped ones.',
      registers,
    }),
    source: new Gauge({
      name: 'vpc_reconciler_source_info',
      help: 'Always 1. The label contains the commit of the folder when it was last read; empty if it is not known.',
      labelNames: ['revision'],
      registers,
    }),
    problems: new Gauge({
      name: 'vpc_reconciler_problems',
      help: 'Problems in the files of the folder when it was last read. A declaration with problems is skipped, and its live service is left alone. The log and `vpc-reconciler validate` show file and line.',
      registers,
    }),
    uncorrected: new Gauge({
      name: 'vpc_reconciler_uncorrected_services',
      help: 'Services that differed in the last comparison and were not corrected: the write failed, was withheld or did not settle, or the mode is detect. Paused services do not count.',
      registers,
    }),
    driftAge: new Gauge({
      name: 'vpc_reconciler_drift_age_seconds',
      help: 'Age in seconds of the oldest drift that has not been corrected. 0 if there is none.',
      registers,
    }),
  };
}

/** Whether the pass read the folder. A report counts files only in this case. */
function hasRead({ error, source }: Report): boolean {
  return error === null || source.files > 0;
}

/** Whether the pass compared declared and live services. Without a comparison, a report counts only invalid ones. */
function hasCompared({ error, counts }: Report): boolean {
  return error === null || counts.in_sync + counts.drifted + counts.missing + counts.unwanted + counts.unmanaged > 0;
}

/** Returns when each service that still differs after this pass was first found different, by service_id. */
function updateDriftedSince(
  since: ReadonlyMap<string, number>,
  report: Report,
  now: number,
): ReadonlyMap<string, number> {
  const drifted = report.services.filter(isUncorrected);
  return new Map(
    drifted.map(({ service_id, name }) => {
      const key = service_id ?? `name:${name}`;
      return [key, since.get(key) ?? now];
    }),
  );
}

function isUncorrected({ finding, result }: Report['services'][number]): boolean {
  const differs = finding === 'drifted' || finding === 'unwanted';
  return differs && result !== 'paused' && !SUCCESSES.includes(result);
}
