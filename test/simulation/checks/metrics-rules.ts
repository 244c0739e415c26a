import type { Settings } from '../../../src/config/settings.ts';
import type { Report } from '../../../src/core/report/report.ts';
import type { SentRequest } from '../world/api.ts';
import type { Answered } from '../world/network.ts';
import type { Break } from './violation.ts';

const PREFIX = 'vpc_reconciler_';

/** The names of the counters of writes, and the results that they count. */
const WRITES = { create: 'creates_total', update: 'updates_total', delete: 'deletes_total' } as const;
const SENT = new Set<string>(['created', 'updated', 'deleted', 'failed', 'unsettled']);
const DONE = new Set<string>(['created', 'updated', 'deleted']);
const STATES = ['in_sync', 'drifted', 'missing', 'unwanted', 'unmanaged', 'invalid', 'paused'];

export type MetricsRulesOptions = {
  readonly settings: Settings;
  readonly now: () => number;
  readonly wallNow: () => number;
  readonly broken: Break;
};

/** Compares the metrics with the requests that the API has seen, and with the reports. */
export function metricsRules({ settings, now, wallNow, broken }: MetricsRulesOptions) {
  let expected = new Map<string, number>();
  /** When requests have ended: they count from then on, because the client cannot know when they reached the server. */
  let endedAt: number[] = [];
  let last: { readonly report: Report; readonly at: number } | null = null;
  let isPass = false;
  const add = (series: string, by = 1) => void expected.set(series, (expected.get(series) ?? 0) + by);
  const set = (series: string, value: number) => void expected.set(series, value);

  const addReport = (report: Report) => {
    const { outcome, trigger, api, counts, services, problems, source, error } = report;
    add(`passes_total{outcome="${outcome}",trigger="${trigger}"}`);
    add('pass_duration_seconds_count');
    add('api_retries_total', api.retries);
    add('writes_withheld_total', counts.withheld);
    for (const { action, result } of services) {
      if (action !== null && result !== null && SENT.has(result)) add(`${WRITES[action]}{result="${result}"}`);
    }
    if (error === null || source.files > 0) {
      set('declarations', counts.declared);
      set('problems', problems.length);
    }
    if (error !== null && counts.in_sync + counts.live + counts.missing + counts.unwanted === 0) return;
    const states = new Map(STATES.map((state) => [state, 0]));
    const count = (state: string, by = 1) => void states.set(state, (states.get(state) ?? 0) + by);
    count('in_sync', counts.in_sync);
    for (const { finding, result } of services) {
      if (finding === 'in_sync') continue;
      if (result === 'paused') count('paused');
      else count(result !== null && DONE.has(result) ? 'in_sync' : finding);
    }
    for (const [state, number] of states) set(`services{state="${state}"}`, number);
    set('live_services', counts.live + counts.created - counts.deleted);
  };

  const checkBudget = (metrics: ReadonlyMap<string, number>) => {
    for (const [index, { requests, ms }] of settings.request_budget.entries()) {
      const used = endedAt.filter((at) => at > now() - ms).length;
      const left = metrics.get(`request_budget_remaining{window="${index + 1}"}`);
      // A request at the very edge of the window may count or not.
      const atEdge = endedAt.filter((at) => Math.abs(now() - ms - at) <= 1).length;
      if (left === undefined || Math.abs(left - (requests - used)) > atEdge)
        broken('metrics', `request_budget_remaining is ${left}, expected ${requests - used}`);
    }
  };

  const checkVitals = (metrics: ReadonlyMap<string, number>) => {
    if (last === null) return;
    const at = metrics.get('last_pass_timestamp_seconds') ?? 0;
    const expectedAt = (wallNow() - (now() - last.at)) / 1000;
    if (Math.abs(at - expectedAt) > 0.01) broken('metrics', `last_pass_timestamp is ${at}, expected ${expectedAt}`);
    const { outcome } = last.report;
    if (metrics.get(`last_pass_outcome{outcome="${outcome}"}`) !== 1)
      broken('metrics', `last_pass_outcome is not ${outcome}`);
  };

  return {
    onEnd: ({ method }: SentRequest, answer: Answered | null) => {
      endedAt.push(now());
      if (endedAt.length > 10_000) endedAt = endedAt.slice(5000);
      add(`api_requests_total{method="${method}",status="${answer === null ? 'none' : answer.status}"}`);
      add(`api_request_duration_seconds_count{method="${method}"}`);
    },
    onBegin: () => {
      isPass = true;
    },
    onReport: (report: Report) => {
      isPass = false;
      addReport(report);
      last = { report, at: now() };
    },
    reset: () => {
      expected = new Map();
      endedAt = [];
      last = null;
      isPass = false;
    },
    /** Whether the metrics have a definite value now: during a pass, they are about the one before, and requests are in flight. */
    isComparable: () => !isPass && last !== null,
    check: (text: string) => {
      const metrics = parse(text);
      for (const [series, value] of expected) {
        const found = metrics.get(series);
        if (found !== value) broken('metrics', `${PREFIX}${series} is ${found}, expected ${value}`);
      }
      for (const [series, value] of metrics) {
        const isCounted = /^(?:passes|creates|updates|deletes|api_requests)_total/.test(series);
        if (isCounted && value !== (expected.get(series) ?? 0)) broken('metrics', `${PREFIX}${series} is ${value}`);
      }
      checkBudget(metrics);
      checkVitals(metrics);
    },
  };
}

/** Reads the text format of Prometheus. Returns the series of the program without the common part of their names. */
function parse(text: string): ReadonlyMap<string, number> {
  const metrics = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (!line.startsWith(PREFIX)) continue;
    const end = line.lastIndexOf(' ');
    const [, name = '', labels = ''] = /^([a-z_]+)(?:\{(.*)\})?$/.exec(line.slice(PREFIX.length, end)) ?? [];
    const sorted = labels === '' ? '' : `{${labels.split(',').sort().join(',')}}`;
    metrics.set(name + sorted, Number(line.slice(end + 1)));
  }
  return metrics;
}
