import { isatty } from 'node:tty';
import { abortReason } from '../core/base/abort.ts';
import { printable } from '../core/base/printable.ts';
import type { Redactor } from '../core/base/redactor.ts';
import type { Paint, TextOptions } from '../core/report/terminal/style.ts';
import { wrapLine } from '../core/report/terminal/wrap.ts';
import { painter } from '../sinks/colors.ts';

/** Takes texts of whole lines. */
export type Output = {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean;
  /** Of a terminal. */
  readonly columns?: number | undefined;
};

/** What a command knows of the world outside. */
export type Context = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Both hide the secrets. */
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whoever reads a secret adds it, before anything can be written that holds it. */
  readonly secrets: Redactor;
  /** Aborted, with a `FailureError`, when the process is told to stop. */
  readonly stop: AbortSignal;
  /** Listens for SIGHUP, by which one asks a daemon for a pass. Who does not listen is ended by it, as every command is. */
  readonly onHangUp: (listener: () => void) => void;
  /** From now on the process does not end when stdout cannot be written: for a daemon, which has more to do than to tell. */
  readonly outliveStdout: () => void;
};

/** The exit code of the process. */
export type ExitCode = 0 | 1 | 2;

/** Whether a terminal is to have colors: unless NO_COLOR is set (https://no-color.org). */
export function wantsColors({ environment }: Context): boolean {
  return (environment['NO_COLOR'] ?? '') === '';
}

/** When results are in colors: on a terminal that is to have them, whatever it is, or never. */
export const COLOR_CHOICES = ['auto', 'always', 'never'] as const;
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/** Colors for results. */
export function paintForResults(context: Context, choice: ColorChoice = 'auto'): Paint {
  if (choice !== 'auto') return painter(choice === 'always');
  return painter(context.stdout.isTTY === true && isatty(1) && wantsColors(context));
}

/** How results are to look: as wide as the terminal, and without limit in a pipe, where lines are searched and compared. */
export function textOptionsForResults(context: Context, choice: ColorChoice): TextOptions {
  return { paint: paintForResults(context, choice), columns: columnsOf(context.stdout) };
}

function columnsOf({ isTTY, columns = 0 }: Output): number {
  return isTTY === true && columns > 0 ? columns : Infinity;
}

/** Calls back when told to stop, with what to tell people who wait meanwhile. */
export function onStop({ stop }: Context, tell: (text: string) => void): void {
  const told = () => {
    tell(`${abortReason(stop).message}: finishing what is under way; once more ends it at once`);
  };
  stop.addEventListener('abort', told, { once: true });
}

/** Tells people something beside the result. */
export function tell({ stderr }: Context, text: string): void {
  stderr.write(`${wrapLine(`vpc-reconciler: ${printable(text)}`, { columns: columnsOf(stderr) })}\n`);
}

/** Writes a result. All output that is not a log line goes through here. */
export function print({ stdout }: Context, text: string): void {
  stdout.write(`${text}\n`);
}
