import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { emptyMemory } from '../../../src/core/plan/memory.ts';
import type { Outcome } from '../../../src/core/plan/outcome.ts';
import { emptyPlan, plan } from '../../../src/core/plan/plan.ts';
import { remember } from '../../../src/core/plan/remember.ts';
import { toReport } from '../../../src/core/report/report.ts';
import type { PassFacts } from '../../../src/core/report/report.ts';
import { facts, findings, http, id, live, planOptions, service, tcp } from '../builders.ts';

const updated: Outcome = { result: 'updated', attempts: 1 };
const unsettled: Outcome = { result: 'unsettled', attempts: 2, paths: ['tcp_port', 'name'], stored: new Map() };
const rejected = { ...failure('rejected', "Service name 'db' already exists"), status: 400, code: 5101, ray: '8f-TXL' };
const failed: Outcome = { result: 'failed', attempts: 1, failure: rejected };
const withheld: Outcome = { result: 'withheld', attempts: 0, reason: 'not begun: told to stop' };

const drift = findings({ declared: [{ tcp_port: 1 }], live: [service({ weight: 3 })] });
const inSync = findings({ declared: [{}], live: [{}] });
const bad = parseFile('bad.json', JSON.stringify({ ...tcp, tcp_port: 0 }));
const invalid = compare(collect([bad]), [live()]);

const fate = (outcome: Outcome | undefined, more: Partial<PassFacts> = {}) =>
  toReport(facts({ findings: drift, outcomes: new Map(outcome === undefined ? [] : [[id(1), outcome]]), ...more }))
    .services[0];

test('a report tells the facts of its pass as they are', () => {
  const {
    services: _,
    counts: __,
    ...report
  } = toReport(
    facts({ findings: inSync, problems: bad.problems, source: { path: 'services', revision: 'abc', files: 2 } }),
  );
  expect(report).toEqual({
    schema_version: 1,
    run_id: '5f0c4a3e-0000-4000-8000-000000000000',
    trigger: 'command',
    mode: 'apply',
    account_id: 'account',
    source: { path: 'services', revision: 'abc', files: 2 },
    started_at: '2026-11-22T10:00:00.000Z',
    finished_at: '2026-11-22T10:00:01.000Z',
    duration_ms: 1000,
    outcome: 'partial',
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

test('a report is written in the order in which it is read: what it is about first, the long lists last', () => {
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
    'counts',
    'api',
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
    'service_id name file line finding cause action changes unknown_fields result reason hint attempts error'.split(
      ' ',
    );
  for (const each of every.services) {
    expect(Object.keys(each)).toEqual(fields);
  }
});

describe('of a service, a report tells', () => {
  const nothing = {
    cause: null,
    action: null,
    changes: [],
    unknown_fields: [],
    result: null,
    reason: null,
    hint: null,
    attempts: 0,
    error: null,
  };

  test('nothing when it is in sync', () => {
    expect(toReport(facts({ findings: inSync })).services).toEqual([]);
  });

  test('where it is declared when it is missing, with the hint', () => {
    const missing = findings({ declared: [{}], live: [{ service_id: id(7) }] });
    expect(toReport(facts({ findings: missing })).services[0]).toEqual({
      ...nothing,
      service_id: id(1),
      name: 'db',
      file: 'db.json',
      line: 1,
      finding: 'missing',
      hint: `an unmanaged service has the same name: ${id(7)}; was the service recreated?`,
    });
  });

  test('its name when it is unmanaged', () => {
    expect(toReport(facts({ findings: findings({ live: [{}] }) })).services).toEqual([
      { ...nothing, service_id: id(1), name: 'db', file: null, line: null, finding: 'unmanaged' },
    ]);
  });

  test('the reason when its declaration is set aside', () => {
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
    ['the live one', [live({ name: 'alive' })], 'alive'],
    ['none', [], null],
  ] as const)('of a broken file, %s as the name', ([, liveServices, name]) => {
    const broken = collect([parseFile('a.yaml', `service_id: ${id(1)}\n]`)]);
    expect(toReport(facts({ findings: compare(broken, liveServices) })).services).toMatchObject([
      { service_id: id(1), name, finding: 'invalid' },
    ]);
  });

  test('what is wrong when nobody can say which service it is', () => {
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

  test.for<{ what: string; outcome: Outcome | undefined; told: object }>([
    { what: 'to be updated', outcome: undefined, told: {} },
    { what: 'updated', outcome: updated, told: { result: 'updated', attempts: 1 } },
    {
      what: 'not settled',
      outcome: unsettled,
      told: {
        result: 'unsettled',
        attempts: 2,
        reason: 'the API stored different values: tcp_port is unset, declared 1; name is unset, declared db',
      },
    },
    {
      what: 'failed',
      outcome: failed,
      told: { result: 'failed', attempts: 1, reason: "Service name 'db' already exists", error: rejected },
    },
    { what: 'not begun', outcome: withheld, told: { result: 'withheld', reason: 'not begun: told to stop' } },
  ])('what became of it when it drifted: $what', ({ outcome, told }) => {
    expect(fate(outcome)).toEqual({ ...drifted, ...told });
  });

  test('why it is withheld, and what it has that we do not know', () => {
    expect(fate(undefined, { plan: plan(drift, planOptions({ unknownFields: 'withhold' })) })).toEqual({
      ...drifted,
      action: null,
      result: 'withheld',
      reason:
        'the live service has fields that this version does not know: weight; set unknown_fields to preserve or drop',
    });
  });

  test('no action when the pass ended before there was a plan', () => {
    expect(fate(undefined, { plan: emptyPlan, error: failure('internal', 'a bug') })).toEqual({
      ...drifted,
      action: null,
    });
  });

  test('what an update gives up where the setting says so, before and after', () => {
    const dropping = plan(drift, { ...planOptions(), unknownFields: 'drop' });
    const reason = 'removes unknown fields of the live service: weight';
    expect(fate(undefined, { plan: dropping })).toMatchObject({ unknown_fields: ['weight'], reason, result: null });
    expect(fate(updated, { plan: dropping })).toMatchObject({ unknown_fields: ['weight'], reason, result: 'updated' });
  });

  test('the cause of its drift, from what was seen before', () => {
    expect(
      fate(updated, { memory: remember({ findings: inSync, outcomes: new Map(), memory: emptyMemory, now: 0 }) })
        ?.cause,
    ).toBe('declaration');
  });
});

describe('the outcome of a pass is', () => {
  const missing = findings({ declared: [{}] });
  const unmanaged = findings({ live: [{}] });
  test.for<{ outcome: string; when: string; given: Partial<PassFacts> }>([
    { outcome: 'in_sync', when: 'nothing differs', given: { findings: inSync } },
    { outcome: 'in_sync', when: 'there is nothing', given: {} },
    { outcome: 'in_sync', when: 'something is unmanaged', given: { findings: unmanaged } },
    {
      outcome: 'converged',
      when: 'what differed was updated',
      given: { findings: drift, outcomes: new Map([[id(1), updated]]) },
    },
    { outcome: 'pending', when: 'something is to be updated', given: { findings: drift, mode: 'plan' } },
    { outcome: 'partial', when: 'an update failed', given: { findings: drift, outcomes: new Map([[id(1), failed]]) } },
    {
      outcome: 'partial',
      when: 'an update did not settle',
      given: { findings: drift, outcomes: new Map([[id(1), unsettled]]) },
    },
    {
      outcome: 'partial',
      when: 'an update was not begun',
      given: { findings: drift, outcomes: new Map([[id(1), withheld]]) },
    },
    {
      outcome: 'partial',
      when: 'an update is withheld',
      given: { findings: drift, plan: plan(drift, planOptions({ unknownFields: 'withhold' })) },
    },
    { outcome: 'partial', when: 'a service is missing', given: { findings: missing } },
    { outcome: 'partial', when: 'a declaration is set aside', given: { findings: invalid } },
    { outcome: 'partial', when: 'there is a problem', given: { findings: inSync, problems: bad.problems } },
    { outcome: 'failed', when: 'the folder cannot be read', given: { error: failure('source', 'no such folder') } },
    { outcome: 'failed', when: 'the list failed', given: { error: failure('transient', 'timeout') } },
    { outcome: 'failed', when: 'a request was rejected', given: { error: failure('rejected', 'no') } },
    { outcome: 'failed', when: 'there is a bug', given: { error: failure('internal', 'a bug') } },
    { outcome: 'denied', when: 'the API refused', given: { findings: drift, error: failure('denied', 'Forbidden') } },
    {
      outcome: 'interrupted',
      when: 'it was told to stop',
      given: { findings: drift, error: failure('interrupted', 'told to stop') },
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
    unmanaged: 2,
    invalid: 0,
    updated: 1,
    failed: 1,
    unsettled: 0,
    withheld: 1,
  });
  expect(services.map(({ service_id }) => service_id)).toEqual([id(2), id(3), id(4), id(5), id(8), id(9)]);
});

test('a live service with two declarations is counted as two declarations and one live service', () => {
  const doubled = collect([parseFile('a.json', JSON.stringify(tcp)), parseFile('b.json', JSON.stringify(tcp))]);
  const gone = collect([parseFile('c.json', JSON.stringify({ ...http, name: '' }))]);
  const found = compare({ ...doubled, skipped: [...doubled.skipped, ...gone.skipped] }, [live()]);
  expect(toReport(facts({ findings: found })).counts).toMatchObject({ declared: 3, live: 1, invalid: 3, in_sync: 0 });
});

test('an unsettled service is counted apart, neither as updated nor as failed', () => {
  expect(toReport(facts({ findings: drift, outcomes: new Map([[id(1), unsettled]]) })).counts).toMatchObject({
    drifted: 1,
    updated: 0,
    failed: 0,
    unsettled: 1,
    withheld: 0,
  });
});

test('what the API keeps where nothing is declared is told, too', () => {
  const outcome: Outcome = {
    result: 'unsettled',
    attempts: 1,
    paths: ['app_protocol'],
    stored: new Map([['app_protocol', 'mysql']]),
  };
  expect(fate(outcome)?.reason).toBe('the API stored a different value: app_protocol is mysql, declared unset');
});
