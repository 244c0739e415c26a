import { isatty } from 'node:tty';
import type { WriteStream } from 'node:tty';
import { paintFor } from '../sinks/log.ts';
import type { Paint } from '../core/text.ts';

/** What a command knows of the world outside. */
export type Context = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>;
  readonly stderr: NodeJS.WritableStream;
  /** Aborted, with a `FailureError`, when the process is told to stop. */
  readonly stop: AbortSignal;
};

/** The exit code of the process. */
export type ExitCode = 0 | 1 | 2;

/** Colours for results: on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function paintForResults({ stdout, environment }: Context): Paint {
  return paintFor(stdout.isTTY === true && isatty(1) && (environment['NO_COLOR'] ?? '') === '');
}

/** Writes a result. All output that is not a log line goes through here. */
export function print({ stdout }: Context, text: string): void {
  stdout.write(`${text}\n`);
}
