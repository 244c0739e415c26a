import { createInterface } from 'node:readline';
import { unlessAborted } from '../../core/base/abort.ts';
import type { Context } from '../context.ts';

/** Asks a question on the terminal. Returns whether the answer is yes; the end of the input and a closed terminal mean no. Throws the reason of the stop signal. */
export async function confirm({ stdin = process.stdin, stderr, stop }: Context, question: string): Promise<boolean> {
  stderr.write(`${question} [y/N] `);
  const lines = createInterface({ input: stdin, terminal: false });
  let answer: string | null = null;
  try {
    answer = await unlessAborted(
      stop,
      async () =>
        new Promise<string | null>((resolve) => {
          lines.once('line', resolve).once('close', () => resolve(null));
          // The terminal was closed.
          lines.once('error', () => resolve(null));
        }),
    );
  } finally {
    lines.close();
    // The answer did not end the line.
    if (answer === null) stderr.write('\n');
  }
  return /^\s*y(?:es)?\s*$/i.test(answer ?? '');
}
