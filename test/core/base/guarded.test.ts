import { expect, test } from 'vitest';
import { guarded } from '../../../src/core/base/guarded.ts';

const fail = () => {
  throw new Error('no');
};

test('passes an error on instead of throwing it', () => {
  const calls: unknown[] = [];
  const call = guarded(
    (a: number, b: string) => {
      calls.push([a, b]);
      throw new Error('no');
    },
    (error) => void calls.push(error),
  );
  call(1, 'x');
  expect(calls).toEqual([[1, 'x'], new Error('no')]);
});

test('does not throw even if the error cannot be reported', () => {
  expect(guarded(fail, fail)).not.toThrow();
});
