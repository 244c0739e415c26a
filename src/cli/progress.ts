import { spellDuration } from '../core/duration.ts';
import type { Context } from './context.ts';

/** How far a pass is with its updates, on a line of the terminal that is written anew and leaves nothing. */
export type Progress = {
  readonly onProgress: (done: number, of: number) => void;
  /** What is waited for, until something is done again. */
  readonly onWait: (text: string) => void;
  /** Takes the line away, for something that is to be written now. It comes back. */
  readonly clear: () => void;
  readonly end: () => void;
};

/** What is done sooner than that needs no line. */
const LONG_MS = 1000;

const nothing: Progress = { onProgress: () => {}, onWait: () => {}, clear: () => {}, end: () => {} };

/** On a terminal; elsewhere nothing is shown. */
export async function openProgress({ stderr }: Context): Promise<Progress> {
  if (stderr.isTTY !== true || !process.stderr.isTTY) return nothing;
  // Loaded only where there is somebody to see it.
  const { default: ora } = await import('ora');
  const spinner = ora({ stream: process.stderr, discardStdin: false });
  const begun = performance.now();
  let waiting = '';
  return {
    onProgress: (done, of) => {
      const ms = performance.now() - begun;
      if (done > 0) waiting = '';
      spinner.text = describeProgress({ done, of, ms });
      spinner.suffixText = waiting;
      if (ms >= LONG_MS && done < of && !spinner.isSpinning) spinner.start();
    },
    onWait: (text) => {
      waiting = `· ${text}`;
      spinner.suffixText = waiting;
      if (spinner.text !== '' && !spinner.isSpinning) spinner.start();
    },
    clear: () => void spinner.clear(),
    end: () => void spinner.stop(),
  };
}

/** `312 of 1000 updates, 28 a second, 24s left` */
export function describeProgress({
  done,
  of,
  ms,
}: {
  readonly done: number;
  readonly of: number;
  readonly ms: number;
}): string {
  const perSecond = (1000 * done) / ms;
  const pace =
    perSecond > 0 ? `, ${pacePerSecond(perSecond)}, ${spellDuration((1000 * (of - done)) / perSecond)} left` : '';
  return `${done} of ${of} updates${pace}`;
}

function pacePerSecond(perSecond: number): string {
  return perSecond >= 1 ? `${Math.round(perSecond)} a second` : `${Math.round(perSecond * 60)} a minute`;
}
