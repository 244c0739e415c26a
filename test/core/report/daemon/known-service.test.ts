import { expect, test } from 'vitest';
import { failure } from '../../../../src/core/base/failure.ts';
import { compare } from '../../../../src/core/compare/compare.ts';
import type { Finding } from '../../../../src/core/compare/compare.ts';
import { collect } from '../../../../src/core/load/collect.ts';
import { parseFile } from '../../../../src/core/load/parse-file.ts';
import { plan } from '../../../../src/core/plan/plan.ts';
import type { Outcome } from '../../../../src/core/plan/outcome.ts';
import { findService, updateStates } from '../../../../src/core/report/daemon/known-service.ts';
import type { KnownAccount } from '../../../../src/core/report/daemon/known-service.ts';
import { toReport } from '../../../../src/core/report/report.ts';
import { contests, facts, findings, id, live, planOptions, tcp } from '../../builders.ts';

const at = (second: number) => `2026-11-22T10:00:0${second}.000Z`;

/** An account after a pass that ended at a second. */
function account(found: readonly Finding[], outcomes: readonly (readonly [string, Outcome])[] = []): KnownAccount {
  const source = { path: 'services', revision: 'a'.repeat(40), files: 1 };
  const report = toReport(facts({ findings: found, outcomes: new Map(outcomes), source }));
  return { findings: found, report, states: updateStates(null, found, report), latest: report };
}

const both = findings({
  declared: [{}, { service_id: id(2), name: 'web', tcp_port: 1 }],
  live: [{}, { service_id: id(2), name: 'web' }, { service_id: id(3), name: 'other' }],
});

test('a service in sync, which a report only counts', () => {
  const [inSync] = both;
  const { service } = findService(account(both), id(1));
  expect(service).toMatchObject({
    service_id: id(1),
    file: 'db.json',
    line: 1,
    finding: 'in_sync',
    state: 'in_sync',
    changes: [],
    since: at(1),
    or_earlier: true,
    checked_at: at(1),
    revision: 'a'.repeat(40),
    mode: 'apply',
    outdated: null,
    live: { tcp_port: 5432 },
    declared: { tcp_port: 5432 },
  });
  expect(inSync?.kind).toBe('in_sync');
});

test('a contested service that is in sync, among others', () => {
  const found = findings({
    declared: [{}, { service_id: id(2), name: 'web' }, { service_id: id(3), name: 'other' }],
    live: [{}, { service_id: id(2), name: 'web' }, { service_id: id(3), name: 'other' }],
  });
  const report = toReport(facts({ findings: found, contests: contests(id(2)) }));
  const known = { ...account(found), report, latest: report };
  const contested = { times: 3, since: '2026-11-22T09:00:00.000Z' };
  expect(findService(known, 'web').service).toMatchObject({ service_id: id(2), contested });
  expect(findService(known, 'db').service).toMatchObject({ service_id: id(1), contested: null });
  expect(findService(known, 'other').service).toMatchObject({ service_id: id(3), contested: null });
});

test('a service that differs, by its name, and by the beginning of its id', () => {
  const expected = {
    service_id: id(2),
    name: 'web',
    state: 'drifted',
    changes: [{ path: 'tcp_port', live: 5432, declared: 1 }],
    live: { tcp_port: 5432 },
    declared: { tcp_port: 1 },
  };
  expect(findService(account(both), 'web').service).toMatchObject(expected);
  expect(findService(account(both), id(2).toUpperCase()).service).toMatchObject(expected);
});

test('the problems of its file', () => {
  const known = account(both);
  const problem = { file: 'db.json', line: 1, column: 1, path: null, message: 'wrong' };
  const problems = [problem, { ...problem, file: 'other.yaml' }];
  expect(findService({ ...known, report: { ...known.report, problems } }, id(1)).service?.problems).toEqual([problem]);
});

test('a service that is not declared', () => {
  const { service } = findService(account(both), 'other');
  expect(service).toMatchObject({ state: 'unmanaged', file: null, declared: null, live: { tcp_port: 5432 } });
});

test('a service that is declared absent and gone, and one that is not live', () => {
  const text = 'name: old\nreconcile: { ensure: absent }\n';
  const gone = compare(collect([parseFile('old.yaml', text)]), []);
  expect(findService(account(gone), 'old').service).toMatchObject({
    state: 'in_sync',
    name: 'old',
    file: 'old.yaml',
    live: null,
    declared: null,
  });
  const missing = findings({ declared: [{}] });
  expect(findService(account(missing), id(1)).service).toMatchObject({ state: 'missing', live: null });
});

test('says why a text names no service, or several', () => {
  expect(findService(account(both), 'othr')).toEqual({
    service: null,
    error: 'expected the name or id of a service, found "othr"; did you mean "other"?',
  });
  expect(findService(account(both), id(1).slice(0, 8)).error).toContain('write more of the id');
  expect(findService(account(both), 'web,other').error).toBe(
    'expected the name or id of one service, found "web,other"',
  );
});

test('says why later passes could not check it', () => {
  const known = account(both);
  const later = { ...known.report, run_id: 'later', error: failure('transient', 'the API is down') };
  expect(findService({ ...known, latest: later }, 'web').service?.outdated).toBe('the API is down');
  const stopped = { ...known.report, run_id: 'later', outcome: 'interrupted' as const };
  expect(findService({ ...known, latest: stopped }, 'web').service?.outdated).toBe('interrupted');
});

test('answers even if the report and the findings do not belong together', () => {
  const known = account(both);
  const report = { ...known.report, services: [] };
  const { service } = findService({ ...known, report, states: new Map() }, 'other');
  expect(service).toMatchObject({ service_id: id(3), name: null, since: at(1), or_earlier: true });
});

test('a state lasts until it changes', () => {
  const pass = (found: readonly Finding[], second: number, outcomes: readonly (readonly [string, Outcome])[] = []) =>
    toReport(facts({ findings: found, outcomes: new Map(outcomes), finished_at: at(second) }));
  const drifted = findings({ declared: [{ tcp_port: 1 }], live: [{}] });
  const inSync = findings({ declared: [{}], live: [{}] });
  const first = updateStates(null, drifted, pass(drifted, 1));
  expect([...first.values()]).toEqual([{ state: 'drifted', since: at(1), orEarlier: true }]);
  const second = updateStates(first, drifted, pass(drifted, 2));
  expect([...second.values()]).toEqual([...first.values()]);
  const third = updateStates(second, drifted, pass(drifted, 3, [[id(1), { result: 'updated', attempts: 1 }]]));
  expect([...third.values()]).toEqual([{ state: 'in_sync', since: at(3), orEarlier: false }]);
  const fourth = updateStates(third, inSync, pass(inSync, 4));
  expect([...fourth.values()]).toEqual([...third.values()]);
});

test('a state that the first pass of a process has brought about began with it', () => {
  const drifted = findings({ declared: [{ tcp_port: 1 }], live: [{}] });
  const known = account(drifted, [[id(1), { result: 'updated', attempts: 1 }]]);
  expect(findService(known, id(1)).service).toMatchObject({ state: 'in_sync', since: at(1), or_earlier: false });
});

test('a service that was created keeps the time of its creation, although it has an id then', () => {
  const files = collect([parseFile('new.yaml', JSON.stringify({ ...tcp, service_id: undefined, name: 'new' }))]);
  const [missing, created] = [compare(files, []), compare(files, [live({ service_id: id(9), name: 'new' })])];
  const outcome: Outcome = { result: 'created', attempts: 1, service_id: id(9) };
  const planned = plan(missing, planOptions({ policy: 'upsert' }));
  const before = toReport(
    facts({ findings: missing, plan: planned, outcomes: new Map([['name:new', outcome]]), finished_at: at(2) }),
  );
  const states = updateStates(new Map(), missing, before);
  const after = updateStates(states, created, toReport(facts({ findings: created, finished_at: at(5) })));
  expect([...after]).toEqual([[id(9), { state: 'in_sync', since: at(2), orEarlier: false }]]);
});
