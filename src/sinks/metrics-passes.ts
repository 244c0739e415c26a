import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { WRITE_ASSERTIONS } from '../core/plan/assertions/violation.ts';
import type { PreventedWrite } from '../core/plan/assertions/violation.ts';
import type { Result } from '../core/plan/outcome.ts';
import type { StepKind } from '../core/plan/step.ts';
import { countLive, countStates, SERVICE_STATES } from '../core/report/counts.ts';
import { PASS_OUTCOMES, TRIGGERS } from '../core/report/pass.ts';
import type { Report } from '../core/report/report.ts';
import { driftMetrics } from './metrics-drift.ts';
import type { DriftMetricsOptions } from './metrics-drift.ts';

/** The triggers of a daemon's passes. */
const DAEMON_TRIGGERS = TRIGGERS.filter((trigger) => trigger !== 'command');

/** From a pass with a single request up to the default of `pass_timeout`, 15 minutes. */
const DURATION_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900];

/** The writes that were sent, by kind, with their results. */
const SENT_WRITES = {
  create: { name: 'creates', results: ['created', 'failed', 'unsettled'] },
  update: { name: 'updates', results: ['updated', 'failed', 'unsettled'] },
  delete: { name: 'deletes', results: ['deleted', 'failed'] },
} as const satisfies Record<StepKind, { readonly name: string; readonly results: readonly Result[] }>;

/** Registers the metrics of passes, which are based on reports. `collect` updates the metrics that depend on the time of the scrape. */
export function passMetrics(
  registry: Registry,
  options: DriftMetricsOptions,
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
  const countSent = sentWrites(registry);
  const withheld = new Counter({
    name: 'vpc_reconciler_writes_withheld_total',
    help: 'Writes that a pass planned and did not send, counted in each pass: because of the policy or a limit, after a rejection that is not retried yet, or because the pass ended first.',
    registers,
  });
  const gauges = currentStateGauges(registry);
  const drift = driftMetrics(registry, options);
  // All series exist from the start, because `increase` ignores the first event of a series that begins with it.
  for (const outcome of PASS_OUTCOMES) for (const trigger of DAEMON_TRIGGERS) passes.inc({ outcome, trigger }, 0);
  for (const state of SERVICE_STATES) gauges.services.set({ state }, 0);
  gauges.source.set({ revision: '' }, 1);

  return {
    onReport: (report) => {
      const { counts } = report;
      passes.inc({ outcome: report.outcome, trigger: report.trigger });
      seconds.observe(report.duration_ms / 1000);
      countSent(report);
      withheld.inc(counts.withheld);
      if (hasRead(report)) {
        // The earlier series ends, so that the output does not grow with the number of commits.
        gauges.source.reset();
        gauges.source.set({ revision: report.source.revision ?? '' }, 1);
        gauges.declarations.set(counts.declared);
        gauges.problems.set(report.problems.length);
      }
      if (hasCompared(report)) {
        const states = countStates(report);
        for (const state of SERVICE_STATES) gauges.services.set({ state }, states[state]);
        gauges.contested.set(counts.contested);
        gauges.live.set(countLive(report));
        drift.onComparison(report);
      }
    },
    collect: drift.collect,
  };
}

/** Registers the counter of writes that were not sent because of a bug. Returns a function that counts one. */
export function preventedWrites(registry: Registry): (prevented: Pick<PreventedWrite, 'assertion'>) => void {
  const counter = new Counter({
    name: 'vpc_reconciler_prevented_writes_total',
    help: 'Writes that were not sent because a check right before them failed, by the check. Each is a bug of the program, and is logged.',
    labelNames: ['assertion'],
    registers: [registry],
  });
  for (const assertion of WRITE_ASSERTIONS) counter.inc({ assertion }, 0);
  return ({ assertion }) => counter.inc({ assertion });
}

/** Registers a counter for each kind of write. Returns a function that counts those of a report. */
function sentWrites(registry: Registry): (report: Report) => void {
  const counters = new Map(
    Object.entries(SENT_WRITES).map(([action, { name, results }]) => {
      const counter = new Counter({
        name: `vpc_reconciler_${name}_total`,
        help: `Requests to ${action} a service that were sent, by their result: ${results.map((result) => RESULT_HELP[result]).join('; ')}.`,
        labelNames: ['result'],
        registers: [registry],
      });
      // All series exist from the start, because `increase` ignores the first event of a series that begins with it.
      for (const result of results) counter.inc({ result }, 0);
      return [action, counter];
    }),
  );
  return ({ services }) => {
    for (const { action, result } of services) {
      if (result !== null && result in RESULT_HELP) counters.get(action ?? '')?.inc({ result });
    }
  };
}

/** The results of writes that were sent, for help texts. */
const RESULT_HELP = {
  created: 'created',
  updated: 'updated',
  deleted: 'deleted',
  failed: 'failed',
  unsettled: 'unsettled (the API stored a different value)',
} as const;

function currentStateGauges(registry: Registry) {
  const registers = [registry];
  return {
    services: new Gauge({
      name: 'vpc_reconciler_services',
      help: 'Services by their state after the last pass that compared them: in_sync (also those that the pass wrote); drifted (not updated: the update failed, was withheld or did not settle, or the mode is detect); missing (declared, not live); unwanted (declared absent, still live); paused (by its declaration, and not as declared); unmanaged (live, not declared, left alone); invalid (the declaration has problems, the live service is left alone). A pass that fails before the comparison does not change them.',
      labelNames: ['state'],
      registers,
    }),
    contested: new Gauge({
      name: 'vpc_reconciler_contested_services',
      help: 'Services that another writer changes back again and again, after the last pass that compared them. Includes those that are in sync for a while in between.',
      registers,
    }),
    live: new Gauge({
      name: 'vpc_reconciler_live_services',
      help: 'Live services in the account after the last pass that compared them.',
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
