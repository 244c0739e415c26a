import { formatDuration } from '../core/base/duration.ts';
import { isDumb } from './context.ts';
import type { Context } from './context.ts';

/** The progress of the updates of a pass: one line of the terminal that is redrawn, and removed at the end. */
export type Progress = {
  readonly onProgress: (done: number, total: number) => void;
  /** Removes the line so that other output can be written. The line comes back. */
  readonly clear: () => void;
  readonly end: () => void;
};

/** Shorter passes show no progress. */
const SHOW_AFTER_MS = 1000;

const noProgress: Progress = { onProgress: () => {}, clear: () => {}, end: () => {} };

/** Shows progress on a terminal, and nothing elsewhere. */
export async function openProgress(context: Context): Promise<Progress> {
  const { stderr } = context;
  // The line cannot be removed from a terminal of unknown width.
  if (isDumb(context) || stderr.isTTY !== true || !process.stderr.isTTY || !(process.stderr.columns > 0))
    return noProgress;
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: process.stderr, discardStdin: false });
  const startedMs = performance.now();
  return {
    onProgress: (done, total) => {
      const elapsedMs = performance.now() - startedMs;
      spinner.text = describeProgress({ done, total, elapsedMs });
      if (elapsedMs >= SHOW_AFTER_MS && done < total && !spinner.isSpinning) spinner.start();
    },
    clear: () => {
      if (spinner.isSpinning) spinner.clear();
    },
    end: () => {
      if (spinner.isSpinning) spinner.stop();
    },
  };
}

type ProgressCounts = { readonly done: number; readonly total: number; readonly elapsedMs: number };

/** Returns a line such as `312 of 1000 updates, 28 per second, 24s left`. */
export function describeProgress({ done, total, elapsedMs }: ProgressCounts): string {
  if (done === 0) return `0 of ${total} updates`;
  const perSecond = (1000 * done) / elapsedMs;
  const rate = perSecond >= 1 ? `${Math.round(perSecond)} per second` : `${Math.round(perSecond * 60)} per minute`;
  return `${done} of ${total} updates, ${rate}, ${formatDuration((1000 * (total - done)) / perSecond)} left`;
}
