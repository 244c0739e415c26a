import { describe, expect, test } from 'vitest';
import { compare } from '../../../src/core/compare/compare.ts';
import type { Finding } from '../../../src/core/compare/compare.ts';
import { declaredServices, findUndeclared, rememberDeclared } from '../../../src/core/compare/undeclared.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { id, live, tcp } from '../builders.ts';

const two = { ...tcp, service_id: id(2), name: 'two' };

/** Returns the findings of files with these texts, in an account with the services 1 and 2. */
function found(files: Readonly<Record<string, string>>): readonly Finding[] {
  const parsed = Object.entries(files).map(([file, text]) => parseFile(file, text));
  return compare(collect(parsed), [live(), live(two)]);
}

const both = { 'a.json': JSON.stringify(tcp), 'b.json': JSON.stringify(two) };

/** Returns the names that are no longer declared after each of these states of the folder. */
function undeclaredAfter(...states: readonly Readonly<Record<string, string>>[]): (readonly string[])[] {
  let before = declaredServices(found(both));
  return states.map((state) => {
    const undeclared = findUndeclared(before, found(state));
    before = rememberDeclared(before, found(state));
    return [...undeclared.values()].map(({ name, file }) => `${name} in ${file}`);
  });
}

describe('a declaration that disappears', () => {
  test('is found once, with its name and its file', () => {
    expect(undeclaredAfter({ 'a.json': both['a.json'] }, { 'a.json': both['a.json'] })).toEqual([
      ['two in b.json'],
      [],
    ]);
  });

  test('is found again after it was declared again', () => {
    const one = { 'a.json': both['a.json'] };
    expect(undeclaredAfter(one, both, one)).toEqual([['two in b.json'], [], ['two in b.json']]);
  });

  test('is found if its id changes', () => {
    const renumbered = JSON.stringify({ ...two, service_id: id(3) });
    expect(undeclaredAfter({ ...both, 'b.json': renumbered })).toEqual([['two in b.json']]);
  });
});

test.for([
  ['in another file', { 'a.json': both['a.json'], 'moved/b.yaml': both['b.json'] }],
  ['under another name', { ...both, 'b.json': JSON.stringify({ ...two, name: 'three' }) }],
  ['with a problem', { ...both, 'b.json': JSON.stringify({ ...two, tcp_port: 0 }) }],
  ['in a file that cannot be parsed', { ...both, 'b.json': `${both['b.json']}}` }],
  ['twice', { ...both, 'c.json': both['b.json'] }],
] as const)('a service that is declared %s is still declared', ([, files]) => {
  expect(undeclaredAfter(files, both)).toEqual([[], []]);
});

test('a declaration with a problem and a readable id hides no other one that disappears', () => {
  const broken = JSON.stringify({ ...two, tcp_port: 0 });
  expect(undeclaredAfter({ 'b.json': broken })).toEqual([['db in a.json']]);
});

test('services that have drifted, are missing or have a problem are declared, with name and file', () => {
  const third = { ...tcp, service_id: id(3), name: 'three' };
  const services = declaredServices(
    found({
      'a.json': JSON.stringify({ ...tcp, tcp_port: 1 }),
      'b.json': JSON.stringify({ ...two, tcp_port: 0 }),
      'c.json': JSON.stringify(third),
    }),
  );
  expect([...services].map(([key, { name, file }]) => [key, name, file])).toEqual([
    [id(1), 'db', 'a.json'],
    [id(2), 'two', 'b.json'],
    [id(3), 'three', 'c.json'],
  ]);
});

test('while a declaration has no readable id, nothing is no longer declared; afterwards, everything is that disappeared', () => {
  const broken = { 'b.json': 'text' };
  expect(undeclaredAfter(broken, broken, both)).toEqual([[], [], []]);
  expect(undeclaredAfter(broken, { 'a.json': both['a.json'] })).toEqual([[], ['two in b.json']]);
});

test('a service that is not live any more is not named', () => {
  const before = declaredServices(found(both));
  expect(findUndeclared(before, compare(collect([parseFile('a.json', both['a.json'])]), [live()]))).toEqual(new Map());
});

test('an item of the list that cannot be used is no declaration', () => {
  const reason = 'expected a service_id, found null';
  const findings = compare(collect([parseFile('a.json', both['a.json'])]), [
    live(),
    live(two),
    { service_id: null, name: 'x', value: null, reason },
  ]);
  expect([...findUndeclared(declaredServices(found(both)), findings).keys()]).toEqual([id(2)]);
});

test('a service whose tombstone disappears is no longer declared', () => {
  const tombstone = JSON.stringify({ service_id: id(2), reconcile: { ensure: 'absent' } });
  const absent = { ...both, 'b.json': tombstone };
  expect(undeclaredAfter(absent, { 'a.json': both['a.json'] })).toEqual([[], ['two in b.json']]);
});

test('remembers declared services by id, also those that are deleted, and no item of the list that cannot be used', () => {
  const tombstones = [{ service_id: id(2) }, { service_id: id(3) }, { name: 'unknown' }].map((fields, index) =>
    parseFile(`${index}.json`, JSON.stringify({ ...fields, reconcile: { ensure: 'absent' } })),
  );
  const item = { service_id: id(4), name: 'x', value: null, reason: 'too deep' };
  const remembered = rememberDeclared(new Map(), compare(collect(tombstones), [live(two), item]));
  expect([...remembered].map(([key, { file }]) => [key, file])).toEqual([
    [id(2), '0.json'],
    [id(3), '1.json'],
  ]);
});
