import { failure } from '../../src/core/base/failure.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { compare } from '../../src/core/compare/compare.ts';
import { inSyncServices } from '../../src/core/compare/in-sync-services.ts';
import { collect } from '../../src/core/load/collect.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import type { Outcome } from '../../src/core/plan/outcome.ts';
import { toHealth } from '../../src/core/report/health.ts';
import type { Health } from '../../src/core/report/health.ts';
import { toReport } from '../../src/core/report/report.ts';
import type { PassFacts, PassSummary, Report } from '../../src/core/report/report.ts';
import type { PassOutcome, Trigger } from '../../src/core/report/pass.ts';
import type { Vitals } from '../../src/core/report/vitals.ts';
import type { PageData } from '../../src/server/page/page-data.ts';
import * as builders from '../core/builders.ts';
import { findings, http, id, live, service, tunnel } from '../core/builders.ts';

/*
 * The data of the status page in each state, built by the same functions as in the daemon. The daemon has run for an hour, the time is
 * 12:00:00 UTC, the last pass ended 12 seconds ago, and the next one is due in 288 seconds.
 */

const STARTED_AT = Date.parse('2026-11-24T11:00:00.000Z');
const NOW = 3_600_000;
const LAST = NOW - 12_000;
const COMMIT = '4f9c1e7ab02d5e8833c1d6f0a9be27715c40d3e2';

const timeOf = (elapsedMs: number) => new Date(STARTED_AT + elapsedMs).toISOString();

/** Returns the health of a daemon whose last pass was good, changed by `fields`. */
export function health(fields: Partial<Vitals> = {}): Health {
  const vitals: Vitals = {
    startedAt: 0,
    stopping: false,
    pass: null,
    timerAt: NOW + 288_000,
    scheduleAt: null,
    requestedSince: null,
    dueSince: null,
    lastRead: LAST - 200,
    lastList: LAST - 100,
    lastGoodPass: LAST,
    lastPass: { at: LAST, outcome: 'in_sync', error: null },
    paused: null,
    internalErrors: 0,
    watcher: { by: 'events', reason: null, checkedAt: NOW - 4000, missedChanges: 0 },
    ...fields,
  };
  const limits = { passTimeoutMs: 900_000, freshForMs: 900_000, rescanMs: 30_000 };
  return toHealth(vitals, limits, '0.1.0', { elapsedMs: NOW, timeOf, budget: [] });
}

/** Returns the report of a pass that ended at `at`, in milliseconds since the start. */
export function report(fields: Partial<PassFacts> = {}, at = LAST): Report {
  return toReport(
    builders.facts({
      run_id: `5f0c4a3e-0000-4000-8000-${String(at).padStart(12, '0')}`,
      trigger: 'interval',
      account_id: '023e105f4ecef8ad9ca31a8372d0c353',
      source: { path: '/git/current/services', revision: COMMIT, files: 7 },
      started_at: timeOf(at - (fields.duration_ms ?? 320)),
      finished_at: timeOf(at),
      duration_ms: 320,
      ...fields,
    }),
  );
}

const sixInSync = [1, 2, 3, 4, 5, 6].map((number) => service({ service_id: id(number), name: `orders-${number}` }));
const sixFindings = findings({ declared: sixInSync, live: sixInSync });
const inSyncReport = report({ findings: sixFindings });

type Past = { readonly outcome: PassOutcome; readonly trigger?: Trigger; readonly ms?: number };

/** Returns one pass every five minutes, the last of which is `last`. */
export function passes(last: Report, past: readonly Past[]): readonly PassSummary[] {
  const before = past.map(({ outcome, trigger = 'interval', ms = 320 }, index): PassSummary => {
    const at = LAST - (past.length - index) * 300_000;
    return { ...report({ trigger, duration_ms: ms }, at), outcome };
  });
  return [...before, last];
}

const usualPasses: readonly Past[] = [
  { outcome: 'converged', trigger: 'startup', ms: 1900 },
  { outcome: 'in_sync' },
  { outcome: 'in_sync', ms: 280 },
  { outcome: 'converged', trigger: 'change', ms: 840 },
  { outcome: 'in_sync', ms: 350 },
  { outcome: 'in_sync', ms: 310 },
  { outcome: 'in_sync', ms: 300 },
];

export function pageData(latest: Report, fields: Partial<PageData> = {}): PageData {
  return {
    health: health(),
    latest,
    lastGood: latest,
    inSync: [],
    passes: passes(latest, usualPasses),
    acceptsToken: false,
    ...fields,
  };
}

export const inSync = pageData(inSyncReport, { inSync: inSyncServices(sixFindings) });

export const neverDeclared = pageData(report({ findings: [] }));

const updated: Outcome = { result: 'updated', attempts: 1 };
const declaredOrders = {
  name: 'orders-1',
  tcp_port: 5433,
  host: {
    hostname: 'orders.internal',
    resolver_network: { tunnel_id: tunnel, resolver_ips: ['10.0.0.53', '10.0.0.54', '10.0.0.56'] },
  },
};
const liveOrders = {
  name: 'orders-1',
  host: {
    hostname: 'orders-old.internal',
    resolver_network: { tunnel_id: tunnel, resolver_ips: ['10.0.0.53', '10.0.0.55', '10.0.0.54'] },
  },
};
const others = sixInSync.slice(1);
const drift = findings({ declared: [declaredOrders, ...others], live: [liveOrders, ...others] });

export const converged = pageData(
  report({ trigger: 'change', findings: drift, outcomes: new Map([[id(1), updated]]) }),
  { inSync: inSyncServices(drift) },
);

/** Another writer changes one service back that was just updated, and another one that is in sync now. */
export const contested = pageData(
  report({ findings: drift, outcomes: new Map([[id(1), updated]]), contests: builders.contests(id(1), id(2)) }),
  { inSync: inSyncServices(drift).slice(1) },
);

export const drifted = pageData(report({ mode: 'detect', findings: drift }), {
  inSync: inSyncServices(drift),
  health: health({
    watcher: {
      by: 'rescans',
      reason: 'the kernel has no more watches (ENOSPC)',
      checkedAt: NOW - 4000,
      missedChanges: 2,
    },
  }),
});

/** Services with every kind of problem, next to updated and unmanaged ones. */
export function everything(): PageData {
  const files = [
    [1, declaredOrders],
    [2, { name: 'billing', tcp_port: 1 }],
    [3, { name: 'reports', tcp_port: 3307 }],
    [4, { name: 'search', tcp_port: 9200 }],
    [5, { name: 'gone' }],
    [6, { name: 'telemetry', tcp_port: 0 }],
  ] as const;
  const parsed = files.map(([number, fields]) =>
    parseFile(`services/${fields.name}.yaml`, JSON.stringify(service({ ...fields, service_id: id(number) }), null, 2)),
  );
  const declared = collect([...parsed, parseFile('services/notes.yaml', 'just text')]);
  const found = compare(declared, [
    live(liveOrders),
    ...[2, 3, 4, 6].map((number) => live({ service_id: id(number), name: files[number - 1]?.[1].name ?? '' })),
    live({ service_id: id(9), name: 'gone' }),
    live({ service_id: id(8), name: 'left-over' }),
  ]);
  const refused = {
    ...failure('rejected', 'tcp_port 1 is not allowed'),
    status: 400,
    code: 5101,
    pointer: '/tcp_port',
    documentation_url: 'https://developers.cloudflare.com/workers-vpc/',
    ray: '8d1f0c2b3a4e5f60-FRA',
  };
  const outcomes = new Map<string, Outcome>([
    [id(1), updated],
    [id(2), { result: 'failed', attempts: 3, failure: refused }],
    [
      id(3),
      {
        result: 'unsettled',
        attempts: 1,
        service_id: id(3),
        paths: ['tcp_port'],
        stored: new Map([['tcp_port', 3306]]),
        unknown: new Map(),
      },
    ],
    [id(4), { result: 'withheld', attempts: 0, reason: 'the credential was refused before its turn' }],
  ]);
  return pageData(report({ trigger: 'change', findings: found, problems: declared.problems, outcomes }));
}

export const partial = everything();

const unreachable = { ...failure('transient', 'GET /services: no response within 30s (4 requests)'), status: 503 };
const failed = report({ findings: [], declared: 6, error: unreachable, duration_ms: 30_400 });
const good = everything().latest;
const failedPasses = passes(failed, [
  ...usualPasses,
  { outcome: 'failed', ms: 30_100 },
  { outcome: 'failed', ms: 30_200 },
]);

/** The API does not respond, and the last good pass found services that need attention. */
export const failing: PageData = {
  ...everything(),
  health: health({ dueSince: NOW - 700_000, lastGoodPass: LAST - 900_000, lastList: LAST - 900_000 }),
  latest: failed,
  lastGood: good && { ...good, finished_at: timeOf(LAST - 900_000), run_id: 'before' },
  passes: failedPasses,
};

const refused = report({
  trigger: 'startup',
  findings: [],
  declared: 6,
  error: { ...failure('denied', 'Authentication error'), status: 403, code: 10_000 },
});

export const denied: PageData = {
  inSync: [],
  acceptsToken: false,
  health: health({ dueSince: NOW - 12_000, lastGoodPass: null, lastList: null, lastPass: null }),
  latest: refused,
  lastGood: null,
  passes: [refused],
};

export const interrupted = pageData(report({ findings: [], error: failure('interrupted', 'told to stop') }), {
  lastGood: null,
});

const nothingYet = {
  lastRead: null,
  lastList: null,
  lastGoodPass: null,
  lastPass: null,
  timerAt: null,
  watcher: { by: 'starting', reason: null, checkedAt: null, missedChanges: 0 },
} as const;

export const starting: PageData = {
  inSync: [],
  acceptsToken: false,
  health: health({ ...nothingYet, dueSince: 0, pass: { trigger: 'startup', since: NOW - 4000 } }),
  latest: null,
  lastGood: null,
  passes: [],
};

export const stuck: PageData = {
  ...pageData(report({ findings: findings({ declared: sixInSync, live: sixInSync }) }, NOW - 1_500_000)),
  health: health({ timerAt: null, dueSince: NOW - 1_200_000, pass: { trigger: 'interval', since: NOW - 1_200_000 } }),
};

/** The last pass was good, but the next one is overdue. */
export const stale: PageData = {
  ...inSync,
  health: health({ dueSince: NOW - 960_000, pass: { trigger: 'change', since: NOW - 600_000 } }),
};

/** A person paused all writes while a service drifts. */
const suspension = { since: timeOf(NOW - 600_000), until: timeOf(NOW + 6_600_000), reason: 'vendor migration' };
export const paused: PageData = pageData(report({ findings: drift, paused: suspension }), {
  health: health({ paused: suspension }),
  inSync: inSyncServices(drift),
  acceptsToken: true,
});

/** The largest possible account, in sync, after a hundred passes. */
export function quiet(number = 1000): PageData {
  const all = Array.from({ length: number }, (_, index) => ({
    service_id: id(index + 1),
    name: `service-${index + 1}`,
  }));
  const found = findings({ declared: all, live: all });
  const latest = report({ findings: found });
  return pageData(latest, {
    inSync: inSyncServices(found),
    passes: passes(
      latest,
      Array.from({ length: 99 }, (): Past => ({ outcome: 'in_sync' })),
    ),
    acceptsToken: true,
  });
}

/** An account in which other people keep services, after a hundred passes. */
export function unmanaged(number: number): PageData {
  const others = Array.from({ length: number }, (_, index) => ({
    ...service({ service_id: id(index + 101), name: `service-of-others-${index + 1}` }),
  }));
  const latest = report({ findings: findings({ declared: sixInSync, live: [...sixInSync, ...others] }) });
  return { ...quiet(6), latest, lastGood: latest };
}

/** The largest possible account, with drift in every service. */
export function many(number = 1000): PageData {
  const numbers = Array.from({ length: number }, (_, index) => index + 1);
  const all = numbers.map((number) => ({ service_id: id(number), name: `service-${number}` }));
  const latest = report({
    mode: 'detect',
    findings: findings({ declared: all.map((fields) => ({ ...fields, tcp_port: 6000 })), live: all }),
  });
  return pageData(latest, { passes: passes(latest, ninetyNinePasses) });
}

const OUTCOMES = ['in_sync', 'converged', 'pending', 'partial', 'failed', 'denied', 'interrupted'] as const;

/** Passes with every outcome. */
const ninetyNinePasses = Array.from({ length: 99 }, (_, index): Past => {
  const outcome = index % 5 === 0 ? OUTCOMES[(index / 5) % OUTCOMES.length] : 'in_sync';
  return { outcome: outcome ?? 'in_sync', ms: 300 + ((index * 37) % 101) * (index % 5 === 0 ? 12 : 1) };
});

/** Names and messages that try to be more than text. */
export const hostileTexts = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '&lt;b&gt;',
  'a\u0007b\u202Egnp.exe\u200B',
  '\u05D0\u05D1\u05D2 name',
  'x'.repeat(255),
] as const;

export function hostile(): PageData {
  const names: readonly JsonObject[] = hostileTexts.map((name, index) => ({
    ...http,
    service_id: id(index + 1),
    name,
    host: { ipv4: '10.0.0.12', network: { tunnel_id: tunnel } },
  }));
  const found = findings({ live: names });
  const base = everything().latest;
  if (base === null) throw new Error('there is a report');
  const [text] = hostileTexts;
  const services = base.services.map((service, index) => ({
    ...service,
    name: hostileTexts[index % hostileTexts.length] ?? '',
    file: service.file === null ? null : `${hostileTexts[(index + 1) % hostileTexts.length]}.yaml`,
    reason: service.reason === null ? null : hostileTexts.join(' '),
    hint: service.hint === null ? null : hostileTexts.join(' '),
    error: service.error && { ...service.error, documentation_url: 'javascript:alert(1)', pointer: text, ray: text },
    changes: service.changes.map((change) => ({ ...change, live: text, declared: [text, hostileTexts[1]] })),
  }));
  const latest: Report = {
    ...base,
    account_id: text,
    source: { path: hostileTexts.join('/'), revision: '"><script>alert(1)</script>', files: 7 },
    services: [...services, ...report({ findings: found }).services],
    problems: base.problems.map((problem) => ({
      ...problem,
      file: text,
      path: hostileTexts[1],
      message: hostileTexts.join(' '),
    })),
  };
  return pageData(latest, {
    health: health({ watcher: { by: 'rescans', reason: hostileTexts.join(' '), checkedAt: null, missedChanges: 1 } }),
  });
}
