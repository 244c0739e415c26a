import { expect, test } from 'vitest';
import { describeProgress } from '../../src/cli/progress.ts';

test.for([
  [{ done: 0, of: 1000, ms: 5 }, '0 of 1000 updates'],
  [{ done: 312, of: 1000, ms: 11_143 }, '312 of 1000 updates, 28 a second, 25s left'],
  [{ done: 1, of: 3, ms: 4000 }, '1 of 3 updates, 15 a minute, 8s left'],
  [{ done: 3, of: 3, ms: 4000 }, '3 of 3 updates, 45 a minute, 0ms left'],
] as const)('%j is told as %s', ([sizes, text]) => {
  expect(describeProgress(sizes)).toBe(text);
});
