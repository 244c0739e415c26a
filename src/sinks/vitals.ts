import { isGoodPass } from '../core/report/vitals.ts';
import type { Vitals } from '../core/report/vitals.ts';
import type { ReportSink } from '../core/report/sink.ts';

export type VitalsTracker = Required<ReportSink> & {
  readonly vitals: () => Vitals;
  /** Called when a step of a pass succeeded. */
  readonly onStep: (step: 'read' | 'list') => void;
  /** Called when the way in which changes are detected becomes a different one. */
  readonly onWatchState: (watcher: Pick<Vitals['watcher'], 'by' | 'reason'>) => void;
  /** Called after every check of the folder for changes. */
  readonly onFolderCheck: () => void;
  /** Called when a change was found that caused no event. */
  readonly onMissedChange: () => void;
  /** Called with an unexpected error after which the process continues. */
  readonly onBug: () => void;
  /** Called when the daemon begins to stop. */
  readonly onStop: () => void;
};

/**
 * Tracks the state of a daemon from its callbacks. `now` returns milliseconds of a monotonic clock; `paused` returns the pause of all
 * writes.
 */
export function trackVitals(now: () => number, paused: () => Vitals['paused'] = () => null): VitalsTracker {
  const startedAt = now();
  let scheduleMs: (() => number | null) | null = null;
  let vitals: Omit<Vitals, 'scheduleAt' | 'paused'> = {
    startedAt,
    stopping: false,
    pass: null,
    timerAt: null,
    requestedSince: startedAt,
    dueSince: startedAt,
    lastRead: null,
    lastList: null,
    lastGoodPass: null,
    lastPass: null,
    internalErrors: 0,
    watcher: { by: 'starting', reason: null, checkedAt: null, missedChanges: 0 },
  };
  const update = (changes: Partial<Vitals>) => {
    vitals = { ...vitals, ...changes };
  };
  const timeIn = (ms: number | null) => (ms === null ? null : now() + ms);

  return {
    vitals: () => ({ ...vitals, scheduleAt: timeIn(scheduleMs?.() ?? null), paused: paused() }),
    onPhase: (phase) => {
      switch (phase.kind) {
        case 'requested':
          return update({ requestedSince: vitals.requestedSince ?? now(), dueSince: vitals.dueSince ?? now() });
        case 'began':
          scheduleMs = null;
          return update({
            pass: { trigger: phase.trigger, since: now() },
            requestedSince: null,
            dueSince: vitals.dueSince ?? now(),
            timerAt: null,
          });
        case 'delayed':
          return undefined;
        case 'waiting':
          scheduleMs = phase.scheduleMs;
          return update({ timerAt: timeIn(phase.timerMs) });
        default:
          phase satisfies never;
      }
    },
    onReport: (report) => {
      const at = now();
      update({ pass: null, lastPass: { at, outcome: report.outcome, error: report.error?.message ?? null } });
      // A pass that was requested during this one is still due.
      if (isGoodPass(report)) update({ lastGoodPass: at, dueSince: vitals.requestedSince });
    },
    onStep: (step) => update(step === 'read' ? { lastRead: now() } : { lastList: now() }),
    onWatchState: (watcher) => update({ watcher: { ...vitals.watcher, ...watcher } }),
    onFolderCheck: () => update({ watcher: { ...vitals.watcher, checkedAt: now() } }),
    onMissedChange: () => update({ watcher: { ...vitals.watcher, missedChanges: vitals.watcher.missedChanges + 1 } }),
    onBug: () => update({ internalErrors: vitals.internalErrors + 1 }),
    onStop: () => update({ stopping: true }),
  };
}
