import { expect, test } from 'vitest';
import { failure } from '../../src/core/base/failure.ts';
import { toReport } from '../../src/core/report/report.ts';
import type { Report } from '../../src/core/report/report.ts';
import { backOff } from '../../src/daemon/back-off.ts';
import { facts } from '../core/builders.ts';

const good = toReport(facts());
const failed = toReport(facts({ error: failure('transient', 'HTTP 503') }));
const denied = toReport(facts({ error: failure('denied', 'HTTP 401') }));

function delays(reports: readonly Report[], random = 1): readonly (number | null)[] {
  const { delayAfter } = backOff(() => random);
  return reports.map(delayAfter);
}

test('looks again soon while the list does not show an update', () => {
  expect(delays([toReport(facts({ unconfirmed: ['id'] })), good])).toEqual([1000, null]);
});

test('needs no retry after a good pass', () => {
  expect(delays([good, good])).toEqual([null, null]);
});

test('doubles the delay with each failure in a row, and starts again after a good pass', () => {
  expect(delays([failed, failed, failed, good, failed])).toEqual([1000, 2000, 4000, null, 1000]);
});

test('waits longer after a denial than after a failure', () => {
  expect(delays([denied, denied])).toEqual([10_000, 20_000]);
});

test('limits the delay to five minutes', () => {
  expect(delays(Array.from({ length: 2000 }, () => failed)).at(-1)).toBe(300_000);
});

test('shortens the delay at random, down to half of it', () => {
  expect(delays([failed, failed], 0)).toEqual([500, 1000]);
});
