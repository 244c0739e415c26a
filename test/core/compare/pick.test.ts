import { expect, test } from 'vitest';
import { compare } from '../../../src/core/compare/compare.ts';
import { pick, pickFindings } from '../../../src/core/compare/pick.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { http, id, live, tcp } from '../builders.ts';

const services = [
  { service_id: id(1), name: 'orders-db' },
  { service_id: '0191e3a4-5b6c-7d8e-9f00-00000000abcd', name: 'a, b' },
  { service_id: id(3), name: 'a' },
];
const abcd = '0191E3A4-5B6C-7D8E-9F00-00000000ABCD';
const picked = (wanted: readonly string[]) =>
  pick(services, wanted, ({ service_id, name }) => ({ service_id, names: [name] }));

test.for([
  { wanted: [], names: ['orders-db', 'a, b', 'a'] },
  { wanted: ['a'], names: ['a'] },
  { wanted: ['a, b'], names: ['a, b'] },
  { wanted: ['a, orders-db'], names: ['orders-db', 'a'] },
  { wanted: ['a', 'a', id(3)], names: ['a'] },
  { wanted: [abcd], names: ['a, b'] },
])('picks $names for $wanted', ({ wanted, names }) => {
  const { picked: found, faults } = picked(wanted);
  expect({ names: found.map(({ name }) => name), faults }).toEqual({ names, faults: [] });
});

test('tells every word that means nobody, and who may be meant', () => {
  expect(picked(['order-db,A', 'a', ''])).toEqual({
    picked: [services[2]],
    faults: [
      'expected the name or the id of a service, found "order-db"; did you mean "orders-db"?',
      'expected the name or the id of a service, found "A"',
      'expected the name or the id of a service, found ""',
    ],
  });
});

test('a finding is meant by its declared name, its live name and its id, whichever sort it is of', () => {
  const found = compare(
    collect([
      parseFile('a.yaml', JSON.stringify({ ...tcp, name: 'new' })),
      parseFile('b.yaml', JSON.stringify({ ...tcp, service_id: id(3), name: 'gone' })),
      parseFile('c.yaml', JSON.stringify({ ...http, service_id: id(2), name: 'bad', http_port: 0 })),
      parseFile('d.yaml', JSON.stringify({ ...tcp, service_id: id(4), name: 'same' })),
      parseFile('e.yaml', 'text'),
    ]),
    [
      live({ name: 'old' }),
      live({ ...http, service_id: id(2), name: 'was-good' }),
      live({ service_id: id(4), name: 'same' }),
      live({ service_id: id(9), name: 'other' }),
    ],
  );
  for (const [word, kind] of [
    ['new', 'drifted'],
    ['old', 'drifted'],
    [id(1), 'drifted'],
    ['gone', 'missing'],
    ['bad', 'invalid'],
    ['was-good', 'invalid'],
    ['same', 'in_sync'],
    ['other', 'unmanaged'],
  ] as const) {
    expect(pickFindings(found, [word]).picked.map((finding) => finding.kind)).toEqual([kind]);
  }
  expect(pickFindings(found, []).picked).toBe(found);
});

test('a name by which two services are known means none of them: the id is asked for', () => {
  const found = compare(
    collect([
      parseFile('a.yaml', JSON.stringify({ ...tcp, name: 'new' })),
      parseFile('b.yaml', JSON.stringify({ ...tcp, service_id: id(2), name: 'old' })),
    ]),
    [live({ name: 'old' }), live({ service_id: id(2), name: 'b' })],
  );
  expect(pickFindings(found, ['old']).faults).toEqual([
    `expected the name of one service, found "old", by which ${id(1)} and ${id(2)} are known; give the id`,
  ]);
});

test('two broken declarations of one name without an id are told apart by nothing', () => {
  const nameless = [
    { service_id: null, names: ['x'] },
    { service_id: null, names: ['x'] },
  ];
  expect(pick(nameless, ['x'], (each) => each).faults[0]).toContain('(none) and (none)');
});
