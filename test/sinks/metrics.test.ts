import { describe, expect, test } from 'vitest';
import { failure } from '../../src/core/base/failure.ts';
import { compare } from '../../src/core/compare/compare.ts';
import type { Finding } from '../../src/core/compare/compare.ts';
import { collect } from '../../src/core/load/collect.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import type { Outcome } from '../../src/core/plan/outcome.ts';
import { plan } from '../../src/core/plan/plan.ts';
import { toReport } from '../../src/core/report/report.ts';
import type { PassFacts, Report } from '../../src/core/report/report.ts';
import { createMetrics } from '../../src/sinks/metrics.ts';
import type { Metrics, MetricsOptions } from '../../src/sinks/metrics.ts';
import { trackVitals } from '../../src/sinks/vitals.ts';
import type { VitalsTracker } from '../../src/sinks/vitals.ts';
import { contests, facts, findings, id, live, planOptions, tcp } from '../core/builders.ts';
import { scrape, valuesOf } from './exposition.ts';

/** The Unix time, in seconds, at which the clock of these tests starts. */
const START = 1_767_225_600;

type Daemon = {
  readonly metrics: Metrics;
  readonly vitals: VitalsTracker;
  /** Moves the clock forward. */
  readonly advance: (ms: number) => void;
  /** Ends a pass. */
  readonly report: (fields: Partial<PassFacts>) => Report;
  readonly values: (name: string) => Promise<Record<string, number>>;
};

/** Creates the metrics of a daemon, with a clock that the test moves. */
function startDaemon(options: Partial<MetricsOptions> = {}): Daemon {
  let elapsedMs = 0;
  const now = () => elapsedMs;
  const vitals = trackVitals(now);
  const metrics = createMetrics({
    version: '1.2.3',
    vitals: vitals.vitals,
    health: () => ({ healthy: true, ready: false }),
    now,
    timeOf: (at) => START * 1000 + at,
    budget: () => [
      { limit: 1100, ms: 300_000, left: 1040 },
      { limit: 150, ms: 1000, left: 0 },
    ],
    throttledMs: () => 0,
    serviceSeries: 0,
    ...options,
  });
  return {
    metrics,
    vitals,
    advance: (ms) => {
      elapsedMs += ms;
    },
    report: (fields) => {
      const report = toReport(facts({ trigger: 'interval', ...fields }));
      vitals.onReport(report);
      metrics.onReport(report);
      return report;
    },
    values: async (name) => valuesOf(metrics, name),
  };
}

/** Returns the values other than 0. */
const notZero = (values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));

const named = (...numbers: readonly number[]) =>
  numbers.map((number) => ({ service_id: id(number), name: `db-${number}` }));

/** Returns the findings for services that differ. */
const drift = (...numbers: readonly number[]) =>
  findings({ declared: named(...numbers), live: named(...numbers).map((each) => ({ ...each, tcp_port: 1 })) });

const ended = (outcomes: Readonly<Record<number, Outcome>>) =>
  new Map(Object.entries(outcomes).map(([number, outcome]) => [id(Number(number)), outcome]));

const updated: Outcome = { result: 'updated', attempts: 1 };
const failed: Outcome = { result: 'failed', attempts: 5, failure: failure('transient', 'HTTP 503') };
const unsettled: Outcome = {
  result: 'unsettled',
  attempts: 1,
  service_id: id(1),
  paths: ['tcp_port'],
  stored: new Map(),
  unknown: new Map(),
};
const withheld: Outcome = { result: 'withheld', attempts: 0, reason: 'not begun' };

const broken = parseFile('bad.json', JSON.stringify({ ...tcp, service_id: id(4), tcp_port: 0 }));

/** At least one finding of each kind. */
const ofEach: readonly Finding[] = [
  ...drift(1, 2),
  ...findings({ declared: [{ service_id: id(3), name: 'gone' }] }),
  ...compare(collect([broken]), [live({ service_id: id(4) })]),
  ...findings({ live: [{ service_id: id(5) }] }),
  ...findings({ declared: named(6), live: named(6) }),
];

const noList = { findings: [], plan: { steps: [], withheld: [] }, error: failure('transient', 'no answer') };
const noFolder = {
  ...noList,
  source: { path: 'services', revision: null, files: 0 },
  declared: 0,
  error: failure('source', 'services: no such folder'),
};

test('counts passes by outcome and trigger, and measures their duration', async () => {
  const { report, values } = startDaemon();
  report({ duration_ms: 120 });
  report({ duration_ms: 40_000, trigger: 'change' });
  report({ ...noList, duration_ms: 30_000 });
  expect(notZero(await values('vpc_reconciler_passes_total'))).toEqual({
    '{outcome="in_sync",trigger="interval"}': 1,
    '{outcome="in_sync",trigger="change"}': 1,
    '{outcome="failed",trigger="interval"}': 1,
  });
  expect(await values('vpc_reconciler_pass_duration_seconds_sum')).toEqual({ '': 70.12 });
  expect(await values('vpc_reconciler_pass_duration_seconds_bucket')).toMatchObject({
    '{le="0.1"}': 0,
    '{le="0.25"}': 1,
    '{le="30"}': 2,
    '{le="60"}': 3,
    '{le="+Inf"}': 3,
  });
});

test('counts updates that were sent by result, and withheld ones separately', async () => {
  const { report, values } = startDaemon();
  const found = drift(1, 2, 3, 4, 5);
  const outcomes = ended({ 1: updated, 2: updated, 3: failed, 4: unsettled, 5: withheld });
  report({ findings: found, outcomes });
  report({ findings: found, outcomes });
  expect(await values('vpc_reconciler_updates_total')).toEqual({
    '{result="updated"}': 4,
    '{result="failed"}': 2,
    '{result="unsettled"}': 2,
  });
  expect(notZero(await values('vpc_reconciler_creates_total'))).toEqual({});
  expect(notZero(await values('vpc_reconciler_deletes_total'))).toEqual({});
  expect(await values('vpc_reconciler_writes_withheld_total')).toEqual({ '': 2 });
});

describe('the states of the services after the last pass that compared', () => {
  const found = {
    '{state="in_sync"}': 1,
    '{state="drifted"}': 2,
    '{state="missing"}': 1,
    '{state="unwanted"}': 0,
    '{state="unmanaged"}': 1,
    '{state="invalid"}': 1,
    '{state="paused"}': 0,
  };

  test('are counted by kind', async () => {
    const { report, values } = startDaemon();
    report({ findings: ofEach, problems: broken.problems });
    expect(await values('vpc_reconciler_services')).toEqual(found);
    expect(await values('vpc_reconciler_live_services')).toEqual({ '': 5 });
    expect(await values('vpc_reconciler_declarations')).toEqual({ '': 5 });
    expect(await values('vpc_reconciler_problems')).toEqual({ '': 1 });
    report({ findings: [] });
    expect(notZero(await values('vpc_reconciler_services'))).toEqual({});
  });

  test('are counted while another writer changes them back, also those in sync', async () => {
    const { report, values } = startDaemon();
    const contested = async () => values('vpc_reconciler_contested_services');
    expect(await contested()).toEqual({ '': 0 });
    const found = findings({ declared: [{}, { service_id: id(2), name: 'b' }], live: [{}] });
    report({ findings: found, contests: contests(id(1), id(2)) });
    expect(await contested()).toEqual({ '': 2 });
    report(noList);
    expect(await contested()).toEqual({ '': 2 });
    report({ findings: found });
    expect(await contested()).toEqual({ '': 0 });
  });

  test('stay the same when the account cannot be listed, while the counts of the folder are updated', async () => {
    const { report, values } = startDaemon();
    report({ findings: ofEach });
    const skipped = compare({ ...collect([broken]), declarations: [] }, []);
    report({ ...noList, findings: skipped, declared: 9, problems: broken.problems });
    expect(await values('vpc_reconciler_services')).toEqual(found);
    expect(await values('vpc_reconciler_live_services')).toEqual({ '': 5 });
    expect(await values('vpc_reconciler_declarations')).toEqual({ '': 9 });
    expect(await values('vpc_reconciler_problems')).toEqual({ '': 1 });
  });

  test('stay the same when the folder cannot be read, and so do the counts of the folder', async () => {
    const { report, values } = startDaemon();
    report({ findings: ofEach, problems: broken.problems });
    report(noFolder);
    expect(await values('vpc_reconciler_services')).toEqual(found);
    expect(await values('vpc_reconciler_declarations')).toEqual({ '': 5 });
    expect(await values('vpc_reconciler_problems')).toEqual({ '': 1 });
  });

  test('are counted when the credential is refused or the program stops after the comparison', async () => {
    const { report, values } = startDaemon();
    report({ findings: drift(1, 2), outcomes: ended({ 1: updated }), error: failure('denied', 'HTTP 403') });
    expect(notZero(await values('vpc_reconciler_services'))).toEqual({
      '{state="in_sync"}': 1,
      '{state="drifted"}': 1,
    });
  });

  test('are in sync if the pass updated them, and drifted if the update failed, was withheld or did not settle', async () => {
    const { report, values } = startDaemon();
    const outcomes = ended({ 1: updated, 2: failed, 3: unsettled, 4: withheld });
    report({ findings: drift(1, 2, 3, 4), outcomes });
    expect(notZero(await values('vpc_reconciler_services'))).toEqual({
      '{state="in_sync"}': 1,
      '{state="drifted"}': 3,
    });
  });

  test('are 0 for an empty account and an empty folder', async () => {
    const { report, values } = startDaemon();
    report({ findings: ofEach });
    report({ source: { path: 'services', revision: null, files: 0 }, declared: 0 });
    expect(notZero(await values('vpc_reconciler_services'))).toEqual({});
    expect(await values('vpc_reconciler_declarations')).toEqual({ '': 0 });
  });
});

const age = async ({ values }: Daemon) => (await values('vpc_reconciler_max_drift_age_seconds'))[''];

describe('the age of the oldest drift', () => {
  test('counts from the pass that found it first to the pass that corrects it', async () => {
    const daemon = startDaemon();
    expect(await age(daemon)).toBe(0);
    daemon.report({ findings: drift(1), outcomes: ended({ 1: failed }) });
    daemon.advance(60_000);
    expect(await age(daemon)).toBe(60);
    daemon.report({ findings: drift(1), outcomes: ended({ 1: failed }) });
    daemon.advance(1500);
    expect(await age(daemon)).toBe(61.5);
    daemon.report({ findings: drift(1), outcomes: ended({ 1: updated }) });
    expect(await age(daemon)).toBe(0);
  });

  test.for([
    { reason: 'it was corrected at once', outcome: updated, expected: 0 },
    { reason: 'the update failed', outcome: failed, expected: 5 },
    { reason: 'the API stored a different value', outcome: unsettled, expected: 5 },
    { reason: 'the update was withheld', outcome: withheld, expected: 5 },
    { reason: 'nothing is written in this mode', outcome: undefined, expected: 5 },
  ])('is $expected s after 5 s: $reason', async ({ outcome, expected }) => {
    const daemon = startDaemon();
    daemon.report({ findings: drift(1), ...(outcome && { outcomes: ended({ 1: outcome }) }) });
    daemon.advance(5000);
    expect(await age(daemon)).toBe(expected);
  });

  test('is that of the service that has drifted longest', async () => {
    const daemon = startDaemon();
    daemon.report({ findings: drift(2) });
    daemon.advance(10_000);
    daemon.report({ findings: drift(1, 2, 3) });
    daemon.advance(10_000);
    expect(await age(daemon)).toBe(20);
    daemon.report({ findings: drift(1, 3) });
    expect(await age(daemon)).toBe(10);
  });

  test('keeps growing while passes fail', async () => {
    const daemon = startDaemon();
    daemon.report({ findings: drift(1) });
    daemon.advance(10_000);
    daemon.report(noList);
    daemon.report(noFolder);
    daemon.advance(10_000);
    expect(await age(daemon)).toBe(20);
  });

  test('starts again after the service was in sync', async () => {
    const daemon = startDaemon();
    daemon.report({ findings: drift(1) });
    daemon.advance(10_000);
    daemon.report({ findings: findings({ declared: named(1), live: named(1) }) });
    daemon.report({ findings: drift(1) });
    daemon.advance(1000);
    expect(await age(daemon)).toBe(1);
  });
});

const ages = async ({ values }: Daemon) => values('vpc_reconciler_service_drift_age_seconds');

describe('single services', () => {
  test('have no series by default', async () => {
    const { metrics, report } = startDaemon();
    report({ findings: drift(1) });
    expect((await metrics.read()).text).not.toMatch(/vpc_reconciler_service_drift|db-1/);
  });

  test('have a series each while they drift, the longest drifted first, and no more than allowed', async () => {
    const daemon = startDaemon({ serviceSeries: 2 });
    daemon.report({ findings: drift(3) });
    daemon.advance(1000);
    daemon.report({ findings: drift(2, 3) });
    daemon.advance(1000);
    daemon.report({ findings: drift(1, 2, 3) });
    expect(await ages(daemon)).toEqual({
      [`{service_id="${id(3)}",name="db-3"}`]: 2,
      [`{service_id="${id(2)}",name="db-2"}`]: 1,
    });
    daemon.report({ findings: drift(1, 2, 3), outcomes: ended({ 3: updated }) });
    expect(await ages(daemon)).toEqual({
      [`{service_id="${id(2)}",name="db-2"}`]: 1,
      [`{service_id="${id(1)}",name="db-1"}`]: 0,
    });
  });

  test('have labels of limited length', async () => {
    const daemon = startDaemon({ serviceSeries: 1 });
    const name = 'x'.repeat(5000);
    daemon.report({ findings: findings({ declared: [{ name }], live: [{ name, tcp_port: 1 }] }) });
    expect(Object.keys(await ages(daemon))).toEqual([expect.stringMatching(/name="x{128}"/)]);
  });
});

describe('requests to the API', () => {
  test('are counted by method and status, measured, and retries are counted separately', async () => {
    const { metrics, values } = startDaemon();
    metrics.onRequest({ method: 'GET', status: 200, ms: 450, isRetry: false });
    metrics.onRequest({ method: 'PUT', status: 503, ms: 700, isRetry: false });
    metrics.onRequest({ method: 'PUT', status: null, ms: 30_000, isRetry: true });
    metrics.onRequest({ method: 'PUT', status: 200, ms: 770, isRetry: true });
    expect(notZero(await values('vpc_reconciler_api_requests_total'))).toEqual({
      '{method="GET",status="200"}': 1,
      '{method="PUT",status="503"}': 1,
      '{method="PUT",status="none"}': 1,
      '{method="PUT",status="200"}': 1,
    });
    expect(await values('vpc_reconciler_api_request_duration_seconds_sum')).toEqual({
      '{method="GET"}': 0.45,
      '{method="PUT"}': 31.47,
      '{method="POST"}': 0,
      '{method="DELETE"}': 0,
    });
    expect(await values('vpc_reconciler_api_request_duration_seconds_bucket')).toMatchObject({
      '{le="0.4",method="GET"}': 0,
      '{le="0.5",method="GET"}': 1,
      '{le="0.6",method="PUT"}': 0,
      '{le="0.8",method="PUT"}': 2,
      '{le="30",method="PUT"}': 3,
    });
    expect(await values('vpc_reconciler_api_retries_total')).toEqual({ '': 2 });
  });

  test('have a budget: its limit, what remains, and the time spent waiting are exported', async () => {
    let throttledMs = 0;
    const { values } = startDaemon({ throttledMs: () => throttledMs });
    expect(await values('vpc_reconciler_request_budget_limit')).toEqual({ '{window="1"}': 1100, '{window="2"}': 150 });
    expect(await values('vpc_reconciler_request_budget_window_seconds')).toEqual({
      '{window="1"}': 300,
      '{window="2"}': 1,
    });
    expect(await values('vpc_reconciler_request_budget_remaining')).toEqual({
      '{window="1"}': 1040,
      '{window="2"}': 0,
    });
    expect(await values('vpc_reconciler_api_throttled_seconds_total')).toEqual({ '': 0 });
    throttledMs = 1250;
    expect(await values('vpc_reconciler_api_throttled_seconds_total')).toEqual({ '': 1.25 });
    throttledMs = 2500;
    expect(await values('vpc_reconciler_api_throttled_seconds_total')).toEqual({ '': 2.5 });
  });
});

describe('the state of the daemon', () => {
  test('includes the last success of each step, 0 if there was none', async () => {
    const { vitals, report, advance, values } = startDaemon();
    const never = { '{step="read"}': 0, '{step="list"}': 0, '{step="pass"}': 0 };
    expect(await values('vpc_reconciler_last_success_timestamp_seconds')).toEqual(never);
    expect(await values('vpc_reconciler_last_pass_timestamp_seconds')).toEqual({ '': 0 });
    advance(1000);
    vitals.onStep('read');
    advance(1000);
    vitals.onStep('list');
    advance(1000);
    report({});
    advance(1000);
    report(noFolder);
    expect(await values('vpc_reconciler_last_success_timestamp_seconds')).toEqual({
      '{step="read"}': START + 1,
      '{step="list"}': START + 2,
      '{step="pass"}': START + 3,
    });
    expect(await values('vpc_reconciler_last_pass_timestamp_seconds')).toEqual({ '': START + 4 });
  });

  test('includes the outcome of the last pass and no other', async () => {
    const { report, values } = startDaemon();
    const outcome = async () => notZero(await values('vpc_reconciler_last_pass_outcome'));
    expect(await outcome()).toEqual({});
    report({ findings: drift(1), outcomes: ended({ 1: updated }) });
    expect(await outcome()).toEqual({ '{outcome="converged"}': 1 });
    report(noList);
    expect(await outcome()).toEqual({ '{outcome="failed"}': 1 });
    report({});
    expect(await outcome()).toEqual({ '{outcome="in_sync"}': 1 });
  });

  test('includes the time of the next pass, 0 during a pass and if none is planned', async () => {
    const { vitals, report, advance, values } = startDaemon();
    const next = async () => (await values('vpc_reconciler_next_pass_timestamp_seconds'))[''];
    vitals.onPhase({ kind: 'began', trigger: 'startup' });
    expect(await next()).toBe(0);
    advance(2000);
    report({});
    vitals.onPhase({ kind: 'waiting', timerMs: 300_000, scheduleMs: () => 60_000 });
    expect(await next()).toBe(START + 62);
    vitals.onPhase({ kind: 'waiting', timerMs: null, scheduleMs: () => null });
    expect(await next()).toBe(0);
  });

  test('includes since when a good pass has been due', async () => {
    const { vitals, report, advance, values } = startDaemon();
    const dueSince = async () => (await values('vpc_reconciler_pass_due_since_timestamp_seconds'))[''];
    expect(await dueSince()).toBe(START);
    vitals.onPhase({ kind: 'began', trigger: 'startup' });
    advance(1000);
    report({});
    expect(await dueSince()).toBe(0);
    advance(1000);
    vitals.onPhase({ kind: 'began', trigger: 'interval' });
    advance(1000);
    report(noList);
    expect(await dueSince()).toBe(START + 2);
  });

  test('includes whether it is healthy and ready, as its endpoints report', async () => {
    let health = { healthy: true, ready: false };
    const { values } = startDaemon({ health: () => health });
    expect([await values('vpc_reconciler_healthy'), await values('vpc_reconciler_ready')]).toEqual([
      { '': 1 },
      { '': 0 },
    ]);
    health = { healthy: false, ready: true };
    expect([await values('vpc_reconciler_healthy'), await values('vpc_reconciler_ready')]).toEqual([
      { '': 0 },
      { '': 1 },
    ]);
  });

  test('includes how changes are detected, the last check of the folder, and missed changes', async () => {
    const { vitals, advance, values } = startDaemon();
    const state = async () => notZero(await values('vpc_reconciler_watcher_state'));
    expect(await state()).toEqual({ '{state="starting"}': 1 });
    expect(await values('vpc_reconciler_folder_last_check_timestamp_seconds')).toEqual({ '': 0 });
    expect(await values('vpc_reconciler_watcher_missed_changes_total')).toEqual({ '': 0 });
    vitals.onWatchState({ by: 'events', reason: null });
    expect(await state()).toEqual({ '{state="events"}': 1 });
    vitals.onWatchState({ by: 'rescans', reason: 'no more watches' });
    advance(30_000);
    vitals.onFolderCheck();
    vitals.onMissedChange();
    vitals.onMissedChange();
    expect(await state()).toEqual({ '{state="rescans"}': 1 });
    expect(await values('vpc_reconciler_folder_last_check_timestamp_seconds')).toEqual({ '': START + 30 });
    expect(await values('vpc_reconciler_watcher_missed_changes_total')).toEqual({ '': 2 });
  });

  test('includes the versions of the program and of Node, and the usual process metrics', async () => {
    const { values } = startDaemon();
    const labels = `{version="1.2.3",node_version="${process.version}"}`;
    expect(await values('vpc_reconciler_build_info')).toEqual({ [labels]: 1 });
    const { '': startedAt = 0 } = await values('process_start_time_seconds');
    expect(startedAt).toBeGreaterThan(Date.now() / 1000 - performance.now() / 1000 - 60);
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_heap_size_used_bytes']) {
      expect(Object.values(await values(name))[0], name).toBeGreaterThan(0);
    }
  });
});

const ownNames = (names: readonly string[]) => names.filter((name) => name.startsWith('vpc_reconciler_'));

describe('series', () => {
  test('all exist from the first scrape, and no report adds one', async () => {
    const { metrics, report } = startDaemon();
    const first = [...(await scrape(metrics)).keys()];
    report({ findings: ofEach, outcomes: ended({ 1: updated, 2: failed }), problems: broken.problems });
    report(noList);
    report({ ...noFolder, trigger: 'request' });
    metrics.onRequest({ method: 'PUT', status: 429, ms: 5, isRetry: false });
    expect(ownNames([...(await scrape(metrics)).keys()])).toEqual(ownNames(first));
  });

  test('do not increase with the number of services, nor with unusual statuses', async () => {
    const { metrics, report } = startDaemon();
    const many = Array.from({ length: 1000 }, (_, index) => index);
    report({ findings: drift(...many), plan: plan(drift(...many), planOptions({ maxChanges: 0 })) });
    const before = (await scrape(metrics)).size;
    for (let status = 600; status < 1000; status += 1) {
      metrics.onRequest({ method: 'GET', status, ms: 1, isRetry: false });
    }
    // All unusual statuses share one series.
    expect((await scrape(metrics)).size - before).toBe(1);
  });

  test('have a help text, in the format of Prometheus', async () => {
    const { metrics } = startDaemon();
    const { contentType, text } = await metrics.read();
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const [, name, help] of text.matchAll(/^# HELP (vpc_reconciler_\w+) ?(.*)$/gm)) {
      expect(help, name).toMatch(/^(?=.{40}).*\.$/);
    }
  });

  test('of two daemons in one process are independent', async () => {
    const [one, other] = [startDaemon(), startDaemon()];
    one.report({});
    expect(await one.values('vpc_reconciler_pass_duration_seconds_count')).toEqual({ '': 1 });
    expect(await other.values('vpc_reconciler_pass_duration_seconds_count')).toEqual({ '': 0 });
  });

  test('are complete in each of several concurrent scrapes', async () => {
    const { metrics, vitals } = startDaemon({ throttledMs: () => 7000 });
    vitals.onMissedChange();
    const texts = await Promise.all(Array.from({ length: 5 }, async () => (await metrics.read()).text));
    const ours = texts.map((text) => text.split('\n').filter((line) => line.startsWith('vpc_reconciler_')));
    expect(ours[0]).toContain('vpc_reconciler_watcher_missed_changes_total 1');
    expect(ours[0]).toContain('vpc_reconciler_api_throttled_seconds_total 7');
    for (const each of ours) expect(each).toEqual(ours[0]);
  });
});
