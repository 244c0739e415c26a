import { expect, test } from 'vitest';
import { FINDING_KINDS } from '../../../src/core/compare/compare.ts';
import { RESULTS } from '../../../src/core/plan/outcome.ts';
import { countLive, countStates, nonZeroCounts, toCounts } from '../../../src/core/report/counts.ts';
import { toReport } from '../../../src/core/report/report.ts';
import { facts, findings } from '../builders.ts';

test('has a count for the declarations, the live services, every finding and every result', () => {
  expect(Object.keys(toCounts(0, [], []))).toEqual([
    'declared',
    'live',
    ...FINDING_KINDS,
    ...RESULTS,
    'ignored',
    'contested',
    'to_create',
    'to_update',
    'to_delete',
  ]);
});

test('counts services by their state after the pass', () => {
  const counts = { ...toCounts(0, [], []), in_sync: 5 };
  const rows = [
    ['drifted', 'updated'],
    ['missing', 'created'],
    ['unwanted', 'deleted'],
    ['drifted', 'failed'],
    ['missing', null],
    ['missing', 'unsettled'],
    ['unwanted', 'withheld'],
    ['drifted', 'paused'],
    ['unmanaged', null],
    ['invalid', null],
    ['in_sync', null],
  ] as const;
  const one = toReport(facts({ findings: findings({ declared: [{}] }) })).services;
  const services = rows.flatMap(([finding, result]) => one.map((service) => ({ ...service, finding, result })));
  expect(countStates({ counts, services })).toEqual({
    in_sync: 8,
    drifted: 2,
    missing: 1,
    unwanted: 1,
    unmanaged: 1,
    invalid: 1,
    paused: 1,
  });
  // Two were created, one of them with another value.
  expect(countLive({ counts: { ...counts, live: 10, deleted: 1 }, services })).toBe(11);
});

test('shows what a pass would write only if it writes nothing', () => {
  const counts = { ...toCounts(0, [], []), to_create: 1, to_update: 2 };
  const paused = { since: '2026-11-24T11:00:00.000Z', until: null, reason: null };
  const pending = [
    { count: 1, label: 'to create' },
    { count: 2, label: 'to update' },
  ];
  // The missing service is not counted as such, because it is about to be created.
  const all = { ...counts, missing: 1 };
  expect(nonZeroCounts({ counts: all, mode: 'apply', paused: null })).toEqual([]);
  expect(nonZeroCounts({ counts: all, mode: 'apply', paused })).toEqual(pending);
  expect(nonZeroCounts({ counts: all, mode: 'detect' })).toEqual(pending);
});
