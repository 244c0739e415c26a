import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { emptyMemory } from '../../../src/core/plan/memory.ts';
import type { Outcome } from '../../../src/core/plan/outcome.ts';
import { emptyPlan, plan } from '../../../src/core/plan/plan.ts';
import { remember } from '../../../src/core/plan/remember.ts';
import { describeCounts } from '../../../src/core/report/counts.ts';
import { summarize, toReport } from '../../../src/core/report/report.ts';
import type { PassFacts } from '../../../src/core/report/report.ts';
import { contests, facts, findings, http, id, live, planOptions, service, tcp } from '../builders.ts';

const updated: Outcome = { result: 'updated', attempts: 1 };
const unsettled: Outcome = {
  result: 'unsettled',
  attempts: 2,
  service_id: id(1),
  paths: ['tcp_port', 'name'],
  stored: new Map(),
  unknown: new Map(),
};
const rejected = { ...failure('rejected', "Service name 'db' already exists"), status: 400, code: 5101, ray: '8f-TXL' };
const failed: Outcome = { result: 'failed', attempts: 1, failure: rejected };
const withheld: Outcome = { result: 'withheld', attempts: 0, reason: 'not started: stopped' };

const drift = findings({ declared: [{ tcp_port: 1 }], live: [service({ weight: 3 })] });
const inSync = findings({ declared: [{}], live: [{}] });
const bad = parseFile('bad.json', JSON.stringify({ ...tcp, tcp_port: 0 }));
const invalid = compare(collect([bad]), [live()]);

const serviceReport = (outcome: Outcome | undefined, more: Partial<PassFacts> = {}) =>
  toReport(facts({ findings: drift, outcomes: new Map(outcome === undefined ? [] : [[id(1), outcome]]), ...more }))
    .services[0];

test('a report contains the facts of its pass', () => {
  const {
    services: _,
    counts: __,
    ...report
  } = toReport(
    facts({ findings: inSync, problems: bad.problems, source: { path: 'services', revision: 'abc', files: 2 } }),
  );
  expect(report).toEqual({
    schema_version: 2,
    run_id: '5f0c4a3e-0000-4000-8000-000000000000',
    trigger: 'command',
    mode: 'apply',
    account_id: 'account',
    source: { path: 'services', revision: 'abc', files: 2 },
    started_at: '2026-11-22T10:00:00.000Z',
    finished_at: '2026-11-22T10:00:01.000Z',
    duration_ms: 1000,
    outcome: 'partial',
    paused: null,
    superseded: false,
    unconfirmed: [],
    next_expiry: null,
    api: { requests: 1, retries: 0, throttled_ms: 0 },
    problems: [
      {
        file: 'bad.json',
        line: 1,
        column: 90,
        path: 'tcp_port',
        message: 'expected a port, a whole number from 1 to 65535, found 0',
      },
    ],
    error: null,
  });
});

const reportWith = (outcome: Outcome) => toReport(facts({ findings: drift, outcomes: new Map([[id(1), outcome]]) }));

test('a report of a list that lags behind updates is converged, and says how many services it concerns', () => {
  const report = toReport(facts({ findings: inSync, declared: 1, unconfirmed: [id(1)] }));
  expect(report).toMatchObject({ outcome: 'converged', unconfirmed: [id(1)] });
  expect(describeCounts(report)).toBe('1 in sync, 1 of them not listed as updated yet');
});

test('a report says whether updates were superseded, which is not the case for those that were withheld for other reasons', () => {
  const withheld: Outcome = { result: 'withheld', attempts: 1, reason: 'superseded: the folder has changed' };
  expect(reportWith({ ...withheld, superseded: true })).toMatchObject({
    outcome: 'partial',
    superseded: true,
    services: [{ result: 'withheld', attempts: 1, reason: withheld.reason }],
  });
  expect(reportWith(withheld).superseded).toBe(false);
});

test('a report has its fields in reading order, the long lists last', () => {
  expect(Object.keys(toReport(facts()))).toEqual([
    'schema_version',
    'run_id',
    'trigger',
    'mode',
    'account_id',
    'source',
    'started_at',
    'finished_at',
    'duration_ms',
    'outcome',
    'paused',
    'superseded',
    'counts',
    'api',
    'unconfirmed',
    'next_expiry',
    'services',
    'problems',
    'error',
  ]);
  const every = toReport(
    facts({
      findings: [...drift, ...invalid, ...findings({ declared: [{}] }), ...findings({ live: [{}] })],
      outcomes: new Map([[id(1), failed]]),
    }),
  );
  expect(every.services.map(({ finding }) => finding)).toEqual(['drifted', 'invalid', 'missing', 'unmanaged']);
  const fields =
    'service_id name file line finding cause contested action changes ignored unknown_fields result reason hint attempts error'.split(
      ' ',
    );
  for (const each of every.services) {
    expect(Object.keys(each)).toEqual(fields);
  }
});

describe('the report of a service', () => {
  const nothing = {
    cause: null,
    contested: null,
    action: null,
    changes: [],
    ignored: [],
    unknown_fields: [],
    result: null,
    reason: null,
    hint: null,
    attempts: 0,
    error: null,
  };

  test('is omitted if it is in sync', () => {
    expect(toReport(facts({ findings: inSync })).services).toEqual([]);
  });

  test('contains the place of its declaration and the hint if it is missing', () => {
    const missing = findings({ declared: [{}], live: [{ service_id: id(7) }] });
    expect(toReport(facts({ findings: missing })).services[0]).toEqual({
      ...nothing,
      service_id: id(1),
      name: 'db',
      file: 'db.json',
      line: 1,
      finding: 'missing',
      hint: `an unmanaged service has the same name: ${id(7)}; if it replaces this service, run: vpc-reconciler accept --ids ${id(7)}`,
    });
  });

  test('contains where it was declared if its declaration has disappeared', () => {
    const undeclared = new Map([[id(1), { name: 'db', file: 'services/db.yaml' }]]);
    expect(toReport(facts({ findings: findings({ live: [{}] }), undeclared })).services).toMatchObject([
      { service_id: id(1), finding: 'unmanaged', cause: 'declaration', file: 'services/db.yaml', line: null },
    ]);
  });

  test('contains its name if it is unmanaged', () => {
    expect(toReport(facts({ findings: findings({ live: [{}] }) })).services).toEqual([
      { ...nothing, service_id: id(1), name: 'db', file: null, line: null, finding: 'unmanaged' },
    ]);
  });

  test('contains the reason and a hint if the API lists it in a form that cannot be used', () => {
    const reason = 'item 1 of the list of services: expected the text "service_id", found 7';
    const found = compare(collect([]), [{ service_id: null, name: 'db', value: null, reason }]);
    expect(toReport(facts({ findings: found }))).toMatchObject({ outcome: 'partial', counts: { live: 0, invalid: 1 } });
    expect(toReport(facts({ findings: found })).services).toEqual([
      {
        ...nothing,
        service_id: null,
        name: 'db',
        file: null,
        line: null,
        finding: 'invalid',
        reason,
        hint: 'the API lists it in a form that cannot be used; it is left alone',
      },
    ]);
  });

  test('contains the reason if its declaration is skipped', () => {
    expect(toReport(facts({ findings: invalid })).services).toEqual([
      {
        ...nothing,
        service_id: id(1),
        name: 'db',
        file: 'bad.json',
        line: 1,
        finding: 'invalid',
        reason: 'bad.json:1 tcp_port: expected a port, a whole number from 1 to 65535, found 0',
      },
    ]);
  });

  test.for([
    ['the live', [live({ name: 'alive' })], 'alive'],
    ['no', [], null],
  ] as const)('contains %s name if its file is broken', ([, liveServices, name]) => {
    const broken = collect([parseFile('a.yaml', `service_id: ${id(1)}\n]`)]);
    expect(toReport(facts({ findings: compare(broken, liveServices) })).services).toMatchObject([
      { service_id: id(1), name, finding: 'invalid' },
    ]);
  });

  test('contains the place of a problem without a service_id', () => {
    expect(toReport(facts({ findings: compare(collect([parseFile('a.yaml', 'text')]), []) })).services).toMatchObject([
      { service_id: null, name: null, file: 'a.yaml', line: 1, finding: 'invalid' },
    ]);
  });

  const drifted = {
    ...nothing,
    service_id: id(1),
    name: 'db',
    file: 'db.json',
    line: 1,
    finding: 'drifted',
    action: 'update',
    changes: [{ path: 'tcp_port', live: 5432, declared: 1 }],
    unknown_fields: ['weight'],
  };

  test.for<{ what: string; outcome: Outcome | undefined; expected: object }>([
    { what: 'to be updated', outcome: undefined, expected: {} },
    { what: 'updated', outcome: updated, expected: { result: 'updated', attempts: 1 } },
    {
      what: 'unsettled',
      outcome: unsettled,
      expected: {
        result: 'unsettled',
        attempts: 2,
        reason: 'the API stored different values: tcp_port is unset, declared 1; name is unset, declared db',
      },
    },
    {
      what: 'failed',
      outcome: failed,
      expected: { result: 'failed', attempts: 1, reason: "Service name 'db' already exists", error: rejected },
    },
    { what: 'not started', outcome: withheld, expected: { result: 'withheld', reason: 'not started: stopped' } },
  ])('contains the result of a drifted service that is $what', ({ outcome, expected }) => {
    expect(serviceReport(outcome)).toEqual({ ...drifted, ...expected });
  });

  test('contains the reason if it is withheld, and its unknown fields', () => {
    expect(serviceReport(undefined, { plan: plan(drift, planOptions({ unknownFields: 'withhold' })) })).toEqual({
      ...drifted,
      action: null,
      result: 'withheld',
      reason:
        'the live service has fields that this version does not know: weight; set unknown_fields to preserve or drop',
    });
  });

  test('contains no action if the pass ended before there was a plan', () => {
    expect(serviceReport(undefined, { plan: emptyPlan, error: failure('internal', 'a bug') })).toEqual({
      ...drifted,
      action: null,
    });
  });

  test('contains the unknown fields that an update removes, before and after it', () => {
    const dropping = plan(drift, { ...planOptions(), unknownFields: 'drop' });
    const reason = 'removes unknown fields of the live service: weight';
    expect(serviceReport(undefined, { plan: dropping })).toMatchObject({
      unknown_fields: ['weight'],
      reason,
      result: null,
    });
    expect(serviceReport(updated, { plan: dropping })).toMatchObject({
      unknown_fields: ['weight'],
      reason,
      result: 'updated',
    });
  });

  test('contains how often another writer has changed it back, even while it is in sync or absent', () => {
    const tombstone = { service_id: id(3), reconcile: { ensure: 'absent' } };
    const both = compare(
      collect([parseFile('db.json', JSON.stringify(tcp)), parseFile('gone.json', JSON.stringify(tombstone))]),
      [live()],
    );
    const { services, counts, outcome } = toReport(facts({ findings: both, contests: contests(id(1), id(3)) }));
    const contested = { times: 3, since: '2026-11-22T09:00:00.000Z' };
    expect(services).toMatchObject([
      { service_id: id(1), name: 'db', finding: 'in_sync', file: 'db.json', contested, ignored: [], result: null },
      { service_id: id(3), finding: 'in_sync', file: 'gone.json', contested, result: null },
    ]);
    expect(counts).toMatchObject({ in_sync: 2, contested: 2, ignored: 0 });
    expect(outcome).toBe('in_sync');
    expect(toReport(facts({ findings: drift, contests: contests(id(2)) })).services).toMatchObject([
      { contested: null },
    ]);
  });

  test('contains the cause of its drift, from the memory of earlier passes', () => {
    expect(
      serviceReport(updated, {
        memory: remember({ findings: inSync, outcomes: new Map(), memory: emptyMemory, now: 0 }),
      })?.cause,
    ).toBe('declaration');
  });
});

describe('the outcome of a pass is', () => {
  const missing = findings({ declared: [{}] });
  const unmanaged = findings({ live: [{}] });
  test.for<{ outcome: string; when: string; given: Partial<PassFacts> }>([
    { outcome: 'in_sync', when: 'there are no differences', given: { findings: inSync } },
    { outcome: 'in_sync', when: 'there are no services', given: {} },
    { outcome: 'in_sync', when: 'a service is unmanaged', given: { findings: unmanaged } },
    {
      outcome: 'converged',
      when: 'all differences were updated',
      given: { findings: drift, outcomes: new Map([[id(1), updated]]) },
    },
    { outcome: 'pending', when: 'a service is to be updated', given: { findings: drift, mode: 'plan' } },
    { outcome: 'partial', when: 'an update failed', given: { findings: drift, outcomes: new Map([[id(1), failed]]) } },
    {
      outcome: 'partial',
      when: 'an update is unsettled',
      given: { findings: drift, outcomes: new Map([[id(1), unsettled]]) },
    },
    {
      outcome: 'partial',
      when: 'an update was not started',
      given: { findings: drift, outcomes: new Map([[id(1), withheld]]) },
    },
    {
      outcome: 'partial',
      when: 'an update is withheld',
      given: { findings: drift, plan: plan(drift, planOptions({ unknownFields: 'withhold' })) },
    },
    { outcome: 'partial', when: 'a service is missing', given: { findings: missing } },
    { outcome: 'partial', when: 'a declaration is skipped', given: { findings: invalid } },
    { outcome: 'partial', when: 'there is a problem', given: { findings: inSync, problems: bad.problems } },
    { outcome: 'failed', when: 'the folder cannot be read', given: { error: failure('source', 'no such folder') } },
    { outcome: 'failed', when: 'the account cannot be listed', given: { error: failure('transient', 'timeout') } },
    { outcome: 'failed', when: 'a request was rejected', given: { error: failure('rejected', 'no') } },
    { outcome: 'failed', when: 'there is a bug', given: { error: failure('internal', 'a bug') } },
    {
      outcome: 'denied',
      when: 'the API refused the credential',
      given: { findings: drift, error: failure('denied', 'Forbidden') },
    },
    {
      outcome: 'interrupted',
      when: 'it was stopped',
      given: { findings: drift, error: failure('interrupted', 'stopped') },
    },
  ])('$outcome when $when', ({ outcome, given }) => {
    expect(toReport(facts(given)).outcome).toBe(outcome);
  });
});

test('the counts agree with the lists', () => {
  const sides = {
    declared: [1, 2, 3, 4, 5].map((number) => service({ service_id: id(number), name: `s${number}`, tcp_port: 1 })),
    live: [1, 2, 3, 4, 8, 9].map((number) => service({ service_id: id(number), name: `s${number}`, tcp_port: number })),
  };
  const found = findings(sides);
  const { counts, services } = toReport(
    facts({
      findings: found,
      outcomes: new Map<string, Outcome>([
        [id(2), updated],
        [id(3), failed],
        [id(4), withheld],
      ]),
    }),
  );
  expect(counts).toEqual({
    declared: 5,
    live: 6,
    in_sync: 1,
    drifted: 3,
    missing: 1,
    unwanted: 0,
    unmanaged: 2,
    invalid: 0,
    created: 0,
    updated: 1,
    deleted: 0,
    failed: 1,
    unsettled: 0,
    withheld: 1,
    paused: 0,
    ignored: 0,
    contested: 0,
    to_create: 0,
    to_update: 0,
    to_delete: 0,
  });
  expect(services.map(({ service_id }) => service_id)).toEqual([id(2), id(3), id(4), id(5), id(8), id(9)]);
});

test('counts a service that is declared twice as two declarations and one live service', () => {
  const doubled = collect([parseFile('a.json', JSON.stringify(tcp)), parseFile('b.json', JSON.stringify(tcp))]);
  const gone = collect([parseFile('c.json', JSON.stringify({ ...http, name: '' }))]);
  const found = compare({ ...doubled, skipped: [...doubled.skipped, ...gone.skipped] }, [live()]);
  expect(toReport(facts({ findings: found })).counts).toMatchObject({ declared: 3, live: 1, invalid: 3, in_sync: 0 });
});

test('counts an unsettled service neither as updated nor as failed', () => {
  expect(toReport(facts({ findings: drift, outcomes: new Map([[id(1), unsettled]]) })).counts).toMatchObject({
    drifted: 1,
    updated: 0,
    failed: 0,
    unsettled: 1,
    withheld: 0,
  });
});

test('reports a value that the API stored for an undeclared field', () => {
  const outcome: Outcome = {
    result: 'unsettled',
    attempts: 1,
    service_id: id(1),
    paths: ['app_protocol'],
    stored: new Map([['app_protocol', 'mysql']]),
    unknown: new Map(),
  };
  expect(serviceReport(outcome)?.reason).toBe(
    'the API stored a different value: app_protocol is mysql, declared unset',
  );
});

test.for<{ paths: string[]; lost: string[]; reason: string }>([
  {
    paths: [],
    lost: ['labels', 'owner'],
    reason: 'the API removed unknown fields that the update contained: labels, owner',
  },
  {
    paths: ['app_protocol'],
    lost: ['labels'],
    reason:
      'the API stored a different value: app_protocol is mysql, declared unset; the API removed unknown fields that the update contained: labels',
  },
])('reports the unknown fields $lost that the API removed, next to $paths', ({ paths, lost, reason }) => {
  const stored = new Map([['app_protocol', 'mysql']]);
  const outcome = {
    result: 'unsettled',
    attempts: 1,
    service_id: id(1),
    paths,
    stored,
    unknown: new Map(),
    lost,
  } as const;
  expect(serviceReport(outcome)?.reason).toBe(reason);
});

test('a summary is the report without its lists', () => {
  const report = toReport(facts({ findings: drift, outcomes: new Map([[id(1), updated]]) }));
  const {
    schema_version: _,
    account_id: __,
    source: ___,
    unconfirmed: _______,
    next_expiry: ________,
    services: ____,
    problems: _____,
    error: ______,
    ...summary
  } = report;
  expect(summarize(report)).toEqual(summary);
});
