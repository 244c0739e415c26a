import { expect, test } from 'vitest';
import { FINDING_KINDS } from '../../../src/core/compare/compare.ts';
import { RESULTS } from '../../../src/core/plan/outcome.ts';
import { toCounts } from '../../../src/core/report/counts.ts';

test('has a count for the declarations, the live services, every finding and every result', () => {
  expect(Object.keys(toCounts(0, [], []))).toEqual([
    'declared',
    'live',
    ...FINDING_KINDS,
    ...RESULTS,
    'ignored',
    'to_create',
    'to_update',
    'to_delete',
  ]);
});
