import { untilAborted } from '../core/base/abort.ts';
import type { Watch } from '../core/load/source.ts';
import type { Phase } from '../core/report/health.ts';
import type { Report, Trigger } from '../core/report/report.ts';
import { killAfter } from '../pass/deadline.ts';
import type { Pass } from '../pass/reconcile.ts';
import { runOn } from './schedule.ts';
import type { Schedule } from './schedule.ts';

export type DaemonOptions = {
  readonly pass: Pass;
  /** Told of every pass, before the next one begins. */
  readonly onReport: (report: Report) => void;
  /** Begins to watch the folder and calls back on every change of it. */
  readonly watch: (onChange: () => void) => Watch;
  /** How often to look for drift; 0 is never. */
  readonly intervalMs: number;
  /** When to look for drift besides, by the clock on the wall; null is never. */
  readonly schedule: Schedule | null;
  /** Calls back whenever somebody asks the process for a pass. */
  readonly onSignal: (listener: () => void) => void;
  /**
   * Takes what somebody may call who wants a pass and its report: of one that begins after the call. Null at once where none will be
   * begun any more, and later where one would have been, had nobody told the process to stop.
   */
  readonly onRequests: (ask: () => Promise<Report | null> | null) => void;
  /** Calls back whenever there is another credential: what was refused to the last one may be granted to it. Gives what ends that. */
  readonly watchCredential: (onChange: () => void) => () => void;
  /** For how long the API still wants to be left alone. */
  readonly heldMs: () => number;
  /** How long what is under way may still take once told to stop. */
  readonly gracePeriodMs: number;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** Aborted: begin nothing new, finish, and return. */
  readonly stop: AbortSignal;
  /** Told of whatever moves the daemon, as it does. */
  readonly onPhase: (phase: Phase) => void;
  /** What to do after a pass: wait for what asks for the next one, have it at once, or return. Without it, always wait. */
  readonly afterwards?: (report: Report) => 'wait' | 'again' | 'end';
};

type Asker = (report: Report | null) => void;

/** A denial is not over in a second, though a token that was just made may be unknown for some. */
const FIRST_BACK_OFF_MS = { denied: 10_000, failed: 1000 };
const LONGEST_BACK_OFF_MS = 5 * 60_000;

/**
 * Runs passes until it is told to stop: at start, on every change of the folder or the credential, on an interval, on a schedule, on a
 * signal, on request. One at a time; whatever asks for a pass meanwhile, there is one more, after it. A pass that fails is tried again with
 * exponential back-off, and not before the API wants to be asked again; anything else that asks for a pass cuts that short.
 */
export async function daemon(options: DaemonOptions): Promise<void> {
  const { pass, onReport, onPhase, afterwards, random, stop } = options;
  const kill = killAfter(stop, options.gracePeriodMs);
  let due: Trigger | null = 'startup';
  let askers: Asker[] = [];
  let wake: (() => void) | null = null;
  const ask = (trigger: Trigger) => {
    // A person who asks, asks for more than anything else: what is parked is tried again.
    due = trigger === 'signal' || trigger === 'request' ? trigger : (due ?? trigger);
    onPhase({ kind: 'asked' });
    wake?.();
  };
  stop.addEventListener('abort', () => wake?.());
  options.onSignal(() => ask('signal'));
  options.onRequests(() => {
    if (stop.aborted) return null;
    ask('request');
    const { promise, resolve } = Promise.withResolvers<Report | null>();
    askers.push(resolve);
    return promise;
  });
  const unwatchCredential = options.watchCredential(() => ask('change'));
  const cron = options.schedule && runOn(options.schedule, () => ask('schedule'));
  const watch = options.watch(() => ask('change'));

  try {
    for (let failures = 0, firstMs = 0; !stop.aborted;) {
      if (due !== null) {
        const trigger: Trigger = due;
        const asked = askers;
        [due, askers] = [null, []];
        onPhase({ kind: 'began', trigger });
        const report = await pass(trigger, { stop, kill: kill.signal });
        onReport(report);
        for (const tell of asked) tell(report);
        const next = afterwards?.(report) ?? 'wait';
        if (next === 'end') return;
        if (next === 'again') due ??= trigger;
        failures = needsAnother(report) ? failures + 1 : 0;
        firstMs = FIRST_BACK_OFF_MS[report.outcome === 'denied' ? 'denied' : 'failed'];
        continue;
      }
      const backOffMs = Math.min(LONGEST_BACK_OFF_MS, firstMs * 2 ** (failures - 1));
      const waitMs = waitFor({
        intervalMs: options.intervalMs,
        backOffMs: failures > 0 ? backOffMs : null,
        heldMs: options.heldMs(),
        random,
      });
      onPhase({ kind: 'waiting', timerMs: waitMs, scheduleMs: () => cron?.msToNext() ?? null });
      await new Promise<void>((resolve) => {
        const timer = waitMs === null ? undefined : setTimeout(() => ask('interval'), waitMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    cron?.stop();
    unwatchCredential();
    for (const tell of askers) tell(null);
    // Who watches a file system that is gone may never be done.
    await Promise.race([watch.close(), untilAborted(kill.signal)]);
    kill.clear();
  }
}

/**
 * Whether to try again before the interval is over: the pass did not get through, a request may do better next time, or something was
 * planned and never begun.
 */
function needsAnother({ outcome, services }: Report): boolean {
  return (
    outcome === 'failed' ||
    outcome === 'denied' ||
    services.some(
      ({ error, action, result }) => error?.kind === 'transient' || (action !== null && result === 'withheld'),
    )
  );
}

type Pause = {
  readonly intervalMs: number;
  /** Null when the last pass went well. */
  readonly backOffMs: number | null;
  readonly heldMs: number;
  readonly random: () => number;
};

/** How long until the next pass that nobody asks for; null when there is none. Never in step with other daemons. */
function waitFor({ intervalMs, backOffMs, heldMs, random }: Pause): number | null {
  if (backOffMs !== null) return heldMs + backOffMs * (0.5 + 0.5 * random());
  return intervalMs === 0 ? null : Math.max(heldMs, intervalMs * (0.9 + 0.2 * random()));
}
