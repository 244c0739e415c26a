import { isatty } from 'node:tty';
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

const FRAMES = ['|', '/', '-', '\\'] as const;
const FRAME_MS = 120;

/** Moves the cursor to the first column, and clears the line. */
const CLEAR_LINE = '\r\u001B[2K';

const noProgress: Progress = { onProgress: () => {}, clear: () => {}, end: () => {} };

/**
 * Shows progress on a terminal, and nothing elsewhere. Libraries for this write to the terminal with calls that block the program while
 * nobody reads it.
 */
export function openProgress(context: Context): Progress {
  const { stderr, environment } = context;
  const { isTTY, columns = 0 } = stderr;
  // The line cannot be removed from a terminal of unknown width, nor from one without control characters.
  if (isTTY !== true || !isatty(2) || columns <= 0 || isDumb(context) || 'CI' in environment) return noProgress;
  const startedMs = performance.now();
  let text = '';
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;
  let isDrawing = false;
  const draw = () => {
    // A terminal that is not read gets no further frames.
    if (isDrawing) return;
    isDrawing = true;
    frame = (frame + 1) % FRAMES.length;
    stderr.write(`${CLEAR_LINE}${`${FRAMES[frame]} ${text}`.slice(0, columns - 1)}`, () => {
      isDrawing = false;
    });
  };
  const clear = () => {
    if (timer !== undefined) stderr.write(CLEAR_LINE);
  };
  return {
    onProgress: (done, total) => {
      const elapsedMs = performance.now() - startedMs;
      text = describeProgress({ done, total, elapsedMs });
      if (elapsedMs >= SHOW_AFTER_MS && done < total) timer ??= setInterval(draw, FRAME_MS).unref();
    },
    clear,
    end: () => {
      clear();
      clearInterval(timer);
      timer = undefined;
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
