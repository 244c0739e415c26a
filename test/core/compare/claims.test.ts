import { expect, test } from 'vitest';
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
