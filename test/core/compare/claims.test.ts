import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { findConflicts } from '../../../src/core/compare/claims.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { http, id, live } from '../builders.ts';

const collected = (...values: readonly JsonObject[]) =>
  collect(values.map((value, index) => parseFile(`${index}.json`, JSON.stringify(value))));
const named = (name: string, reconcile: JsonObject = {}): JsonObject => ({
  ...http,
  service_id: null,
  name,
  reconcile,
});
const absent = (number: number): JsonObject => ({ service_id: id(number), reconcile: { ensure: 'absent' } });
const liveAs = (number: number, name: string) => live({ ...http, service_id: id(number), name });

test('declarations that all have a service_id have no conflict about live names', () => {
  expect(findConflicts(collected(http), [liveAs(2, 'other'), liveAs(3, 'web')]).size).toBe(0);
});

test('a declaration by name is in no conflict about a service that only it declares', () => {
  const declared = collected(named('web'), { ...http, service_id: id(3), name: 'other' });
  expect(findConflicts(declared, [liveAs(2, 'web'), liveAs(3, 'other')]).size).toBe(0);
});

test('a declaration that two others contradict has one problem', () => {
  const conflicts = findConflicts(collected(named('web'), absent(2), absent(3)), [liveAs(2, 'web'), liveAs(3, 'web')]);
  expect([...conflicts].map(([{ file }, { message }]) => [file, /also at (\S+:\d+)/.exec(message)?.[1]])).toEqual([
    ['0.json', '1.json:1'],
    ['1.json', '0.json:1'],
    ['2.json', '0.json:1'],
  ]);
});

test('a previous name no longer counts once the service has its new name', () => {
  const declared = collected(named('new', { renamed_from: 'old' }), absent(3));
  expect(findConflicts(declared, [liveAs(2, 'new'), liveAs(3, 'old')]).size).toBe(0);
  expect(findConflicts(declared, [liveAs(3, 'old')]).size).toBe(2);
  expect(compare(declared, [liveAs(2, 'new'), liveAs(3, 'old')]).map(({ kind }) => kind)).toEqual([
    'in_sync',
    'unwanted',
  ]);
});

/** Returns the place, the path and the message of each conflict. */
const problemsIn = (...given: Parameters<typeof findConflicts>) =>
  [...findConflicts(...given).values()].map(({ file, line, column, path, message }) => ({
    place: `${file}:${line}:${column}`,
    path,
    message,
  }));
const declaredTwice = (name: string, place: string) =>
  `the live service "${name}" (${id(2)}) is declared by its id and by its name, also at ${place}; keep one of the declarations`;

describe('a conflict names the place of', () => {
  const byId = parseFile('id.yaml', `name: web\nservice_id: ${id(2)}\nreconcile: { ensure: absent }`);

  test('the id and the name', () => {
    const byName = parseFile('name.yaml', `# web\n${JSON.stringify(named('web'), null, 1)}`);
    expect(problemsIn(collect([byId, byName]), [liveAs(2, 'web')])).toEqual([
      { place: 'name.yaml:4:10', path: 'name', message: declaredTwice('web', 'id.yaml:2') },
      { place: 'id.yaml:2:13', path: 'service_id', message: declaredTwice('web', 'name.yaml:4') },
    ]);
  });

  test('the id and the previous name', () => {
    const renamed = named('new', { renamed_from: 'web' });
    const byName = parseFile('name.yaml', JSON.stringify(renamed, null, 1));
    const [first, second] = problemsIn(collect([byId, byName]), [liveAs(2, 'web')]);
    expect(first).toMatchObject({ path: 'reconcile.renamed_from', message: declaredTwice('web', 'id.yaml:2') });
    const place = first?.place.split(':').slice(0, 2).join(':');
    expect(second).toMatchObject({ path: 'service_id', message: declaredTwice('web', String(place)) });
  });
});

describe('a name that a declaration by id gives up', () => {
  const renamed = { ...http, service_id: id(2), name: 'renamed' };

  test('can be taken over by a declaration without an id, which is for no live service yet', () => {
    const declared = collected(renamed, named('web'));
    expect(findConflicts(declared, [liveAs(2, 'web')]).size).toBe(0);
    expect(compare(declared, [liveAs(2, 'web')])).toMatchObject([
      { kind: 'missing', declaration: { name: 'web', service_id: null }, hint: null },
      { kind: 'drifted', declaration: { name: 'renamed' } },
    ]);
  });

  test('cannot be the previous name of another service, which would be the same service', () => {
    const declared = collected(renamed, named('new', { renamed_from: 'web' }));
    expect(problemsIn(declared, [liveAs(2, 'web')]).map(({ path }) => path)).toEqual([
      'reconcile.renamed_from',
      'service_id',
    ]);
  });

  test('cannot be deleted by name, because the service is kept', () => {
    const declared = collected(renamed, { name: 'web', reconcile: { ensure: 'absent' } });
    expect(problemsIn(declared, [liveAs(2, 'web')]).map(({ path }) => path)).toEqual(['name', 'service_id']);
  });

  test('is not given up by a tombstone or by a declaration that is skipped', () => {
    const tombstone = { ...absent(2), name: 'renamed' };
    expect(findConflicts(collected(tombstone, named('web')), [liveAs(2, 'web')]).size).toBe(2);
    const skipped = { ...renamed, http_port: 0 };
    expect(findConflicts(collected(skipped, named('web')), [liveAs(2, 'web')]).size).toBe(2);
  });
});

test('an item of the list that cannot be used is in no conflict', () => {
  const item = { service_id: id(2), name: 'web', value: null, reason: 'too deep' };
  expect(findConflicts(collected(named('web'), absent(2)), [item]).size).toBe(0);
});
