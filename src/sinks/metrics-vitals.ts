import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { nextPassAt } from '../core/report/health.ts';
import type { Health, Vitals, WatchMode } from '../core/report/health.ts';
import type { PassOutcome } from '../core/report/report.ts';

export type VitalsMetricsOptions = {
  readonly vitals: () => Vitals;
  readonly health: () => Pick<Health, 'healthy' | 'ready'>;
  readonly timeOf: (elapsedMs: number) => number;
};

export const OUTCOMES: readonly PassOutcome[] = [
  'in_sync',
  'converged',
  'pending',
  'partial',
  'failed',
  'denied',
  'interrupted',
];

const WATCH_MODES: readonly WatchMode[] = ['starting', 'events', 'rescans'];

/** Metrics of what a daemon knows of itself. Gives what takes that in, at the time of a scrape. */
export function vitalsMetrics(registry: Registry, { vitals, health, timeOf }: VitalsMetricsOptions): () => void {
  const lookAtPasses = passGauges(registry);
  const lookAtWatcher = watcherGauges(registry);
  const registers = [registry];
  const healthy = new Gauge({
    name: 'vpc_reconciler_healthy',
    help: '1 while the daemon moves, 0 where a restart would help: what /healthz answers.',
    registers,
  });
  const ready = new Gauge({
    name: 'vpc_reconciler_ready',
    help: '1 while what the daemon keeps can be relied on, 0 before the first good pass and once passes have been failing, or due, for longer than the setting fresh_for: what /readyz answers.',
    registers,
  });
  const timeOrZero: Timestamp = (at) => (at === null ? 0 : Math.round(timeOf(at)) / 1000);

  return () => {
    const now = vitals();
    const judged = health();
    healthy.set(Number(judged.healthy));
    ready.set(Number(judged.ready));
    lookAtPasses(now, timeOrZero);
    lookAtWatcher(now, timeOrZero);
  };
}

/** Unix time in seconds; 0 for what never happened. */
type Timestamp = (at: number | null) => number;

function passGauges(registry: Registry): (vitals: Vitals, timestamp: Timestamp) => void {
  const registers = [registry];
  const success = new Gauge({
    name: 'vpc_reconciler_last_success_timestamp_seconds',
    help: 'Unix time when a step last went well: read (the folder), list (the account), pass (both, and the pass came to its end; single services may have failed). 0 where it never did.',
    labelNames: ['step'],
    registers,
  });
  const last = new Gauge({
    name: 'vpc_reconciler_last_pass_timestamp_seconds',
    help: 'Unix time when the last pass ended, however it ended. 0 before the first.',
    registers,
  });
  const outcomeOfLast = new Gauge({
    name: 'vpc_reconciler_last_pass_outcome',
    help: '1 for how the last pass ended, 0 for all else: in_sync, converged (all that differed was updated), pending (mode detect: something differs), partial (something is missing, invalid, failed or withheld), failed (could not read or list), denied (the credential was refused), interrupted (told to stop).',
    labelNames: ['outcome'],
    registers,
  });
  const owed = new Gauge({
    name: 'vpc_reconciler_pass_owed_timestamp_seconds',
    help: 'Unix time since when a good pass has been due and has not come to its end: one fails after another, takes long, or does not begin. 0 where none is due.',
    registers,
  });
  const next = new Gauge({
    name: 'vpc_reconciler_next_pass_timestamp_seconds',
    help: 'Unix time of the next pass that nobody has to ask for: by interval, back-off or schedule. 0 while a pass is under way, and where there is none.',
    registers,
  });

  return (vitals, timestamp) => {
    const { lastPass } = vitals;
    success.set({ step: 'read' }, timestamp(vitals.lastRead));
    success.set({ step: 'list' }, timestamp(vitals.lastList));
    success.set({ step: 'pass' }, timestamp(vitals.lastGoodPass));
    last.set(timestamp(lastPass?.at ?? null));
    for (const outcome of OUTCOMES) outcomeOfLast.set({ outcome }, Number(outcome === lastPass?.outcome));
    owed.set(timestamp(vitals.dueSince));
    next.set(timestamp(nextPassAt(vitals)));
  };
}

function watcherGauges(registry: Registry): (vitals: Vitals, timestamp: Timestamp) => void {
  const registers = [registry];
  const state = new Gauge({
    name: 'vpc_reconciler_watcher_state',
    help: '1 for how changes of the folder are noticed now, 0 for all else: starting, events (at once), rescans (events do not tell all there: the folder is looked at again and again).',
    labelNames: ['state'],
    registers,
  });
  const missed = new Counter({
    name: 'vpc_reconciler_watcher_missed_changes_total',
    help: 'Changes of the folder that no event had announced: only the safety re-scan found them, later than they could have been.',
    registers,
  });
  const looked = new Gauge({
    name: 'vpc_reconciler_folder_last_look_timestamp_seconds',
    help: 'Unix time when a look whether the folder has changed last came to an end, be it that nothing can be read there. 0 before the first time.',
    registers,
  });

  return ({ watcher }, timestamp) => {
    for (const by of WATCH_MODES) state.set({ state: by }, Number(by === watcher.by));
    missed.reset();
    missed.inc(watcher.missed);
    looked.set(timestamp(watcher.lookedAt));
  };
}
