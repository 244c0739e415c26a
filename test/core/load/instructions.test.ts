import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { compareText } from '../../../src/core/base/order.ts';
import { findConflicts } from '../../../src/core/compare/claims.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { renderProblem } from '../../../src/core/load/problem.ts';
import { nextExpiry } from '../../../src/core/service/instructions.ts';
import { http, id, live, tcp } from '../builders.ts';

const named: JsonObject = Object.fromEntries(Object.entries(http).filter(([key]) => key !== 'service_id'));
const head =
  'name: web\ntype: http\nhost: { ipv4: 10.0.0.12, network: { tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da } }\n';
const problemsIn = (reconcile: string, before = head) =>
  parseFile('web.yaml', `${before}reconcile: ${reconcile}\n`).problems.map(renderProblem);

const MOMENT = 'expected a date such as 2027-01-31, or a time with its zone such as 2027-01-31T06:00:00Z';

describe('a mistake in the instructions', () => {
  test.for([
    ['{ ensure: absnt }', '4:22 reconcile.ensure: expected present or absent, found "absnt"; did you mean "absent"?'],
    ['{ pause: soon }', '4:21 reconcile.pause: expected true, or a mapping with until or reason, found "soon"'],
    ['{ pause: {} }', '4:21 reconcile.pause: expected true, or a mapping with until or reason, found a mapping'],
    ['{ pause: { until: soon } }', `4:30 reconcile.pause.until: ${MOMENT}, found "soon"`],
    ['{ pause: { until: 2027-02-30 } }', `4:30 reconcile.pause.until: ${MOMENT}, found "2027-02-30"`],
    ['{ pause: { till: 2027-01-31 } }', '4:23 reconcile.pause.till: unknown key "till"; remove it'],
    [
      '{ ignore: tls_settings }',
      '4:22 reconcile.ignore: expected a list of fields such as [http_port], found "tls_settings"',
    ],
    [
      '{ ignore: [htp_port] }',
      '4:23 reconcile.ignore[0]: expected the path of a field, found "htp_port"; did you mean "http_port"?',
    ],
    ['{ ignore: [{ path: prot }] }', '4:31 reconcile.ignore[0].path: expected the path of a field, found "prot"'],
    [
      '{ ignore: [{ until: 2027-01-31 }] }',
      '4:23 reconcile.ignore[0].path: missing; expected the path of a field, such as tls_settings or host.ipv4',
    ],
    [
      '{ ignore: [name] }',
      '4:23 reconcile.ignore[0]: the name cannot be ignored, because it identifies a service without service_id',
    ],
    [
      '{ renamed_from: web }',
      '4:28 reconcile.renamed_from: expected another name than that of the service, found "web"',
    ],
    [
      '{ ensure: absent, renamed_from: old }',
      '4:44 reconcile.renamed_from: has no effect with "ensure: absent"; remove one of them',
    ],
    ['{ enshure: absent }', '4:14 reconcile.enshure: unknown key "enshure"; did you mean "ensure"?'],
    ['absent', '4:12 reconcile: expected a mapping with ensure, renamed_from, pause or ignore, found "absent"'],
  ] as const)('%s is a problem with its place', ([block, expected]) => {
    expect(problemsIn(block)).toEqual([expect.stringContaining(`web.yaml:${expected}`)]);
  });

  test('is reported for renamed_from next to a service_id', () => {
    expect(problemsIn('{ renamed_from: old }', `service_id: ${id(1)}\n${head}`)).toEqual([
      'web.yaml:5:28 reconcile.renamed_from: is only for a service without service_id; remove it, and change the name',
    ]);
  });

  test('is reported for a tombstone without a key', () => {
    expect(problemsIn('{ ensure: absent }', '')).toEqual([
      'web.yaml:1:22 reconcile.ensure: absent needs the service_id or the name of the service to delete',
    ]);
  });

  test('is found where the key is at the wrong level', () => {
    expect(parseFile('web.yaml', `${head}pause: true\n`).problems.map(renderProblem)).toEqual([
      'web.yaml:4:1 pause: unknown key "pause" here; it belongs under reconcile',
    ]);
  });
});

const collected = (...values: readonly JsonObject[]) =>
  collect(values.map((value, index) => parseFile(`${'abc'[index]}.json`, JSON.stringify(value))));
const absent = (fields: JsonObject): JsonObject => ({ ...fields, reconcile: { ensure: 'absent' } });
const renamed = (name: string, from: string): JsonObject => ({ ...named, name, reconcile: { renamed_from: from } });

describe('declarations in conflict are all skipped, and name each other', () => {
  test.for<readonly [what: string, values: readonly JsonObject[]]>([
    ['the same name with and without an id', [http, named]],
    ['a name and its tombstone', [named, absent({ name: 'web' })]],
    ['two tombstones', [absent({ service_id: id(2) }), absent({ service_id: id(2) })]],
    ['a previous name that is declared', [named, renamed('new', 'web')]],
    ['one previous name twice', [renamed('new', 'old'), renamed('newer', 'old')]],
  ])('%s', ([, values]) => {
    const { declarations, tombstones, skipped, problems } = collected(...values);
    expect([declarations, tombstones]).toEqual([[], []]);
    expect(skipped).toHaveLength(2);
    expect(problems.map(({ message }) => /[ab]\.json:1/.exec(message)?.[0])).toEqual(['b.json:1', 'a.json:1']);
  });

  test.for<readonly [what: string, values: readonly JsonObject[]]>([
    ['a tombstone by name and a declaration by id', [absent({ name: 'live' }), http]],
    ['a tombstone by id and a declaration by name', [absent({ service_id: id(2) }), { ...named, name: 'live' }]],
    ['a previous name and a declaration by id', [renamed('new', 'live'), { ...http, name: 'live-2' }]],
  ])('%s of one live service', ([, values]) => {
    const conflicts = findConflicts(collected(...values), [live({ ...http, name: 'live' })]);
    expect([...conflicts.values()].map(renderProblem).toSorted(compareText)).toEqual([
      expect.stringMatching(/^a\.json.*also at b\.json:1/),
      expect.stringMatching(/^b\.json.*also at a\.json:1/),
    ]);
  });

  test.for<readonly [what: string, renames: readonly (readonly [string, string])[], advice: RegExp]>([
    [
      'two services swap their names',
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
      /form a cycle, "a" → "b" → "a"; rename one .* unused name/,
    ],
    [
      'three services do',
      [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ],
      /form a cycle, "[abc]" → "[abc]" → "[abc]" → "[abc]"; /,
    ],
    [
      'a service takes over the name of another one',
      [
        ['a', 'b'],
        ['b', 'c'],
      ],
      /one service after the other, in separate commits/,
    ],
    [
      'there are very many of them',
      Array.from({ length: 12 }, (_, index) => [`s${index}`, `s${index + 1}`] as const),
      /one service after the other, in separate commits/,
    ],
  ])('and say what to do if %s', ([, renames, advice]) => {
    const files = renames.map(([name, from], index) => parseFile(`${index}.json`, JSON.stringify(renamed(name, from))));
    const { declarations, problems } = collect(files);
    expect(declarations).toEqual([]);
    expect(problems.some(({ message }) => advice.test(message))).toBe(true);
  });

  test('but not a declaration that takes over the name that another one gives up', () => {
    const declared = collected({ ...http, name: 'new' }, { ...named, name: 'web' });
    expect(findConflicts(declared, [live(http)]).size).toBe(0);
    expect(compare(declared, [live(http)]).map(({ kind }) => kind)).toEqual(['missing', 'drifted']);
  });
});

test('skips a declaration by name if several live services have the name', () => {
  const [finding] = compare(collected(named), [live(http), live({ ...http, service_id: id(3) })]);
  expect(finding).toMatchObject({ kind: 'invalid', skipped: { by: 'names', reason: expect.stringContaining(id(3)) } });
  const [tombstone] = compare(collected(absent({ name: 'web' })), [live(http), live({ ...http, service_id: id(3) })]);
  expect(tombstone).toMatchObject({ kind: 'invalid', skipped: { by: 'names' } });
});

test('creates nothing while the name of a listed service cannot be read', () => {
  const nameless = { service_id: id(3), name: null, value: null, reason: 'too deep' };
  expect(compare(collected(named), [nameless])).toMatchObject([
    { kind: 'missing', hint: 'the API lists a service whose name cannot be read, which could be this one' },
    { kind: 'invalid' },
  ]);
});

test('finds the names of services in a file that cannot be parsed', () => {
  const text = `name: web # a comment\nhost: ]\n---\nservice_id: ${id(1)}\nname: db\n`;
  const { skipped } = parseFile('broken.yaml', text);
  expect(skipped.map(({ service_id, name }) => [service_id, name])).toEqual([
    [null, 'web'],
    [id(1), null],
  ]);
});

const of = (reconcile: JsonObject) =>
  collected({ ...tcp, reconcile }).declarations.map(({ instructions }) => instructions);

test('finds the next time at which an instruction ends', () => {
  const ignore = ['type', { path: 'host', until: '2027-01-02' }, { path: 'tcp_port', until: '2027-01-01' }];
  const [both] = of({ ignore, pause: { until: '2027-01-03', reason: 'x' } });
  expect(nextExpiry(both === undefined ? [] : [both], Date.UTC(2026, 0))).toBe(Date.UTC(2027, 0, 1));
  expect(nextExpiry(both === undefined ? [] : [both], Date.UTC(2027, 0, 2))).toBe(Date.UTC(2027, 0, 3));
  expect(nextExpiry(of({ pause: true }), 0)).toBeNull();
});
