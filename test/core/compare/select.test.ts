import { expect, test } from 'vitest';
import { compare } from '../../../src/core/compare/compare.ts';
import { select, selectFindings } from '../../../src/core/compare/select.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { http, id, live, tcp } from '../builders.ts';

const services = [
  { service_id: id(1), name: 'orders-db' },
  { service_id: '0191e3a4-5b6c-7d8e-9f00-00000000abcd', name: 'a, b' },
  { service_id: id(3), name: 'a' },
];
const abcd = '0191E3A4-5B6C-7D8E-9F00-00000000ABCD';
const selectNamed = (wanted: readonly string[]) =>
  select(services, wanted, ({ service_id, name }) => ({ service_id, names: [name] }));

test.for([
  { wanted: [], names: ['orders-db', 'a, b', 'a'] },
  { wanted: ['a'], names: ['a'] },
  { wanted: ['a, b'], names: ['a, b'] },
  { wanted: ['a, orders-db'], names: ['orders-db', 'a'] },
  { wanted: ['a', 'a', id(3)], names: ['a'] },
  { wanted: [abcd], names: ['a, b'] },
  { wanted: ['0191e3a4-5b6c-7d8e-9f00-00000000A'], names: ['a, b'] },
  { wanted: [`${id(3)},orders-db`], names: ['orders-db', 'a'] },
])('selects $names for $wanted', ({ wanted, names }) => {
  const { selected, errors } = selectNamed(wanted);
  expect({ names: selected.map(({ name }) => name), errors }).toEqual({ names, errors: [] });
});

test('reports every text that selects no service, with suggestions', () => {
  expect(selectNamed(['order-db,A', 'a', ''])).toEqual({
    selected: [services[2]],
    errors: [
      'expected the name or id of a service, found "order-db"; did you mean "orders-db"?',
      'expected the name or id of a service, found "A"',
      'expected the name or id of a service, found ""',
    ],
  });
});

test('rejects the beginning of several ids, and names at most five of them', () => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ service_id: id(index), name: `s${index}` }));
  const of = (count: number, wanted: string) =>
    select(many.slice(0, count), [wanted], ({ service_id, name }) => ({ service_id, names: [name] })).errors;
  expect(of(2, '0191e3a4')).toEqual([
    `expected the beginning of one id, found "0191e3a4", with which ${id(0)} and ${id(1)} begin; write more of the id`,
  ]);
  expect(of(1000, '0191e3a4')[0]).toContain(
    `with which ${id(0)}, ${id(1)}, ${id(2)}, ${id(3)}, ${id(4)} and 995 more begin`,
  );
});

test('does not take fewer than four characters for the beginning of an id', () => {
  expect(selectNamed(['019']).errors).toHaveLength(1);
});

test('prefers a name to the beginning of an id', () => {
  const both = [
    { service_id: id(1), name: 'x' },
    { service_id: '9999e3a4-5b6c-7d8e-9f00-000000000001', name: '0191e3a4' },
  ];
  const { selected } = select(both, ['0191e3a4'], ({ service_id, name }) => ({ service_id, names: [name] }));
  expect(selected).toEqual([both[1]]);
});

test('rejects a text that is the id of one service and the name of another', () => {
  const both = [
    { service_id: id(1), names: [null] },
    { service_id: id(2), names: [id(1).toUpperCase()] },
  ];
  expect(select(both, [id(1).toUpperCase()], (each) => each)).toEqual({
    selected: both,
    errors: [
      `expected the name of one service, found "${id(1).toUpperCase()}", which is the name of ${id(1)} and ${id(2)}; use the id instead`,
    ],
  });
});

test('takes four characters for the beginning of an id, next to services that have no id and no name', () => {
  const some = [
    { service_id: null, names: [null] },
    { service_id: id(1), names: ['orders-db'] },
  ];
  expect(select(some, ['0191'], (each) => each)).toEqual({ selected: [some[1]], errors: [] });
  expect(select(some, ['order-db'], (each) => each).errors).toEqual([
    'expected the name or id of a service, found "order-db"; did you mean "orders-db"?',
  ]);
});

test('suggests at most five names, of a thousand', () => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ service_id: id(index), name: `service-${index}` }));
  const { errors } = select(many, ['019'], ({ service_id, name }) => ({ service_id, names: [name] }));
  expect(errors[0]?.length).toBeLessThan(350);
  expect(errors[0]).toContain('000000000004", or one of 995 more?');
});

test('selects findings of every kind by declared name, live name and id', () => {
  const found = compare(
    collect([
      parseFile('a.yaml', JSON.stringify({ ...tcp, name: 'new' })),
      parseFile('b.yaml', JSON.stringify({ ...tcp, service_id: id(3), name: 'gone' })),
      parseFile('c.yaml', JSON.stringify({ ...http, service_id: id(2), name: 'bad', http_port: 0 })),
      parseFile('d.yaml', JSON.stringify({ ...tcp, service_id: id(4), name: 'same' })),
      parseFile('e.yaml', 'text'),
      parseFile('f.yaml', JSON.stringify({ name: 'absent', reconcile: { ensure: 'absent' } })),
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
    ['absent', 'gone'],
  ] as const) {
    expect(selectFindings(found, [word]).selected.map((finding) => finding.kind)).toEqual([kind]);
  }
  expect(selectFindings(found, []).selected).toBe(found);
});

test('rejects a name that two services have and asks for the id', () => {
  const found = compare(
    collect([
      parseFile('a.yaml', JSON.stringify({ ...tcp, name: 'new' })),
      parseFile('b.yaml', JSON.stringify({ ...tcp, service_id: id(2), name: 'old' })),
    ]),
    [live({ name: 'old' }), live({ service_id: id(2), name: 'b' })],
  );
  expect(selectFindings(found, ['old']).errors).toEqual([
    `expected the name of one service, found "old", which is the name of ${id(1)} and ${id(2)}; use the id instead`,
  ]);
});

test('rejects a name that two invalid declarations without an id have', () => {
  const nameless = [
    { service_id: null, names: ['x'] },
    { service_id: null, names: ['x'] },
  ];
  expect(select(nameless, ['x'], (each) => each).errors[0]).toContain('(no id) and (no id)');
});
