import { matchesGlob } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileNames } from '../../../src/core/import/file-name.ts';
import { id } from '../builders.ts';

const named = (...names: readonly string[]) => names.map((name, index) => ({ service_id: id(index + 1), name }));
const filesFor = (...names: readonly string[]) => [...fileNames(named(...names)).values()];

test.for([
  ['orders-db', 'orders-db.yaml'],
  ['Orders_DB.v2', 'Orders_DB.v2.yaml'],
  ['a.yaml', 'a.yaml.yaml'],
  ['a/b', 'a-b-000000000001.yaml'],
  ['../../etc/passwd', 'etc-passwd-000000000001.yaml'],
  ['..', 'service-000000000001.yaml'],
  ['', 'service-000000000001.yaml'],
  ['.hidden', 'hidden-000000000001.yaml'],
  ['..data', 'data-000000000001.yaml'],
  ['-rf', 'rf-000000000001.yaml'],
  ['dot.', 'dot-000000000001.yaml'],
  ['space ', 'space-000000000001.yaml'],
  ['a b', 'a-b-000000000001.yaml'],
  [String.raw`C:\a`, 'C-a-000000000001.yaml'],
  ['[a]{b,c}*', 'a-b-c-000000000001.yaml'],
  ['\u0000\n\u001B', 'service-000000000001.yaml'],
  ['Größe', 'Gro-e-000000000001.yaml'],
  ['café', 'cafe-000000000001.yaml'],
  ['cafe\u0301', 'cafe-000000000001.yaml'],
  ['🚀 launch', 'launch-000000000001.yaml'],
  ['注文', 'service-000000000001.yaml'],
  ['con', 'service-con-000000000001.yaml'],
  ['NUL.orders', 'service-NUL.orders-000000000001.yaml'],
  ['lpt1', 'service-lpt1-000000000001.yaml'],
  ['console', 'console.yaml'],
  ['x'.repeat(80), `${'x'.repeat(80)}.yaml`],
  ['x'.repeat(300), `${'x'.repeat(80)}-000000000001.yaml`],
] as const)('names the file of %j %s', ([name, file]) => {
  expect(filesFor(name)).toEqual([file]);
});

test('adds a part of the id to names that differ only in case, in any order', () => {
  expect(filesFor('api', 'API', 'web')).toEqual(['api-000000000001.yaml', 'API-000000000002.yaml', 'web.yaml']);
  const services = named('api', 'API', 'a/b', 'a-b', 'con');
  expect(new Map(fileNames(services.toReversed()))).toEqual(new Map(fileNames(services)));
});

test('adds the whole id if the ends of two ids are equal', () => {
  const other = '0199a0c4-2b10-7c3e-8a51-000000000001';
  const services = [
    { service_id: id(1), name: 'a/b' },
    { service_id: other, name: 'a b' },
  ];
  expect([...fileNames(services).values()]).toEqual([`a-b-${id(1)}.yaml`, `a-b-${other}.yaml`]);
});

test('changes the file name of a service that is named like the file of another one', () => {
  expect(filesFor('a/b', 'a-b-000000000001', `a-b-${id(1)}`)).toEqual([
    `a-b-${id(1)}.yaml`,
    'a-b-000000000001-000000000002.yaml',
    `a-b-${id(1)}-000000000003.yaml`,
  ]);
});

test('returns one name for a service that is listed twice', () => {
  const [service] = named('a');
  expect([...fileNames(service === undefined ? [] : [service, service])]).toEqual([[id(1), 'a.yaml']]);
});

test('returns portable, unique names of files that are read, for any names of services', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('con', 'a', 'A', '.', 'a-000000000001'),
  );
  fc.assert(
    fc.property(fc.array(name, { maxLength: 8 }), (names) => {
      const files = filesFor(...names);
      for (const file of files) {
        expect(file).toMatch(/^(?!(?:con|nul|aux|prn|com\d|lpt\d)\.)\w[\w.-]{0,120}\.yaml$/i);
        expect(matchesGlob(file, '**/*.{yaml,yml,json}')).toBe(true);
      }
      expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(names.length);
    }),
    { numRuns: 500 },
  );
});
