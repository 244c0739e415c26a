import { buffer } from 'node:stream/consumers';
import { isatty } from 'node:tty';
import { unlessAborted } from '../../core/base/abort.ts';
import type { Context } from '../context.ts';

/** The path that means standard input, or standard output. */
export const STDIO = '-';

/** Reads standard input to its end. Throws the reason of the stop signal. */
export async function readStandardInput({ stdin = process.stdin, stop }: Context): Promise<Buffer> {
  return unlessAborted(stop, async () => buffer(stdin));
}

/** Whether a person can answer a question: input and output are a terminal. */
export function isInteractive({ stdin, stdout, stderr }: Context): boolean {
  const hasInput = stdin === undefined ? isatty(0) : stdin.isTTY === true;
  return hasInput && stdout.isTTY === true && stderr.isTTY === true;
}
