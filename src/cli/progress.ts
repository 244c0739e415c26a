import { formatDuration } from '../core/base/duration.ts';
import type { Context } from './context.ts';

/** How far a pass is with its updates, on a line of the terminal that is written anew and leaves nothing. */
export type Progress = {
  readonly onProgress: (done: number, of: number) => void;
  /** Takes the line away, for something that is to be written now. It comes back. */
  readonly clear: () => void;
  readonly end: () => void;
};

/** What is done sooner than that needs no line. */
const LONG_MS = 1000;

const nothing: Progress = { onProgress: () => {}, clear: () => {}, end: () => {} };

/** On a terminal; elsewhere nothing is shown. */
export async function openProgress({ stderr }: Context): Promise<Progress> {
  // A terminal that does not know how wide it is would have the line taken away for ever.
  if (stderr.isTTY !== true || !process.stderr.isTTY || !(process.stderr.columns > 0)) return nothing;
  // Loaded only where there is somebody to see it.
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: process.stderr, discardStdin: false });
  const begun = performance.now();
  return {
    onProgress: (done, of) => {
      const ms = performance.now() - begun;
      spinner.text = describeProgress({ done, of, ms });
      if (ms >= LONG_MS && done < of && !spinner.isSpinning) spinner.start();
    },
    clear: () => {
      if (spinner.isSpinning) spinner.clear();
    },
    end: () => {
      if (spinner.isSpinning) spinner.stop();
    },
  };
}

type Sizes = { readonly done: number; readonly of: number; readonly ms: number };

/** `312 of 1000 updates, 28 a second, 24s left` */
export function describeProgress({ done, of, ms }: Sizes): string {
  if (done === 0) return `0 of ${of} updates`;
  const perSecond = (1000 * done) / ms;
  const pace = perSecond >= 1 ? `${Math.round(perSecond)} a second` : `${Math.round(perSecond * 60)} a minute`;
  return `${done} of ${of} updates, ${pace}, ${formatDuration((1000 * (of - done)) / perSecond)} left`;
}
