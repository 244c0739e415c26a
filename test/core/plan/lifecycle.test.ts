import { expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { compare, findingKey } from '../../../src/core/compare/compare.ts';
import { selectFindings } from '../../../src/core/compare/select.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { emptyMemory, findDriftCause } from '../../../src/core/plan/memory.ts';
import type { Memory } from '../../../src/core/plan/memory.ts';
import type { Outcome } from '../../../src/core/plan/outcome.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import type { PlanOptions } from '../../../src/core/plan/plan.ts';
import { remember } from '../../../src/core/plan/remember.ts';
import { parseSavedPlan, toSavedPlan } from '../../../src/core/plan/saved-plan.ts';
import { findStaleReasons } from '../../../src/core/plan/stale-plan.ts';
import { renderMarkdown } from '../../../src/core/report/markdown.ts';
import { toReport } from '../../../src/core/report/report.ts';
import { renderReport } from '../../../src/core/report/terminal/terminal-report.ts';
import type { LiveService } from '../../../src/core/service/directory.ts';
import { normalize } from '../../../src/core/service/normalize.ts';
import { facts, http, id, live, planOptions } from '../builders.ts';

/* Creates and deletes, from the plan to the report. */

const named = (name: string, fields: JsonObject = {}): JsonObject => ({ ...http, service_id: null, name, ...fields });
const absent = (number: number, fields: JsonObject = {}): JsonObject => ({
  service_id: id(number),
  reconcile: { ensure: 'absent' },
  ...fields,
});
const liveAs = (number: number, name: string, fields: JsonObject = {}) =>
  live({ ...http, service_id: id(number), name, ...fields });
const findingsOf = (declared: readonly JsonObject[], services: readonly LiveService[], now = 0) =>
  compare(collect(declared.map((value, index) => parseFile(`${index}.json`, JSON.stringify(value)))), services, now);
const sync = (options: Partial<PlanOptions> = {}) => planOptions({ policy: 'sync', ...options });

const declared = [named('new'), absent(1), named('used', { http_port: 81 })];
const services = [liveAs(1, 'old'), liveAs(2, 'used')];
const found = findingsOf(declared, services);

test('a saved plan holds creates, updates and deletes, and is current until something changes', () => {
  const saved = toSavedPlan(plan(found, sync()), 'account');
  expect(saved.steps.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['create new', 'delete old', 'update used']);
  expect(parseSavedPlan(JSON.stringify(saved))).toEqual(saved);
  const staleWith = (sides: ReturnType<typeof findingsOf>, options = sync()) =>
    findStaleReasons(saved, { plan: plan(sides, options), findings: sides, accountId: 'account' });
  expect(staleWith(found)).toEqual([]);
  expect(staleWith(findingsOf(declared, [liveAs(2, 'used', { http_port: 81 }), liveAs(3, 'new')]))).toEqual([]);
  expect(staleWith(found, planOptions())).toEqual(['"old" is now withheld', '"new" is now withheld']);
  expect(staleWith(findingsOf(declared, [liveAs(2, 'used')]))).toEqual(['"old" is no longer live']);
  expect(staleWith(findingsOf(declared, [...services, liveAs(3, 'new', { http_port: 82 })]))).toEqual([
    '"new" needs an update that the saved plan does not contain',
    '"new" is already live',
  ]);
  expect(staleWith(findingsOf(declared, [liveAs(1, 'old', { http_port: 82 }), liveAs(2, 'used')]))).toEqual([
    '"old" changed live: http_port was unset, is now 82',
  ]);
  const [, , used = {}] = declared;
  expect(staleWith(findingsOf([named('new', { http_port: 8 }), named('old'), used], services))).toEqual([
    '"old" is already in sync',
    'the create of "new" changed: http_port was unset, is now 8',
  ]);
  expect(staleWith(findingsOf([named('new'), named('old', { http_port: 7 }), used], services))).toEqual([
    '"old" needs an update, and the saved plan has another step for it',
  ]);
});

const select = (wanted: string) => selectFindings(found, [wanted]).selected.map(findingKey);

test('services that are created or deleted are selected by name and id', () => {
  expect(select('new')).toEqual(['name:new']);
  expect(select('old')).toEqual([id(1)]);
  expect(selectFindings(findingsOf([absent(7)], []), [id(7)]).selected).toHaveLength(1);
});

test('creates are withheld beyond the limit of the account', () => {
  const full = Array.from({ length: 999 }, (_, index) => liveAs(index + 10, `live-${index}`));
  const planned = plan(findingsOf([named('a'), named('b')], full), sync());
  expect(planned.steps.map(({ finding }) => findingKey(finding))).toEqual(['name:a']);
  expect(planned.withheld.map(({ reason }) => reason)).toEqual([
    'the account has 999 services, the creates of this plan fill it up, and at most 1000 are possible; delete services that are not used',
  ]);
  const [none] = plan(findingsOf([named('c')], [...full, liveAs(9, 'last')]), sync()).withheld;
  expect(none?.reason).toContain('the account has 1000 services, and at most');
  // An item of the list that cannot be used takes up room; a broken declaration does not.
  const unusable = { service_id: id(9), name: 'last', value: null, reason: 'too deep' };
  const folder = collect([parseFile('c.json', JSON.stringify(named('c'))), parseFile('broken.json', '{"name":"b"}')]);
  expect(plan(compare(folder, full), sync()).steps).toHaveLength(1);
  expect(plan(compare(folder, [...full, unusable]), sync()).steps).toHaveLength(0);
});

test('a plan that is too large because of creates and deletes is withheld as a whole', () => {
  expect(plan(found, sync({ maxChanges: 2 })).withheld.map(({ reason }) => reason)[0]).toContain(
    'the plan has 1 create, 1 update, 1 delete (100% of the 2 declared services that are live) but max_changes is 2',
  );
  expect(plan(findingsOf([named('new')], []), sync({ maxChangePercent: 0 })).steps).toHaveLength(1);
  expect(plan(found, sync({ maxDeletes: 0 })).withheld[0]?.reason).toContain(
    'the plan has 1 delete but max_deletes is 0',
  );
});

test('a plan with too many deletes withholds all of them, and nothing else', () => {
  const many = findingsOf([absent(1), absent(2), named('new')], services);
  const planned = plan(many, sync({ maxDeletes: 1 }));
  expect(planned.steps.map(({ kind }) => kind)).toEqual(['create']);
  expect(planned.withheld.map(({ reason }) => reason)).toEqual(
    Array.from({ length: 2 }, () => expect.stringContaining('the plan has 2 deletes but max_deletes is 1, so all')),
  );
});

test.for([1, 2, null])('one delete is within max_deletes %s', (maxDeletes) => {
  expect(plan(found, sync({ maxDeletes })).steps.map(({ kind }) => kind)).toContain('delete');
});

test('an update is withheld if the live values of ignored fields do not fit to the declared ones', () => {
  const live80 = [
    liveAs(2, 'used', { tls_settings: { cert_verification_mode: 'verify_ca', client_certificate: id(9) } }),
  ];
  const tcpNow = { service_id: id(2), name: 'used', type: 'tcp', tcp_port: 1, host: http.host };
  const withIgnored = (...ignore: readonly string[]) =>
    plan(findingsOf([{ ...tcpNow, reconcile: { ignore } }], live80), sync());
  expect(withIgnored('type').withheld.map(({ reason }) => reason)).toEqual([
    'the live values of ignored fields (type) do not fit to the declared ones; ignore all fields that belong together',
  ]);
  expect(withIgnored('type', 'tls_settings').withheld.map(({ reason }) => reason)).toEqual([
    expect.stringContaining(
      'ignored fields (type, tls_settings.cert_verification_mode, tls_settings.client_certificate) do',
    ),
  ]);
  expect(withIgnored('tls_settings').steps).toHaveLength(1);
});

test('a pause counts for a service that cannot be created, until it ends', () => {
  const resting = { ...http, service_id: id(7), reconcile: { pause: { until: '1970-01-02' } } };
  const found = findingsOf([resting], []);
  expect(plan(found, sync()).withheld).toMatchObject([{ result: 'paused' }]);
  expect(plan(found, sync({ at: Date.UTC(1971, 0) }))).toEqual({ steps: [], withheld: [] });
});

test.for([
  ['a file that cannot be parsed, without an id and a name', 'type: [', true],
  ['a file that is empty', ' ', true],
  ['a file that cannot be parsed, with a name', 'name: other\ntype: [', false],
  ['a declaration with an id and without a name', `service_id: ${id(9)}\ntype: tcp`, false],
  ['a declaration of another service with a problem', JSON.stringify(named('other', { http_port: 'x' })), false],
] as const)('next to %s, services are deleted only if it cannot be for one of them', ([, text, isWithheld]) => {
  const files = [absent(1), named('new')].map((value, index) => parseFile(`${index}.json`, JSON.stringify(value)));
  const folder = collect([...files, parseFile('broken.yaml', text)]);
  const { steps, withheld } = plan(compare(folder, services), sync());
  expect(steps.map(({ kind }) => kind)).toEqual(isWithheld ? ['create'] : ['create', 'delete']);
  expect(withheld.map(({ reason }) => reason)).toEqual(
    isWithheld
      ? ['the declaration at broken.yaml:1 cannot be read, and may be for this service; correct it first']
      : [],
  );
});

test('an item of the list that cannot be read is for no tombstone with an id', () => {
  const nameless = { service_id: null, name: null, value: null, reason: 'expected a service_id' };
  const made = compare(collect([parseFile('0.json', JSON.stringify(absent(1)))]), [...services, nameless]);
  expect(plan(made, sync()).steps.map(({ kind }) => kind)).toEqual(['delete']);
});

const [missing, unwanted] = found;
const after = (outcome: Outcome | undefined, index: 0 | 1, memory: Memory = emptyMemory) => {
  const finding = [missing, unwanted][index];
  if (finding === undefined) throw new Error('no finding');
  const outcomes = new Map(outcome === undefined ? [] : [[findingKey(finding), outcome]]);
  return remember({ findings: [finding], outcomes, memory, now: 0 });
};
const refused: Outcome = { result: 'failed', attempts: 1, failure: failure('rejected', 'refused') };
const failed: Outcome = { result: 'failed', attempts: 1, failure: failure('transient', 'timeout') };

test.for([0, 1] as const)('the memory parks a refused write, and runs a failed one last (%i)', (index) => {
  const parked = after(refused, index);
  expect(plan(found, sync({ memory: parked })).withheld).toMatchObject([{ result: 'withheld' }]);
  expect([...after(undefined, index, parked).values()]).toMatchObject([{ parked: { times: 1 } }]);
  expect([...after(refused, index, parked).values()]).toMatchObject([{ parked: { times: 2 } }]);
  const last = after(failed, index);
  expect(plan(found, sync({ memory: last })).steps.at(-1)?.finding).toBe([missing, unwanted][index]);
  expect([...after({ result: 'withheld', attempts: 0, reason: '' }, index, last).values()]).toMatchObject([
    { runsLast: true },
  ]);
  expect(after(undefined, index).size).toBe(0);
});

test('the memory knows a created service by its id, and forgets a deleted one', () => {
  expect([...after({ result: 'created', attempts: 1, service_id: id(5) }, 0).keys()]).toEqual([id(5)]);
  const unsettled: Outcome = {
    result: 'unsettled',
    attempts: 1,
    service_id: id(5),
    paths: ['http_port'],
    stored: new Map(),
    unknown: new Map(),
  };
  expect([...after(unsettled, 0)]).toMatchObject([[id(5), { unsettled: { paths: ['http_port'] } }]]);
  expect([...after({ ...unsettled, paths: [] }, 0)]).toMatchObject([[id(5), { unsettled: null }]]);
  expect(after({ result: 'deleted', attempts: 1 }, 1).size).toBe(0);
  expect(after({ result: 'deleted', attempts: 1 }, 1, after(refused, 1)).size).toBe(0);
  const gone = findingsOf([absent(1)], []);
  expect(remember({ findings: gone, outcomes: new Map(), memory: after(refused, 1), now: 0 }).size).toBe(0);
});

test('the memory knows why a created service drifts later', () => {
  const memory = after({ result: 'created', attempts: 1, service_id: id(5) }, 0);
  const causeOf = (declaredPort: number | null, livePort: number | null) =>
    findingsOf([named('new', { http_port: declaredPort })], [liveAs(5, 'new', { http_port: livePort })]).map(
      (finding) => findDriftCause(finding, memory),
    );
  expect(causeOf(null, 81)).toEqual(['live']);
  expect(causeOf(81, null)).toEqual(['declaration']);
});

test('a service that was created with another value is not sent again while the list shows that value', () => {
  const stored = liveAs(5, 'new', { http_port: 81, region: 'weur' });
  const unsettled: Outcome = {
    result: 'unsettled',
    attempts: 1,
    service_id: id(5),
    paths: ['http_port'],
    stored: normalize(stored.value).known,
    unknown: normalize(stored.value).unknown,
  };
  const later = findingsOf([named('new')], [stored]);
  expect(plan(later, sync({ memory: after(unsettled, 0) })).withheld).toMatchObject([
    { reason: expect.stringContaining('the API stored a different value than the last update sent (http_port)') },
  ]);
});

const text = { paint: (_: unknown, each: string) => each, columns: Infinity };

test('a plan shows creates, updates, deletes, pauses and ignored differences', () => {
  const pause = { until: '2027-01-31', reason: 'vendor migration' };
  const all = findingsOf(
    [
      ...declared,
      named('resting', { http_port: 1, reconcile: { pause } }),
      named('canary', { http_port: 1, reconcile: { ignore: ['http_port'] } }),
    ],
    [...services, liveAs(3, 'resting'), liveAs(4, 'canary')],
  );
  const report = toReport(facts({ mode: 'plan', findings: all, plan: plan(all, sync()), declared: 5 }));
  const shown = renderReport(report, text);
  for (const line of [
    /^\+ new {2}no service_id yet {2}0\.json:1$/m,
    /^ {4}host\.ipv4 .* 10\.0\.0\.12$/m,
    /^ {2}= to be created$/m,
    /^- old .* declared absent, but live$/m,
    /^ {4}Worker and Hyperdrive bindings to a deleted service stop working$/m,
    /^ {2}= to be deleted$/m,
    /^~ used /m,
    /^‖ resting /m,
    /^ {2}‖ paused until 2027-01-31: vendor migration$/m,
    /^= canary /m,
    /^ {4}ignored:$/m,
    /^pending: 1 to create, 1 to update, 1 to delete, 1 paused, 1 in sync, 1 with ignored differences /m,
  ]) {
    expect(shown).toMatch(line);
  }
  const markdown = renderMarkdown(report);
  for (const part of [
    '➕',
    '🗑️',
    '✏️',
    '⏸️',
    '✅',
    'to be created',
    'to be deleted: declared absent, but live',
    'Ignored:',
  ]) {
    expect(markdown).toContain(part);
  }
});

test('a report shows what became of creates and deletes', () => {
  const outcomes = new Map<string, Outcome>([
    ['name:new', { result: 'created', attempts: 2, service_id: id(5), note: 'found in the list' }],
    [id(1), { result: 'deleted', attempts: 1 }],
    [id(2), { result: 'updated', attempts: 1 }],
  ]);
  const done = toReport(facts({ findings: found, plan: plan(found, sync()), outcomes }));
  expect(done).toMatchObject({ outcome: 'converged', counts: { created: 1, deleted: 1, updated: 1 } });
  expect(renderReport(done, text)).toContain('= created: found in the list (2 requests)');
  expect(renderReport(done, text)).toContain('converged: 1 created, 1 updated, 1 deleted');
  const plain = new Map<string, Outcome>([['name:new', { result: 'created', attempts: 1, service_id: id(5) }]]);
  const created = toReport(facts({ findings: found, plan: plan(found, sync()), outcomes: plain }));
  expect(renderReport(created, text)).toMatch(/^ {2}= created$/m);
  const unsettled: Outcome = {
    result: 'unsettled',
    attempts: 1,
    service_id: id(5),
    paths: ['type'],
    stored: new Map(),
    unknown: new Map(),
  };
  const ended = new Map<string, Outcome>([
    ['name:new', unsettled],
    [id(1), failed],
  ]);
  const partial = toReport(facts({ findings: found, plan: plan(found, sync()), outcomes: ended }));
  expect(partial.services.map(({ result }) => result)).toEqual(['unsettled', 'failed', null]);
  expect(renderMarkdown(partial)).toContain('failed: declared absent, but live');
  const withheld = toReport(facts({ findings: found, plan: plan(found, planOptions()) }));
  expect(renderReport(withheld, text)).toContain('policy is update, which creates no services; set policy to upsert');
});
