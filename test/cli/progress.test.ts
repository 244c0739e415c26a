import { expect, test } from 'vitest';
import { describeProgress } from '../../src/cli/progress.ts';

test.for([
  [{ done: 0, total: 1000, elapsedMs: 5 }, '0 of 1000 updates'],
  [{ done: 312, total: 1000, elapsedMs: 11_143 }, '312 of 1000 updates, 28 per second, 25s left'],
  [{ done: 1, total: 3, elapsedMs: 4000 }, '1 of 3 updates, 15 per minute, 8s left'],
  [{ done: 3, total: 3, elapsedMs: 4000 }, '3 of 3 updates, 45 per minute, 0ms left'],
] as const)('describes %j as %s', ([sizes, text]) => {
  expect(describeProgress(sizes)).toBe(text);
});
