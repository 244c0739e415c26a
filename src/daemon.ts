import { failure, FailureError } from './core/outcome.ts';
import type { Report, Trigger } from './core/report.ts';
import type { Pass } from './reconcile.ts';
import { runOn } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import type { Watch } from './source/watch.ts';

export type DaemonOptions = {
  readonly pass: Pass;
  /** Told of every pass, before the next one begins. */
  readonly onReport: (report: Report) => void;
  /** Begins to watch the folder and calls back on every change of it. */
  readonly watch: (onChange: () => void) => Promise<Watch>;
  /** How often to look for drift; 0 is never. */
  readonly intervalMs: number;
  /** When to look for drift besides, by the clock on the wall; null is never. */
  readonly schedule: Schedule | null;
  /** Calls back whenever somebody asks the process for a pass. */
  readonly onSignal: (listener: () => void) => void;
  /** How long what is under way may still take once told to stop. */
  readonly gracePeriodMs: number;
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** Aborted: begin nothing new, finish, and return. */
  readonly stop: AbortSignal;
  /** What to do after a pass: wait for what asks for the next one, have it at once, or return. Without it, always wait. */
  readonly afterwards?: (report: Report) => 'wait' | 'again' | 'end';
};

const FIRST_BACK_OFF_MS = 1000;
const LONGEST_BACK_OFF_MS = 5 * 60_000;

/**
 * Runs passes until it is told to stop: at start, on every change of the folder, on an interval, on a schedule, on a signal. One at a
 * time; whatever asks for a pass meanwhile, there is one more, after it. A pass that fails is tried again with exponential back-off,
 * which anything that asks for a pass cuts short.
 */
export async function daemon(options: DaemonOptions): Promise<void> {
  const { pass, onReport, afterwards, random, stop } = options;
  const kill = killAfter(stop, options.gracePeriodMs);
  let due: Trigger | null = 'startup';
  let wake: (() => void) | null = null;
  const ask = (trigger: Trigger) => {
    due ??= trigger;
    wake?.();
  };
  stop.addEventListener('abort', () => wake?.());
  options.onSignal(() => ask('signal'));
  const cron = options.schedule && runOn(options.schedule, () => ask('schedule'));
  const watch = await options.watch(() => ask('change'));

  try {
    for (let failures = 0; !stop.aborted;) {
      if (due !== null) {
        const trigger: Trigger = due;
        due = null;
        const report = await pass(trigger, { stop, kill: kill.signal });
        onReport(report);
        const next = afterwards?.(report) ?? 'wait';
        if (next === 'end') return;
        if (next === 'again') due ??= trigger;
        failures = needsAnother(report) ? failures + 1 : 0;
        continue;
      }
      const waitMs = waitFor(options.intervalMs, failures, random);
      await new Promise<void>((resolve) => {
        const timer = waitMs === null ? undefined : setTimeout(() => ask('interval'), waitMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    kill.clear();
    cron?.stop();
    await watch.close();
  }
}

/** Whether to try again before the interval is over: the pass did not get through, or a request may do better next time. */
function needsAnother({ outcome, services }: Report): boolean {
  return outcome === 'failed' || outcome === 'denied' || services.some(({ error }) => error?.kind === 'transient');
}

/** How long until the next pass that nobody asks for; null when there is none. Never in step with other daemons. */
function waitFor(intervalMs: number, failures: number, random: () => number): number | null {
  if (failures > 0) {
    return Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failures - 1)) * (0.5 + 0.5 * random());
  }
  return intervalMs === 0 ? null : intervalMs * (0.9 + 0.2 * random());
}

/** A signal that follows another one after a while: what is under way is given up, then. */
export function killAfter(stop: AbortSignal, ms: number): { readonly signal: AbortSignal; readonly clear: () => void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    const reason = new FailureError(
      failure('interrupted', `given up: not done within grace_period, ${ms} ms, of being told to stop`),
    );
    timer = setTimeout(() => controller.abort(reason), ms);
  };
  if (stop.aborted) begin();
  else stop.addEventListener('abort', begin, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      stop.removeEventListener('abort', begin);
      clearTimeout(timer);
    },
  };
}
