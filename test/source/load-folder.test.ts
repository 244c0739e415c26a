import { expect, test } from 'vitest';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import { orFolderFailure } from '../../src/source/load-folder.ts';

const stopped = new FailureError(failure('interrupted', 'stopped'));

test.for([
  { error: new TypeError('a bug'), isStopped: false, message: 'a bug' },
  { error: new TypeError('a bug'), isStopped: true, message: 'a bug' },
  { error: new Error('EIO'), isStopped: false, message: 'services: the folder cannot be read: EIO' },
  { error: new Error('EIO'), isStopped: true, message: 'stopped' },
])('reports $error as "$message" when stopped: $isStopped', async ({ error, isStopped, message }) => {
  const signal = isStopped ? AbortSignal.abort(stopped) : new AbortController().signal;
  const reading = orFolderFailure('services', signal, async () => Promise.reject(error));
  await expect(reading).rejects.toThrow(message);
});
