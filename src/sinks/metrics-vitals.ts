import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Health } from '../core/report/health.ts';
import { PASS_OUTCOMES } from '../core/report/pass.ts';
import { nextPassAt, WATCH_MODES } from '../core/report/vitals.ts';
import type { Vitals } from '../core/report/vitals.ts';

export type VitalsMetricsOptions = {
  readonly vitals: () => Vitals;
  readonly health: () => Pick<Health, 'healthy' | 'ready'>;
  readonly timeOf: (elapsedMs: number) => number;
};

/** Registers the metrics of the state of the daemon. Returns a function that updates them, to be called for each scrape. */
export function vitalsMetrics(registry: Registry, { vitals, health, timeOf }: VitalsMetricsOptions): () => void {
  const updatePasses = passGauges(registry);
  const updateWatcher = watcherGauges(registry);
  const registers = [registry];
  const healthy = new Gauge({
    name: 'vpc_reconciler_healthy',
    help: '1 while the daemon makes progress, 0 if it is stuck and a restart would help. The result of /healthz.',
    registers,
  });
  const ready = new Gauge({
    name: 'vpc_reconciler_ready',
    help: '1 while passes succeed; 0 before the first good pass, and after passes have been failing or overdue for longer than the setting fresh_for. The result of /readyz.',
    registers,
  });
  const paused = new Gauge({
    name: 'vpc_reconciler_paused',
    help: '1 while all writes are paused by POST /api/pause, 0 otherwise.',
    registers,
  });
  const internalErrors = new Counter({
    name: 'vpc_reconciler_internal_errors_total',
    help: 'Unexpected errors of the program after which it continued. Each is logged.',
    registers,
  });
  const toTimestamp: ToTimestamp = (at) => (at === null ? 0 : Math.round(timeOf(at)) / 1000);

  return () => {
    const currentVitals = vitals();
    const currentHealth = health();
    healthy.set(Number(currentHealth.healthy));
    ready.set(Number(currentHealth.ready));
    paused.set(Number(currentVitals.paused !== null));
    internalErrors.reset();
    internalErrors.inc(currentVitals.internalErrors);
    updatePasses(currentVitals, toTimestamp);
    updateWatcher(currentVitals, toTimestamp);
  };
}

/** Converts a time to Unix time in seconds; 0 if it is null. */
type ToTimestamp = (at: number | null) => number;

function passGauges(registry: Registry): (vitals: Vitals, toTimestamp: ToTimestamp) => void {
  const registers = [registry];
  const success = new Gauge({
    name: 'vpc_reconciler_last_success_timestamp_seconds',
    help: 'Unix time of the last success of each step: read (the folder), list (the account), pass (both, and the pass was completed; single services may have failed). 0 if there was none.',
    labelNames: ['step'],
    registers,
  });
  const last = new Gauge({
    name: 'vpc_reconciler_last_pass_timestamp_seconds',
    help: 'Unix time at which the last pass ended, with any outcome. 0 before the first.',
    registers,
  });
  const outcomeOfLast = new Gauge({
    name: 'vpc_reconciler_last_pass_outcome',
    help: '1 for the outcome of the last pass, 0 for the others: in_sync; converged (all differences were updated); pending (mode detect, services differ); partial (services are missing, invalid, failed, unsettled or withheld); failed (the folder or the account could not be read); denied (the credential was refused); interrupted (the program was stopped).',
    labelNames: ['outcome'],
    registers,
  });
  const dueSince = new Gauge({
    name: 'vpc_reconciler_pass_due_since_timestamp_seconds',
    help: 'Unix time since which a good pass has been due, because passes fail, take long, or do not start. 0 if none is due.',
    registers,
  });
  const next = new Gauge({
    name: 'vpc_reconciler_next_pass_timestamp_seconds',
    help: 'Unix time of the next pass by interval, back-off or schedule. 0 during a pass, and if no pass is planned.',
    registers,
  });

  return (vitals, toTimestamp) => {
    const { lastPass } = vitals;
    success.set({ step: 'read' }, toTimestamp(vitals.lastRead));
    success.set({ step: 'list' }, toTimestamp(vitals.lastList));
    success.set({ step: 'pass' }, toTimestamp(vitals.lastGoodPass));
    last.set(toTimestamp(lastPass?.at ?? null));
    for (const outcome of PASS_OUTCOMES) outcomeOfLast.set({ outcome }, Number(outcome === lastPass?.outcome));
    dueSince.set(toTimestamp(vitals.dueSince));
    next.set(toTimestamp(nextPassAt(vitals)));
  };
}

function watcherGauges(registry: Registry): (vitals: Vitals, toTimestamp: ToTimestamp) => void {
  const registers = [registry];
  const state = new Gauge({
    name: 'vpc_reconciler_watcher_state',
    help: '1 for how changes in the folder are detected now, 0 for the others: starting; events (immediately); rescans (events are incomplete, so the folder is checked every few seconds).',
    labelNames: ['state'],
    registers,
  });
  const missed = new Counter({
    name: 'vpc_reconciler_watcher_missed_changes_total',
    help: 'Changes in the folder that caused no event and were detected later by a rescan.',
    registers,
  });
  const lastCheck = new Gauge({
    name: 'vpc_reconciler_folder_last_check_timestamp_seconds',
    help: 'Unix time of the last completed check of the folder for changes, whether or not the folder could be read. 0 before the first.',
    registers,
  });

  return ({ watcher }, toTimestamp) => {
    for (const by of WATCH_MODES) state.set({ state: by }, Number(by === watcher.by));
    missed.reset();
    missed.inc(watcher.missedChanges);
    lastCheck.set(toTimestamp(watcher.checkedAt));
  };
}
