import { expect, test } from 'vitest';
import { cachedByIdentity } from '../../../src/core/base/identity-cache.ts';

test('computes a result once for each object, not for each value', () => {
  const computed: unknown[] = [];
  const keysOf = cachedByIdentity((object: object) => {
    computed.push(object);
    return Object.keys(object);
  });
  const first = { a: 1 };
  const equal = { a: 1 };
  expect(keysOf(first)).toBe(keysOf(first));
  expect(keysOf(equal)).not.toBe(keysOf(first));
  expect(computed).toEqual([first, equal]);
});

test('caches no result when the computation throws', () => {
  let attempts = 0;
  const failing = cachedByIdentity((): string => {
    attempts += 1;
    throw new Error(`attempt ${attempts}`);
  });
  const key = {};
  expect(() => failing(key)).toThrow('attempt 1');
  expect(() => failing(key)).toThrow('attempt 2');
});
