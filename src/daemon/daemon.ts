import { untilAborted } from '../core/base/abort.ts';
import { guarded } from '../core/base/guarded.ts';
import type { Report } from '../core/report/report.ts';
import type { Phase, ReportSink } from '../core/report/sink.ts';
import { killAfter } from '../pass/deadline.ts';
import type { Pass } from '../pass/reconcile.ts';
import { passGap } from './pass-gap.ts';
import { passRequests } from './pass-requests.ts';
import type { RunningTrigger, TriggerSource } from './triggers.ts';

export type DaemonOptions = {
  readonly pass: Pass;
  readonly triggers: readonly TriggerSource[];
  /** Called in this order. */
  readonly sinks: readonly ReportSink[];
  /** Called with an unexpected error of a sink or a trigger. The others are still called, and the daemon continues. */
  readonly onBug: (error: unknown) => void;
  /** Returns the time between passes if they are requested without end, in milliseconds; see `passGap`. No gap by default. */
  readonly gapMs?: () => number;
  /** At most how long the pass in flight may continue after `stop`, in milliseconds. */
  readonly gracePeriodMs: number;
  /** Aborted to shut down: no pass begins, and the one in flight begins no request. */
  readonly stop: AbortSignal;
  /** Called after every pass. Returns whether to wait for a trigger, to run another pass at once, or to end. Waits by default. */
  readonly afterPass?: (report: Report) => 'wait' | 'repeat' | 'end';
};

/**
 * Runs passes, one at a time, until it is stopped. All requests that arrive during a pass share one more pass after it.
 */
export async function daemon(options: DaemonOptions): Promise<void> {
  const { pass, sinks, afterPass, onBug, stop } = options;
  const kill = killAfter(stop, options.gracePeriodMs);
  const triggers: RunningTrigger[] = [];
  const announce = (phase: Phase) => {
    for (const { onPhase } of [...sinks, ...triggers]) guarded(() => onPhase?.(phase), onBug)();
  };
  const gap = passGap({ gapMs: options.gapMs ?? (() => 0), elapsedMs: () => performance.now() });
  const requests = passRequests(stop, () => announce({ kind: 'requested' }));

  try {
    for (const { trigger, start } of options.triggers) triggers.push(start(() => requests.add(trigger)));
    while (!stop.aborted) {
      const pending = requests.pending();
      const delayMs = pending === null ? 0 : gap.delayMs(pending);
      if (pending !== null && delayMs > 0) {
        announce({ kind: 'delayed', trigger: pending, ms: delayMs });
        await pause(delayMs, stop);
        continue;
      }
      const next = requests.take();
      if (next === null) {
        announce({
          kind: 'waiting',
          timerMs: soonest(triggers.map(({ timerMs }) => timerMs?.() ?? null)),
          scheduleMs: () => soonest(triggers.map(({ scheduleMs }) => scheduleMs?.() ?? null)),
        });
        await requests.wait();
        continue;
      }
      gap.onBegin(next.trigger);
      announce({ kind: 'began', trigger: next.trigger });
      const report = await pass(next.trigger, { stop, kill: kill.signal }).catch((error: unknown) => {
        // A pass never throws. If it does, the daemon ends, and no caller waits for its report.
        next.resolve(null);
        throw error;
      });
      for (const { onReport } of [...sinks, ...triggers]) guarded(() => onReport?.(report), onBug)();
      next.resolve(report);
      const decision = afterPass?.(report) ?? 'wait';
      if (decision === 'end') return;
      if (decision === 'repeat') void requests.add(next.trigger);
    }
  } finally {
    requests.close();
    // Closing a watch on an unreachable file system may never finish.
    await Promise.race([
      Promise.all(triggers.map(async ({ stop: end }) => stopTrigger(end, onBug))),
      untilAborted(kill.signal),
    ]);
    kill.clear();
  }
}

/** Stops a trigger. An error of one must not keep the daemon from waiting for the others. */
async function stopTrigger(stop: RunningTrigger['stop'], onBug: DaemonOptions['onBug']): Promise<void> {
  try {
    await stop();
  } catch (error) {
    onBug(error);
  }
}

/** Resolves after `ms` milliseconds, or as soon as `stop` is aborted. */
async function pause(ms: number, stop: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onStop = () => resolve();
  const timer = setTimeout(resolve, ms);
  stop.addEventListener('abort', onStop);
  await promise;
  clearTimeout(timer);
  stop.removeEventListener('abort', onStop);
}

function soonest(delaysMs: readonly (number | null)[]): number | null {
  const known = delaysMs.filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.min(...known);
}
