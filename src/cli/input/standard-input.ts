import { buffer } from 'node:stream/consumers';
import { isatty } from 'node:tty';
import { describeSystemError, systemErrorCode } from '../../core/base/errno.ts';
import { failure, FailureError } from '../../core/base/failure.ts';
import { unlessAborted } from '../../core/base/abort.ts';
import type { Context } from '../context.ts';

/** The path that means standard input, or standard output. */
export const STDIO = '-';

/** Reads standard input to its end. Throws the reason of the stop signal, or why it cannot be read. */
export async function readStandardInput({ stdin = process.stdin, stop }: Context): Promise<Buffer> {
  try {
    return await unlessAborted(stop, async () => buffer(stdin));
  } catch (error) {
    if (systemErrorCode(error) === null) throw error;
    throw new FailureError(failure('source', `standard input cannot be read: ${describeSystemError(error)}`));
  }
}

/** Whether a person can answer a question: input and output are a terminal. */
export function isInteractive({ stdin, stdout, stderr }: Context): boolean {
  const hasInput = stdin === undefined ? isatty(0) : stdin.isTTY === true;
  return hasInput && stdout.isTTY === true && stderr.isTTY === true;
}
