import { expect, test } from 'vitest';
import { failure, FailureError, isBug, toFailure } from '../../../src/core/base/failure.ts';

test('creates a failure that consists of a kind and a message', () => {
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

test('wraps a failure in an error with its cause and its attempts', () => {
  const reason = failure('transient', 'timeout');
  const cause = new Error('socket');
  const error = new FailureError(reason, { attempts: 3, cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'FailureError', message: 'timeout', failure: reason, attempts: 3, cause });
  expect(new FailureError(reason).attempts).toBe(0);
});

test('returns the failure of an error, and reports any other error as a bug', () => {
  const reason = failure('transient', 'timeout');
  expect(toFailure(new FailureError(reason))).toBe(reason);
  expect(toFailure(new TypeError('x is undefined'))).toMatchObject({
    kind: 'internal',
    message: 'internal error: TypeError: x is undefined',
  });
});

test.for([
  [new TypeError('x is undefined'), true],
  [new ReferenceError('x is not defined'), true],
  [new RangeError('Maximum call stack size exceeded'), true],
  [Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL' }), false],
  [new Error('ENOENT'), false],
  [new FailureError(failure('transient', 'timeout')), false],
  ['a text', false],
] as const)('takes %s for a bug of this program: %s', ([error, expected]) => {
  expect(isBug(error)).toBe(expected);
});
