import { describe, expect, test } from 'vitest';
import { compare } from '../../../src/core/compare/compare.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import { declared, findings, http, id, live, planOptions, renames, service } from '../builders.ts';
import { stepOrder, withheldReasons } from './plan-text.ts';

const cycle = (names: string) =>
  `the names form a cycle, ${names}, so no rename can run first; rename one of these services to an unused name in a separate commit`;

describe('name order', () => {
  test.for<{ what: string; each: string[]; order: string[] }>([
    { what: 'a free name', each: ['a→b'], order: ['1'] },
    { what: 'a chain', each: ['a→b', 'b→c', 'c→d'], order: ['1 after 2', '2 after 3', '3'] },
    { what: 'a chain the other way', each: ['c→d', 'b→c', 'a→b'], order: ['1', '2 after 1', '3 after 2'] },
    { what: 'two chains', each: ['a→b', 'x→y', 'b→c', 'y→z'], order: ['1 after 3', '2 after 4', '3', '4'] },
    { what: 'a change of case', each: ['a→A', 'b→B'], order: ['1', '2'] },
  ])('updates the holder of a name before the service that takes it: $what', ({ each, order }) => {
    const planned = plan(findings(renames(...each)), planOptions());
    expect(stepOrder(planned)).toEqual(order);
    expect(planned.withheld).toEqual([]);
  });

  test.for<{ what: string; each: string[]; withheld: string[]; order?: string[] }>([
    {
      what: 'a swap',
      each: ['a→b', 'b→a'],
      withheld: [`1: ${cycle('"b" → "a" → "b"')}`, `2: ${cycle('"a" → "b" → "a"')}`],
    },
    {
      what: 'a cycle of three',
      each: ['a→b', 'b→c', 'c→a'],
      withheld: [
        `1: ${cycle('"b" → "c" → "a" → "b"')}`,
        `2: ${cycle('"c" → "a" → "b" → "c"')}`,
        `3: ${cycle('"a" → "b" → "c" → "a"')}`,
      ],
    },
    {
      what: 'a cycle and services that wait for it',
      each: ['y→x', 'a→b', 'b→a', 'x→a'],
      withheld: [
        `1: ${cycle('"a" → "b" → "a"')}`,
        `2: ${cycle('"b" → "a" → "b"')}`,
        `3: ${cycle('"a" → "b" → "a"')}`,
        `4: ${cycle('"a" → "b" → "a"')}`,
      ],
    },
    {
      what: 'a cycle next to a chain',
      each: ['a→b', 'b→a', 'x→y', 'y→z'],
      withheld: [`1: ${cycle('"b" → "a" → "b"')}`, `2: ${cycle('"a" → "b" → "a"')}`],
      order: ['3 after 4', '4'],
    },
  ])('withholds a cycle and every service that waits for it: $what', ({ each, withheld, order = [] }) => {
    const planned = plan(findings(renames(...each)), planOptions());
    expect(withheldReasons(planned)).toEqual(withheld);
    expect(stepOrder(planned)).toEqual(order);
  });

  test('withholds a chain that ends at an unmanaged service', () => {
    const { declared, live } = renames('a→b', 'b→c', 'c→d');
    const planned = plan(findings({ declared, live: [...live, { service_id: id(9), name: 'd' }] }), planOptions());
    expect(planned.steps).toEqual([]);
    expect(withheldReasons(planned)).toEqual([
      `1: waits for the name "b", whose holder waits for "c", whose holder waits for "d", which ${id(9)} keeps`,
      `2: waits for the name "c", whose holder waits for "d", which ${id(9)} keeps`,
      `3: waits for the name "d", which ${id(9)} keeps`,
    ]);
  });

  test('withholds a service that waits for one whose declaration is skipped', () => {
    const { declarations } = declared({ name: 'web' });
    const { skipped } = parseFile('web.yaml', JSON.stringify({ ...http, name: 'new', http_port: 0 }));
    const planned = plan(
      compare({ declarations, tombstones: [], skipped, problems: [] }, [live(), live(http)]),
      planOptions(),
    );
    expect(withheldReasons(planned)).toEqual([`1: waits for the name "web", which ${id(2)} keeps`]);
  });

  test.for([
    ['in sync', {}],
    ['drifted', { tcp_port: 1 }],
  ] as const)('withholds a service that waits for one that is %s and keeps its name', ([, difference]) => {
    const planned = plan(
      findings({
        declared: [{ name: 'b' }, { service_id: id(2), name: 'b' }],
        live: [{ name: 'a' }, { service_id: id(2), name: 'b', ...difference }],
      }),
      planOptions(),
    );
    expect(withheldReasons(planned)).toEqual([`1: waits for the name "b", which ${id(2)} keeps`]);
  });

  test('withholds a chain that ends at a service withheld for another reason', () => {
    const { declared, live } = renames('a→b', 'b→c', 'c→d');
    const unknown = live.map((each, index) => (index === 2 ? { ...each, weight: 3 } : each));
    const planned = plan(findings({ declared, live: unknown }), planOptions({ unknownFields: 'withhold' }));
    expect(planned.steps).toEqual([]);
    expect(withheldReasons(planned)).toEqual([
      `1: waits for the name "b", whose holder waits for "c", whose holder ${id(3)} is withheld`,
      `2: waits for the name "c", whose holder ${id(3)} is withheld`,
      '3: the live service has fields that this version does not know: weight; set unknown_fields to preserve or drop',
    ]);
  });

  test('does not wait when the name stays the same', () => {
    const planned = plan(
      findings({ declared: [{ tcp_port: 1 }, http], live: [{}, { ...http, http_port: 80 }] }),
      planOptions(),
    );
    expect(stepOrder(planned)).toEqual(['1', '2']);
  });

  test('treats the name of a missing service as free', () => {
    const { declared, live } = renames('a→b', 'b→c');
    expect(stepOrder(plan(findings({ declared, live: live.slice(0, 1) }), planOptions()))).toEqual(['1']);
  });
});

/** Returns why the first of so many services cannot get its name, if the last one wants a name that is taken. */
const firstReason = (count: number) => {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const found = findings({
    declared: numbers.map((number) => ({ service_id: id(number), name: `s${number + 1}` })),
    live: [...numbers, count + 1].map((number) => ({ service_id: id(number), name: `s${number}` })),
  });
  return plan(found, planOptions()).withheld[0]?.reason;
};

const chain = (...names: readonly string[]) => names.join(', whose holder waits for ');

describe('a long chain of names', () => {
  test('is shown whole up to eight names', () => {
    expect(firstReason(8)).toBe(
      `waits for the name ${chain('"s2"', '"s3"', '"s4"', '"s5"', '"s6"', '"s7"', '"s8"', '"s9"')}, which ${id(9)} keeps`,
    );
  });

  test('is shown with four names of each end if it has more', () => {
    expect(firstReason(9)).toBe(
      `waits for the name ${chain('"s2"', '"s3"', '"s4"', '"s5"', '… (1 more)', '"s7"', '"s8"', '"s9"', '"s10"')}, which ${id(10)} keeps`,
    );
  });
});

test('a service that several broken declarations are for holds its name once', () => {
  const broken = ['a', 'b'].flatMap(
    (file) => parseFile(`${file}.json`, JSON.stringify({ ...http, http_port: 0 })).skipped,
  );
  const made = compare({ ...declared({ name: 'web' }), skipped: broken }, [live(), live(http)]);
  expect(made.map(({ kind }) => kind)).toEqual(['drifted', 'invalid', 'invalid']);
  expect(withheldReasons(plan(made, planOptions()))).toEqual([`1: waits for the name "web", which ${id(2)} keeps`]);
});

describe('two live services of one name', () => {
  const twin = live({ ...http, service_id: id(9), name: 'a' });

  test.for([1, 9])('do not withhold the declared one, whichever is listed last: %i', (declaredId) => {
    const made = compare(declared(service({ ...http, service_id: id(declaredId), name: 'a', http_port: 81 })), [
      live({ ...http, service_id: id(1), name: 'a' }),
      twin,
    ]);
    const planned = plan(made, planOptions());
    expect(stepOrder(planned)).toEqual([String(declaredId)]);
    expect(planned.withheld).toEqual([]);
  });

  test('withhold another one that wants the name', () => {
    const made = compare(declared(service({ ...http, service_id: id(2), name: 'a' })), [
      live({ ...http, service_id: id(1), name: 'a' }),
      live({ ...http, service_id: id(2), name: 'b' }),
      twin,
    ]);
    expect(withheldReasons(plan(made, planOptions()))).toEqual([
      `2: waits for the name "a", which 2 services hold: ${id(1)}, ${id(9)}`,
    ]);
  });
});
