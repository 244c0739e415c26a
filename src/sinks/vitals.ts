import { isGood } from '../core/report/health.ts';
import type { Vitals } from '../core/report/health.ts';
import type { ReportSink } from '../core/report/sink.ts';

export type VitalsKeeper = Required<ReportSink> & {
  readonly vitals: () => Vitals;
  /** A step of a pass went well. */
  readonly onStep: (step: 'read' | 'list') => void;
  readonly onWatch: (watcher: Pick<Vitals['watcher'], 'by' | 'reason'>) => void;
  /** Somebody looked whether the folder has changed. */
  readonly onLook: () => void;
  /** A change was found that no event had announced. */
  readonly onMissed: () => void;
  readonly onStop: () => void;
};

/** Keeps what a daemon tells of itself as it goes. `now` gives milliseconds of a clock that never jumps. */
export function keepVitals(now: () => number): VitalsKeeper {
  const startedAt = now();
  let scheduleMs: (() => number | null) | null = null;
  let vitals: Omit<Vitals, 'scheduleAt'> = {
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
    watcher: { by: 'starting', reason: null, lookedAt: null, missed: 0 },
  };
  const change = (changed: Partial<Vitals>) => {
    vitals = { ...vitals, ...changed };
  };
  const after = (ms: number | null) => (ms === null ? null : now() + ms);

  return {
    vitals: () => ({ ...vitals, scheduleAt: after(scheduleMs?.() ?? null) }),
    onPhase: (phase) => {
      switch (phase.kind) {
        case 'requested':
          return change({ requestedSince: vitals.requestedSince ?? now(), dueSince: vitals.dueSince ?? now() });
        case 'began':
          scheduleMs = null;
          return change({
            pass: { trigger: phase.trigger, since: now() },
            requestedSince: null,
            dueSince: vitals.dueSince ?? now(),
            timerAt: null,
          });
        case 'waiting':
          scheduleMs = phase.scheduleMs;
          return change({ timerAt: after(phase.timerMs) });
        default:
          phase satisfies never;
      }
    },
    onReport: (report) => {
      const at = now();
      change({ pass: null, lastPass: { at, outcome: report.outcome, error: report.error?.message ?? null } });
      // Who asked while it was under way is still owed one.
      if (isGood(report)) change({ lastGoodPass: at, dueSince: vitals.requestedSince });
    },
    onStep: (step) => change(step === 'read' ? { lastRead: now() } : { lastList: now() }),
    onWatch: (watcher) => change({ watcher: { ...vitals.watcher, ...watcher } }),
    onLook: () => change({ watcher: { ...vitals.watcher, lookedAt: now() } }),
    onMissed: () => change({ watcher: { ...vitals.watcher, missed: vitals.watcher.missed + 1 } }),
    onStop: () => change({ stopping: true }),
  };
}
