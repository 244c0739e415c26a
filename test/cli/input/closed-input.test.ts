import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirm } from '../../../src/cli/input/confirm.ts';
import { readStandardInput } from '../../../src/cli/input/standard-input.ts';
import { redactor } from '../../../src/core/base/text/redactor.ts';
import { openOutput } from '../../../src/sinks/output.ts';

/** Returns a context whose terminal is closed, and what is written to it. */
function closedTerminal() {
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text) };
  const stdin = new PassThrough();
  const context = {
    environment: {},
    stdin,
    stdout: output,
    stderr: output,
    logOutput: openOutput({ fd: 1, stream: process.stdout }),
    secrets: redactor(),
    stop: new AbortController().signal,
    onHangUp: () => {},
  };
  return { context, written, close: () => stdin.destroy(Object.assign(new Error('read EIO'), { code: 'EIO' })) };
}

test('takes a terminal that is closed at a question for a no', async () => {
  const { context, written, close } = closedTerminal();
  const answer = confirm(context, 'Apply?');
  close();
  expect(await answer).toBe(false);
  expect(written).toEqual(['Apply? [y/N] ', '\n']);
});

test('says that the standard input cannot be read', async () => {
  const { context, close } = closedTerminal();
  const read = readStandardInput(context);
  close();
  await expect(read).rejects.toThrow('standard input cannot be read: EIO');
});
