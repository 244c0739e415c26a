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
import { openMetrics } from '../../src/sinks/metrics.ts';
import type { Metrics, MetricsOptions } from '../../src/sinks/metrics.ts';
import { keepVitals } from '../../src/sinks/vitals.ts';
import type { VitalsKeeper } from '../../src/sinks/vitals.ts';
import { facts, findings, id, live, planOptions, tcp } from '../core/builders.ts';
import { scrape, valuesOf } from './exposition.ts';

/** The Unix time, in seconds, at which the clock of these tests stands at 0. */
const DAY = 1_767_225_600;

type Daemon = {
  readonly metrics: Metrics;
  readonly vitals: VitalsKeeper;
  /** What time passes. */
  readonly pass: (ms: number) => void;
  /** The daemon has come to the end of a pass. */
  readonly report: (fields: Partial<PassFacts>) => Report;
  readonly values: (name: string) => Promise<Record<string, number>>;
};

/** The metrics of a daemon, by a clock that stands until it is moved. */
function opened(options: Partial<MetricsOptions> = {}): Daemon {
  let elapsedMs = 0;
  const now = () => elapsedMs;
  const vitals = keepVitals(now);
  const metrics = openMetrics({
    version: '1.2.3',
    vitals: vitals.vitals,
    health: () => ({ healthy: true, ready: false }),
    now,
    timeOf: (at) => DAY * 1000 + at,
    budget: () => [
      { window: '1100/5m', limit: 1100, left: 1040 },
      { window: '150/1s', limit: 150, left: 0 },
    ],
    throttledMs: () => 0,
    ...options,
  });
  return {
    metrics,
    vitals,
    pass: (ms) => {
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

/** Those that are not 0. */
const notZero = (values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));

const named = (...numbers: readonly number[]) =>
  numbers.map((number) => ({ service_id: id(number), name: `db-${number}` }));

/** Services that differ. */
const drift = (...numbers: readonly number[]) =>
  findings({ declared: named(...numbers), live: named(...numbers).map((each) => ({ ...each, tcp_port: 1 })) });

const ended = (outcomes: Readonly<Record<number, Outcome>>) =>
  new Map(Object.entries(outcomes).map(([number, outcome]) => [id(Number(number)), outcome]));

const updated: Outcome = { result: 'updated', attempts: 1 };
const failed: Outcome = { result: 'failed', attempts: 5, failure: failure('transient', 'HTTP 503') };
const unsettled: Outcome = { result: 'unsettled', attempts: 1, paths: ['tcp_port'], stored: new Map() };
const withheld: Outcome = { result: 'withheld', attempts: 0, reason: 'not begun' };

const broken = parseFile('bad.json', JSON.stringify({ ...tcp, service_id: id(4), tcp_port: 0 }));

/** One of each finding. */
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

test('counts passes by how they ended and what started them, and how long they took', async () => {
  const { report, values } = opened();
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

test('counts what became of what was to be updated', async () => {
  const { report, values } = opened();
  const found = drift(1, 2, 3, 4, 5);
  const outcomes = ended({ 1: updated, 2: updated, 3: failed, 4: unsettled, 5: withheld });
  report({ findings: found, outcomes });
  report({ findings: found, outcomes });
  expect(await values('vpc_reconciler_updates_total')).toEqual({
    '{result="updated"}': 4,
    '{result="failed"}': 2,
    '{result="unsettled"}': 2,
    '{result="withheld"}': 2,
  });
});

describe('tells what the last pass found that could compare', () => {
  const found = {
    '{finding="in_sync"}': 1,
    '{finding="drifted"}': 2,
    '{finding="missing"}': 1,
    '{finding="unmanaged"}': 1,
    '{finding="invalid"}': 1,
  };

  test('of each kind', async () => {
    const { report, values } = opened();
    report({ findings: ofEach, problems: broken.problems });
    expect(await values('vpc_reconciler_services')).toEqual(found);
    expect(await values('vpc_reconciler_live_services')).toEqual({ '': 5 });
    expect(await values('vpc_reconciler_declarations')).toEqual({ '': 5 });
    expect(await values('vpc_reconciler_problems')).toEqual({ '': 1 });
    report({ findings: [] });
    expect(notZero(await values('vpc_reconciler_services'))).toEqual({});
  });

  test('and keeps it when the account cannot be listed: what is known of the folder is new', async () => {
    const { report, values } = opened();
    report({ findings: ofEach });
    const skipped = compare({ ...collect([broken]), declarations: [] }, []);
    report({ ...noList, findings: skipped, declared: 9, problems: broken.problems });
    expect(await values('vpc_reconciler_services')).toEqual(found);
    expect(await values('vpc_reconciler_live_services')).toEqual({ '': 5 });
    expect(await values('vpc_reconciler_uncorrected_services')).toEqual({ '': 2 });
    expect(await values('vpc_reconciler_declarations')).toEqual({ '': 9 });
    expect(await values('vpc_reconciler_problems')).toEqual({ '': 1 });
  });

  test('and keeps all of it when the folder cannot be read', async () => {
    const { report, values } = opened();
    report({ findings: ofEach, problems: broken.problems });
    report(noFolder);
    expect(await values('vpc_reconciler_services')).toEqual(found);
    expect(await values('vpc_reconciler_declarations')).toEqual({ '': 5 });
    expect(await values('vpc_reconciler_problems')).toEqual({ '': 1 });
  });

  test('also where the credential was refused, or the program stopped, between the comparison and the end', async () => {
    const { report, values } = opened();
    report({ findings: drift(1, 2), outcomes: ended({ 1: updated }), error: failure('denied', 'HTTP 403') });
    expect(notZero(await values('vpc_reconciler_services'))).toEqual({ '{finding="drifted"}': 2 });
    expect(await values('vpc_reconciler_uncorrected_services')).toEqual({ '': 1 });
  });

  test('an account and a folder without anything are found, too', async () => {
    const { report, values } = opened();
    report({ findings: ofEach });
    report({ source: { path: 'services', revision: null, files: 0 }, declared: 0 });
    expect(notZero(await values('vpc_reconciler_services'))).toEqual({});
    expect(await values('vpc_reconciler_declarations')).toEqual({ '': 0 });
  });
});

const age = async ({ values }: Daemon) => (await values('vpc_reconciler_drift_age_seconds'))[''];

describe('tells for how long something has differed without being put back', () => {
  test('since the pass that found it first, until one puts it back', async () => {
    const daemon = opened();
    expect(await age(daemon)).toBe(0);
    daemon.report({ findings: drift(1), outcomes: ended({ 1: failed }) });
    daemon.pass(60_000);
    expect(await age(daemon)).toBe(60);
    daemon.report({ findings: drift(1), outcomes: ended({ 1: failed }) });
    daemon.pass(1500);
    expect(await age(daemon)).toBe(61.5);
    daemon.report({ findings: drift(1), outcomes: ended({ 1: updated }) });
    expect(await age(daemon)).toBe(0);
  });

  test.for([
    { reason: 'it was put back at once', outcome: updated, expected: 0 },
    { reason: 'the update failed', outcome: failed, expected: 5 },
    { reason: 'the API keeps something else', outcome: unsettled, expected: 5 },
    { reason: 'the update was withheld', outcome: withheld, expected: 5 },
    { reason: 'nothing is written in this mode', outcome: undefined, expected: 5 },
  ])('$reason: $expected s later it is $expected s', async ({ outcome, expected }) => {
    const daemon = opened();
    daemon.report({ findings: drift(1), ...(outcome && { outcomes: ended({ 1: outcome }) }) });
    daemon.pass(5000);
    expect(await age(daemon)).toBe(expected);
  });

  test('of the one that has for the longest', async () => {
    const daemon = opened();
    daemon.report({ findings: drift(2) });
    daemon.pass(10_000);
    daemon.report({ findings: drift(1, 2, 3) });
    daemon.pass(10_000);
    expect(await age(daemon)).toBe(20);
    daemon.report({ findings: drift(1, 3) });
    expect(await age(daemon)).toBe(10);
    expect(await daemon.values('vpc_reconciler_uncorrected_services')).toEqual({ '': 2 });
  });

  test('and goes on counting while passes fail, for nobody can know better', async () => {
    const daemon = opened();
    daemon.report({ findings: drift(1) });
    daemon.pass(10_000);
    daemon.report(noList);
    daemon.report(noFolder);
    daemon.pass(10_000);
    expect(await age(daemon)).toBe(20);
  });

  test('anew where it was in sync between', async () => {
    const daemon = opened();
    daemon.report({ findings: drift(1) });
    daemon.pass(10_000);
    daemon.report({ findings: findings({ declared: named(1), live: named(1) }) });
    daemon.report({ findings: drift(1) });
    daemon.pass(1000);
    expect(await age(daemon)).toBe(1);
  });
});

describe('of requests to the API', () => {
  test('counts each by method and status, times it, and counts retries', async () => {
    const { metrics, values } = opened();
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

  test('tells the budget, what is left of it, and for how long it was waited for', async () => {
    let throttledMs = 0;
    const { values } = opened({ throttledMs: () => throttledMs });
    expect(await values('vpc_reconciler_request_budget_limit')).toEqual({
      '{window="1100/5m"}': 1100,
      '{window="150/1s"}': 150,
    });
    expect(await values('vpc_reconciler_request_budget_remaining')).toEqual({
      '{window="1100/5m"}': 1040,
      '{window="150/1s"}': 0,
    });
    expect(await values('vpc_reconciler_api_throttled_seconds_total')).toEqual({ '': 0 });
    throttledMs = 1250;
    expect(await values('vpc_reconciler_api_throttled_seconds_total')).toEqual({ '': 1.25 });
    throttledMs = 2500;
    expect(await values('vpc_reconciler_api_throttled_seconds_total')).toEqual({ '': 2.5 });
  });
});

describe('of the daemon', () => {
  test('tells when each step last went well; 0 is never', async () => {
    const { vitals, report, pass, values } = opened();
    const never = { '{step="read"}': 0, '{step="list"}': 0, '{step="pass"}': 0 };
    expect(await values('vpc_reconciler_last_success_timestamp_seconds')).toEqual(never);
    expect(await values('vpc_reconciler_last_pass_timestamp_seconds')).toEqual({ '': 0 });
    pass(1000);
    vitals.onStep('read');
    pass(1000);
    vitals.onStep('list');
    pass(1000);
    report({});
    pass(1000);
    report(noFolder);
    expect(await values('vpc_reconciler_last_success_timestamp_seconds')).toEqual({
      '{step="read"}': DAY + 1,
      '{step="list"}': DAY + 2,
      '{step="pass"}': DAY + 3,
    });
    expect(await values('vpc_reconciler_last_pass_timestamp_seconds')).toEqual({ '': DAY + 4 });
  });

  test('tells how the last pass ended, and nothing else to be so', async () => {
    const { report, values } = opened();
    const outcome = async () => notZero(await values('vpc_reconciler_last_pass_outcome'));
    expect(await outcome()).toEqual({});
    report({ findings: drift(1), outcomes: ended({ 1: updated }) });
    expect(await outcome()).toEqual({ '{outcome="converged"}': 1 });
    report(noList);
    expect(await outcome()).toEqual({ '{outcome="failed"}': 1 });
    report({});
    expect(await outcome()).toEqual({ '{outcome="in_sync"}': 1 });
  });

  test('tells when the next pass comes: not while one is under way, and not where none comes by itself', async () => {
    const { vitals, report, pass, values } = opened();
    const next = async () => (await values('vpc_reconciler_next_pass_timestamp_seconds'))[''];
    vitals.onPhase({ kind: 'began', trigger: 'startup' });
    expect(await next()).toBe(0);
    pass(2000);
    report({});
    vitals.onPhase({ kind: 'waiting', timerMs: 300_000, scheduleMs: () => 60_000 });
    expect(await next()).toBe(DAY + 62);
    vitals.onPhase({ kind: 'waiting', timerMs: null, scheduleMs: () => null });
    expect(await next()).toBe(0);
  });

  test('tells since when a good pass has been due', async () => {
    const { vitals, report, pass, values } = opened();
    const owed = async () => (await values('vpc_reconciler_pass_owed_timestamp_seconds'))[''];
    expect(await owed()).toBe(DAY);
    vitals.onPhase({ kind: 'began', trigger: 'startup' });
    pass(1000);
    report({});
    expect(await owed()).toBe(0);
    pass(1000);
    vitals.onPhase({ kind: 'began', trigger: 'interval' });
    pass(1000);
    report(noList);
    expect(await owed()).toBe(DAY + 2);
  });

  test('tells whether it is healthy and ready, as its endpoints do', async () => {
    let health = { healthy: true, ready: false };
    const { values } = opened({ health: () => health });
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

  test('tells how changes are noticed, when the folder was last looked at, and what was missed', async () => {
    const { vitals, pass, values } = opened();
    const state = async () => notZero(await values('vpc_reconciler_watcher_state'));
    expect(await state()).toEqual({ '{state="starting"}': 1 });
    expect(await values('vpc_reconciler_folder_last_look_timestamp_seconds')).toEqual({ '': 0 });
    expect(await values('vpc_reconciler_watcher_missed_changes_total')).toEqual({ '': 0 });
    vitals.onWatch({ by: 'events', reason: null });
    expect(await state()).toEqual({ '{state="events"}': 1 });
    vitals.onWatch({ by: 'rescans', reason: 'no more watches' });
    pass(30_000);
    vitals.onLook();
    vitals.onMissed();
    vitals.onMissed();
    expect(await state()).toEqual({ '{state="rescans"}': 1 });
    expect(await values('vpc_reconciler_folder_last_look_timestamp_seconds')).toEqual({ '': DAY + 30 });
    expect(await values('vpc_reconciler_watcher_missed_changes_total')).toEqual({ '': 2 });
  });

  test('tells its version, its Node, and what every process does', async () => {
    const { values } = opened();
    const labels = `{version="1.2.3",node_version="${process.version}"}`;
    expect(await values('vpc_reconciler_build_info')).toEqual({ [labels]: 1 });
    const { '': startedAt = 0 } = await values('process_start_time_seconds');
    expect(startedAt).toBeGreaterThan(Date.now() / 1000 - performance.now() / 1000 - 60);
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_heap_size_used_bytes']) {
      expect(Object.values(await values(name))[0], name).toBeGreaterThan(0);
    }
  });
});

const ofOurs = (names: readonly string[]) => names.filter((name) => name.startsWith('vpc_reconciler_'));

describe('the series', () => {
  test('are all there from the first scrape, and no report adds one', async () => {
    const { metrics, report } = opened();
    const first = [...(await scrape(metrics)).keys()];
    report({ findings: ofEach, outcomes: ended({ 1: updated, 2: failed }), problems: broken.problems });
    report(noList);
    report({ ...noFolder, trigger: 'request' });
    metrics.onRequest({ method: 'PUT', status: 429, ms: 5, isRetry: false });
    expect(ofOurs([...(await scrape(metrics)).keys()])).toEqual(ofOurs(first));
  });

  test('are no more for a thousand services than for one, nor for whatever a server answers', async () => {
    const { metrics, report } = opened();
    const many = Array.from({ length: 1000 }, (_, index) => index);
    report({ findings: drift(...many), plan: plan(drift(...many), planOptions({ maxChanges: 0 })) });
    const before = (await scrape(metrics)).size;
    for (let status = 600; status < 1000; status += 1) {
      metrics.onRequest({ method: `M${status}`, status, ms: 1, isRetry: false });
    }
    // One more status, and the buckets of one more method.
    expect((await scrape(metrics)).size - before).toBeLessThan(20);
  });

  test('have a type that Prometheus knows, and words', async () => {
    const { metrics } = opened();
    const { contentType, text } = await metrics.read();
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const [, name, help] of text.matchAll(/^# HELP (vpc_reconciler_\w+) ?(.*)$/gm)) {
      expect(help, name).toMatch(/^(?=.{40}).*\.$/);
    }
  });

  test('of two daemons in one process are apart', async () => {
    const [one, other] = [opened(), opened()];
    one.report({});
    expect(await one.values('vpc_reconciler_pass_duration_seconds_count')).toEqual({ '': 1 });
    expect(await other.values('vpc_reconciler_pass_duration_seconds_count')).toEqual({ '': 0 });
  });

  test('are whole in each of several scrapes at once', async () => {
    const { metrics, vitals } = opened({ throttledMs: () => 7000 });
    vitals.onMissed();
    const texts = await Promise.all(Array.from({ length: 5 }, async () => (await metrics.read()).text));
    const ours = texts.map((text) => text.split('\n').filter((line) => line.startsWith('vpc_reconciler_')));
    expect(ours[0]).toContain('vpc_reconciler_watcher_missed_changes_total 1');
    expect(ours[0]).toContain('vpc_reconciler_api_throttled_seconds_total 7');
    for (const each of ours) expect(each).toEqual(ours[0]);
  });
});
