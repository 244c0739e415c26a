import { expect, test } from 'vitest';
import { failure } from '../../src/core/base/failure.ts';
import { toReport } from '../../src/core/report/report.ts';
import type { Report } from '../../src/core/report/report.ts';
import { createHistory } from '../../src/sinks/history.ts';
import { facts } from '../core/builders.ts';

function report(number: number, changes: Partial<Report> = {}): Report {
  return { ...toReport(facts()), run_id: `run-${number}`, ...changes };
}

const idsOf = (reports: readonly string[]) => reports.map((text): unknown => JSON.parse(text).run_id);

test('is empty before the first pass', () => {
  const history = createHistory();
  expect([history.latest(), history.lastGood(), history.passes(), history.reports()]).toEqual([null, null, [], []]);
});

test('keeps the last 100 passes: reports newest first, summaries oldest first', () => {
  const history = createHistory();
  for (let number = 1; number <= 150; number += 1) history.add(report(number));
  expect(idsOf(history.reports())).toEqual(Array.from({ length: 100 }, (_, index) => `run-${150 - index}`));
  expect(history.passes().map(({ run_id }) => run_id)).toEqual(
    Array.from({ length: 100 }, (_, index) => `run-${51 + index}`),
  );
  expect(history.latest()?.run_id).toBe('run-150');
  expect(Object.keys(history.passes()[0] ?? {})).toEqual([
    'run_id',
    'trigger',
    'mode',
    'outcome',
    'paused',
    'superseded',
    'started_at',
    'finished_at',
    'duration_ms',
    'counts',
    'api',
    'revision',
    'error',
    'retries_soon',
  ]);
});

test('keeps the last good report in addition to the last report', () => {
  const history = createHistory();
  history.add(report(1));
  history.add(report(2, { error: failure('transient', 'the API is down'), outcome: 'failed' }));
  expect(history.latest()?.run_id).toBe('run-2');
  expect(history.lastGood()?.run_id).toBe('run-1');
});

test('keeps at most 4 Mi characters of reports, but always the last report', () => {
  const history = createHistory();
  const problem = { file: 'a.yaml', line: 1, column: 1, path: null, message: 'x'.repeat(1_500_000) };
  for (let number = 1; number <= 4; number += 1) history.add(report(number, { problems: [problem] }));
  expect(idsOf(history.reports())).toEqual(['run-4', 'run-3']);
  expect(history.passes()).toHaveLength(4);
  expect(history.report('run-3')).toBe(history.reports()[1]);
  expect(history.report('run-2')).toBeNull();
  const large = { ...problem, message: 'x'.repeat(9_000_000) };
  history.add(report(5, { problems: [large] }));
  expect(idsOf(history.reports())).toEqual(['run-5']);
  history.add(report(6));
  expect(idsOf(history.reports())).toEqual(['run-6']);
});
