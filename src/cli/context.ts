import { isatty } from 'node:tty';
import { abortReason } from '../core/base/abort.ts';
import { escapeControlCharacters } from '../core/base/text/escape.ts';
import type { Redactor } from '../core/base/text/redactor.ts';
import { wrapLine } from '../core/report/terminal/wrap.ts';
import type { TextOptions } from '../core/report/terminal/style.ts';
import { painter } from '../sinks/colors.ts';

/** A stream that is written in whole lines. */
export type Output = {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean;
  /** The width of the terminal. */
  readonly columns?: number | undefined;
};

/** The parts of the process that a command uses: its variables, streams, secrets and signals. */
export type Context = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Redacts secrets, as `stderr` does. */
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard input; by default that of the process. */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Add a secret as soon as it is read, before any output can contain it. */
  readonly secrets: Redactor;
  /** Aborted with a `FailureError` when the process receives SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  /** Registers a listener for SIGHUP, which asks a daemon for a pass. Without a listener, SIGHUP ends the process. */
  readonly onHangUp: (listener: () => void) => void;
  /** From this call on, a failed write to stdout does not end the process. A daemon can work without its log. */
  readonly ignoreStdoutErrors: () => void;
};

/** The exit code of the process. */
export type ExitCode = 0 | 1 | 2;

/** Whether the terminal can neither show colors nor redraw a line. */
export function isDumb({ environment }: Context): boolean {
  return environment['TERM'] === 'dumb';
}

/** When to color output. `auto` colors it on a terminal, unless NO_COLOR is set (https://no-color.org) or the terminal is dumb. */
export const COLOR_MODES = ['auto', 'always', 'never'] as const;
export type ColorMode = (typeof COLOR_MODES)[number];

/** Returns the colors and the width for results. Piped text is not wrapped, so that its lines can be searched and compared. */
export function resultTextOptions(context: Context, mode: ColorMode): TextOptions {
  return { paint: painter(hasColors(context, mode)), columns: columnsOf(context.stdout) };
}

/** Whether output on stdout is colored. */
export function hasColors(context: Context, mode: ColorMode): boolean {
  if (mode !== 'auto') return mode === 'always';
  const isUnwanted = isDumb(context) || (context.environment['NO_COLOR'] ?? '') !== '';
  return context.stdout.isTTY === true && isatty(1) && !isUnwanted;
}

function columnsOf({ isTTY, columns = 0 }: Output): number {
  return isTTY === true && columns > 0 ? columns : Infinity;
}

/** Calls `notify` with a message for the user when the process receives a stop signal. */
export function notifyOnStop({ stop }: Context, notify: (text: string) => void): void {
  const onAbort = () => {
    notify(`${abortReason(stop).message}: finishing the requests in flight; send it again to exit immediately`);
  };
  stop.addEventListener('abort', onAbort, { once: true });
}

/** Prints a message for the user to stderr. */
export function printNotice({ stderr }: Context, text: string): void {
  stderr.write(`${wrapLine(`vpc-reconciler: ${escapeControlCharacters(text)}`, { columns: columnsOf(stderr) })}\n`);
}

/** Prints a result to stdout. All output except log lines goes through here. */
export function printResult({ stdout }: Context, text: string): void {
  stdout.write(`${text}\n`);
}
