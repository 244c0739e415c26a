import { isatty } from 'node:tty';
import { abortReason } from '../core/base/abort.ts';
import { escapeControlCharacters, escapeJson, escapeWorkflowCommands } from '../core/base/text/escape.ts';
import type { Redactor } from '../core/base/text/redactor.ts';
import { wrapLine } from '../core/report/terminal/wrap.ts';
import type { TextOptions } from '../core/report/terminal/style.ts';
import { painter } from '../sinks/colors.ts';
import type { ByteOutput } from '../sinks/output.ts';

/** Stdout or stderr, written in whole lines, without blocking. If its reader has left, nothing more is written to it. */
export type Output = {
  /** `onWritten` is called when the text is written, or cannot be. */
  readonly write: (text: string, onWritten?: () => void) => unknown;
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
  /** Stdout for a log, whose lines are redacted already. Errors are up to the log. */
  readonly logOutput: ByteOutput;
  /** Add a secret as soon as it is read, before any output can contain it. */
  readonly secrets: Redactor;
  /** Aborted with a `FailureError` when the process receives SIGINT, SIGTERM or, unless it asks for a pass, SIGHUP. */
  readonly stop: AbortSignal;
  /** Registers a listener for SIGHUP, which asks a daemon for a pass, unless stdout is a terminal. */
  readonly onHangUp: (listener: () => void) => void;
};

/** The exit code of the process. Only `wait` uses 3, for a timeout. */
export type ExitCode = 0 | 1 | 2 | 3;

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
    const { message } = abortReason(stop);
    // A closed terminal can send SIGHUP several times, so it is no way to insist.
    const advice = message.includes('SIGHUP') ? '' : '; send it again to exit immediately';
    notify(`${message}: finishing the requests in flight${advice}`);
  };
  stop.addEventListener('abort', onAbort, { once: true });
}

/** Prints a message for the user to stderr. */
export function printNotice({ stderr }: Context, text: string): void {
  stderr.write(
    `${wrapLine(`vpc-reconciler: ${escapeWorkflowCommands(escapeControlCharacters(text))}`, { columns: columnsOf(stderr) })}\n`,
  );
}

/** Prints a text for people to stdout. */
export function printSafeText(context: Context, text: string): void {
  printResult(context, escapeWorkflowCommands(text));
}

/** Prints JSON to stdout. */
export function printJson(context: Context, value: unknown): void {
  printResult(context, escapeJson(JSON.stringify(value, null, 2)));
}

/** Prints a result to stdout. All output except log lines goes through here. */
export function printResult({ stdout }: Context, text: string): void {
  stdout.write(`${text}\n`);
}
