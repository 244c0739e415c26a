import { expect, test } from 'vitest';
import { failure, FailureError } from '../../../src/core/base/failure.ts';

test('a failure of words has nothing else to tell', () => {
  expect(failure('source', 'no such folder')).toEqual({
    kind: 'source',
    status: null,
    code: null,
    message: 'no such folder',
    pointer: null,
    documentation_url: null,
    ray: null,
  });
});

test('an error bears its failure, its cause and the attempts', () => {
  const reason = failure('transient', 'timeout');
  const cause = new Error('socket');
  const error = new FailureError(reason, { attempts: 3, cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'FailureError', message: 'timeout', failure: reason, attempts: 3, cause });
  expect(new FailureError(reason).attempts).toBe(0);
});
