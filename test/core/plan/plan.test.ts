import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import type { Finding } from '../../../src/core/compare/compare.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { nothingSeen, remember } from '../../../src/core/plan/memory.ts';
import type { Memory } from '../../../src/core/plan/memory.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import type { Plan } from '../../../src/core/plan/plan.ts';
import { normalize } from '../../../src/core/service/normalize.ts';
import { declared, findings, http, id, live, policy, service, tcp, tunnel } from '../builders.ts';

/** Services that change their names: `renames('a→b', 'b→c')` are 1 and 2. */
const renames = (...each: readonly string[]) => {
  const names = each.map((names, index) => ({ service_id: id(index + 1), names: names.split('→') }));
  return {
    declared: names.map(({ service_id, names: [, name = ''] }) => ({ service_id, name })),
    live: names.map(({ service_id, names: [name = ''] }) => ({ service_id, name })),
  };
};

/** `1 after 2`: who is updated, in order, and behind whom. */
const orderOf = ({ updates }: Plan) =>
  updates.map(
    ({ finding, after }) => `${finding.live.service_id.slice(-1)}${after === null ? '' : ` after ${after.slice(-1)}`}`,
  );

const withheldOf = ({ withheld }: Plan) =>
  withheld.map(({ finding, reason }) => `${finding.live.service_id.slice(-1)}: ${reason}`);

describe('a plan', () => {
  test('updates what drifted, and nothing else', () => {
    const { updates, withheld } = plan(
      findings({
        declared: [{ tcp_port: 1 }, { ...http }, { service_id: id(3), name: 'missing' }],
        live: [{}, http, { service_id: id(4), name: 'unmanaged' }],
      }),
      policy(),
    );
    expect(updates).toMatchObject([
      {
        finding: { kind: 'drifted', live: { service_id: id(1) } },
        body: {
          name: 'db',
          type: 'tcp',
          tcp_port: 1,
          host: { hostname: 'db.internal', resolver_network: { tunnel_id: tunnel } },
        },
        carriedOver: [],
        after: null,
      },
    ]);
    expect(withheld).toEqual([]);
  });

  test('of nothing is empty', () => {
    expect(plan([], policy())).toEqual({ updates: [], withheld: [] });
  });

  test('leaves alone what is set aside, drifted or not', () => {
    const { skipped } = parseFile('db.yaml', JSON.stringify({ ...tcp, tcp_port: 0 }));
    expect(plan(compare({ declarations: [], skipped, problems: [] }, [live()]), policy())).toEqual({
      updates: [],
      withheld: [],
    });
  });
});

const cycle = (names: string) =>
  `a cycle of names, ${names}: none can be first without a name that no declaration says; rename one of them in two steps`;

describe('names', () => {
  test.for<{ what: string; each: string[]; order: string[] }>([
    { what: 'a free name', each: ['a→b'], order: ['1'] },
    { what: 'a chain', each: ['a→b', 'b→c', 'c→d'], order: ['1 after 2', '2 after 3', '3'] },
    { what: 'a chain the other way', each: ['c→d', 'b→c', 'a→b'], order: ['1', '2 after 1', '3 after 2'] },
    { what: 'two chains', each: ['a→b', 'x→y', 'b→c', 'y→z'], order: ['1 after 3', '2 after 4', '3', '4'] },
    { what: 'another case', each: ['a→A', 'b→B'], order: ['1', '2'] },
  ])('are taken in an order in which they are free: $what', ({ each, order }) => {
    const planned = plan(findings(renames(...each)), policy());
    expect(orderOf(planned)).toEqual(order);
    expect(planned.withheld).toEqual([]);
  });

  test.for<{ what: string; each: string[]; withheld: string[]; order?: string[] }>([
    {
      what: 'a swap',
      each: ['a→b', 'b→a'],
      withheld: [`1: ${cycle('"b" → "a" → "b"')}`, `2: ${cycle('"a" → "b" → "a"')}`],
    },
    {
      what: 'a ring of three',
      each: ['a→b', 'b→c', 'c→a'],
      withheld: [
        `1: ${cycle('"b" → "c" → "a" → "b"')}`,
        `2: ${cycle('"c" → "a" → "b" → "c"')}`,
        `3: ${cycle('"a" → "b" → "c" → "a"')}`,
      ],
    },
    {
      what: 'a ring and those who follow it',
      each: ['y→x', 'a→b', 'b→a', 'x→a'],
      withheld: [
        `1: ${cycle('"a" → "b" → "a"')}`,
        `2: ${cycle('"b" → "a" → "b"')}`,
        `3: ${cycle('"a" → "b" → "a"')}`,
        `4: ${cycle('"a" → "b" → "a"')}`,
      ],
    },
    {
      what: 'a ring beside a chain',
      each: ['a→b', 'b→a', 'x→y', 'y→z'],
      withheld: [`1: ${cycle('"b" → "a" → "b"')}`, `2: ${cycle('"a" → "b" → "a"')}`],
      order: ['3 after 4', '4'],
    },
  ])('that go in a ring are withheld, with all who follow: $what', ({ each, withheld, order = [] }) => {
    const planned = plan(findings(renames(...each)), policy());
    expect(withheldOf(planned)).toEqual(withheld);
    expect(orderOf(planned)).toEqual(order);
  });

  test('held by an unmanaged service are withheld, and so is who follows', () => {
    const { declared, live } = renames('a→b', 'b→c', 'c→d');
    const planned = plan(findings({ declared, live: [...live, { service_id: id(9), name: 'd' }] }), policy());
    expect(planned.updates).toEqual([]);
    expect(withheldOf(planned)).toEqual([
      `1: wants the name "b", whose holder wants "c", whose holder wants "d", which ${id(9)} keeps`,
      `2: wants the name "c", whose holder wants "d", which ${id(9)} keeps`,
      `3: wants the name "d", which ${id(9)} keeps`,
    ]);
  });

  test('held by a service whose declaration is set aside are withheld', () => {
    const { declarations } = declared({ name: 'web' });
    const { skipped } = parseFile('web.yaml', JSON.stringify({ ...http, name: 'new', http_port: 0 }));
    const planned = plan(compare({ declarations, skipped, problems: [] }, [live(), live(http)]), policy());
    expect(withheldOf(planned)).toEqual([`1: wants the name "web", which ${id(2)} keeps`]);
  });

  test.for([
    ['in sync', {}],
    ['drifted', { tcp_port: 1 }],
  ] as const)('held by a service that is %s and keeps its name are withheld', ([, difference]) => {
    const planned = plan(
      findings({
        declared: [{ name: 'b' }, { service_id: id(2), name: 'b' }],
        live: [{ name: 'a' }, { service_id: id(2), name: 'b', ...difference }],
      }),
      policy(),
    );
    expect(withheldOf(planned)).toEqual([`1: wants the name "b", which ${id(2)} keeps`]);
  });

  test('held by a service that is withheld for another reason are withheld', () => {
    const { declared, live } = renames('a→b', 'b→c', 'c→d');
    const unknown = live.map((each, index) => (index === 2 ? { ...each, weight: 3 } : each));
    const planned = plan(findings({ declared, live: unknown }), policy({ unknownFields: 'withhold' }));
    expect(planned.updates).toEqual([]);
    expect(withheldOf(planned)).toEqual([
      `1: wants the name "b", whose holder wants "c", whose holder ${id(3)} is withheld`,
      `2: wants the name "c", whose holder ${id(3)} is withheld`,
      '3: live has fields that this version does not know: weight; set unknown_fields to preserve or drop',
    ]);
  });

  test('that stay need nobody: a change beside a name does not wait', () => {
    const planned = plan(
      findings({ declared: [{ tcp_port: 1 }, http], live: [{}, { ...http, http_port: 80 }] }),
      policy(),
    );
    expect(orderOf(planned)).toEqual(['1', '2']);
  });

  test('of missing services are held by nobody', () => {
    const { declared, live } = renames('a→b', 'b→c');
    expect(orderOf(plan(findings({ declared, live: live.slice(0, 1) }), policy()))).toEqual(['1']);
  });
});

describe('live fields that this version does not know', () => {
  const drifted = findings({
    declared: [{ tcp_port: 1 }],
    live: [service({ weight: 3, host: { ...tcp.host, zone: 'a' } })],
  });

  test('are carried over', () => {
    expect(plan(drifted, policy({ unknownFields: 'preserve' }))).toMatchObject({
      updates: [
        {
          body: { tcp_port: 1, weight: 3, host: { hostname: 'db.internal', zone: 'a' } },
          carriedOver: ['host.zone', 'weight'],
        },
      ],
      withheld: [],
    });
  });

  test('withhold the update, where that is wanted', () => {
    const planned = plan(drifted, policy({ unknownFields: 'withhold' }));
    expect(planned.updates).toEqual([]);
    expect(withheldOf(planned)).toEqual([
      '1: live has fields that this version does not know: host.zone, weight; set unknown_fields to preserve or drop',
    ]);
  });

  test('are given up, where that is wanted', () => {
    const { updates, withheld } = plan(drifted, policy({ unknownFields: 'drop' }));
    expect(updates.map(({ body, carriedOver }) => ({ body, carriedOver }))).toEqual([
      {
        body: {
          name: 'db',
          type: 'tcp',
          tcp_port: 1,
          host: { hostname: 'db.internal', resolver_network: { tunnel_id: tunnel } },
        },
        carriedOver: [],
      },
    ]);
    expect(withheld).toEqual([]);
  });

  const moved = findings({
    declared: [tcp],
    live: [{ host: { ...http.host, network: { tunnel_id: tunnel, mtu: 1400, zone: 'a' } } }],
  });

  test('withhold the update where the declared host has no place for them', () => {
    const planned = plan(moved, policy({ unknownFields: 'preserve' }));
    expect(planned.updates).toEqual([]);
    expect(withheldOf(planned)).toEqual([
      '1: the declared host has no place for live fields that this version does not know: host.network.mtu, host.network.zone; set unknown_fields to drop to give them up',
    ]);
    expect(plan(moved, policy({ unknownFields: 'drop' })).updates).toHaveLength(1);
  });

  test('do not matter while nothing differs', () => {
    const inSync = findings({ declared: [{}], live: [service({ weight: 3 })] });
    expect(plan(inSync, policy({ unknownFields: 'withhold' }))).toEqual({ updates: [], withheld: [] });
  });
});

/** What is known after the API answered a first update with what was live before. */
const unsettled = (found: readonly Finding[]): Memory =>
  remember({
    findings: found,
    outcomes: new Map([
      [id(1), { result: 'unsettled', attempts: 1, paths: ['tcp_port'], kept: normalize(live().value).known }],
    ]),
    memory: nothingSeen,
    now: 0,
  });

describe('what the API would not keep', () => {
  const sides = { declared: [{ tcp_port: 1 }], live: [{}] };
  test('is withheld while neither side changes', () => {
    const planned = plan(findings(sides), policy({ memory: unsettled(findings(sides)) }));
    expect(planned.updates).toEqual([]);
    expect(withheldOf(planned)).toEqual([
      '1: the API answered the last update with something else (tcp_port); not sent again until the declaration or the live value changes',
    ]);
  });

  test.for([
    ['the declaration', { ...sides, declared: [{ tcp_port: 2 }] }],
    ['the live value', { ...sides, live: [{ tcp_port: 3 }] }],
  ] as const)('is sent again when %s changes', ([, changed]) => {
    expect(plan(findings(changed), policy({ memory: unsettled(findings(sides)) })).updates).toHaveLength(1);
  });
});

test('a chain of names as long as an account is planned quickly, and told by its ends', () => {
  const numbers = Array.from({ length: 1000 }, (_, number) => number + 1);
  const chain = (last: JsonObject[]) =>
    findings({
      declared: numbers.map((number) => ({ service_id: id(number), name: `s${number + 1}` })),
      live: [...numbers.map((number) => service({ service_id: id(number), name: `s${number}` })), ...last],
    });
  const begun = process.cpuUsage();
  expect(plan(chain([]), policy()).updates).toHaveLength(1000);
  const stuck = plan(chain([service({ service_id: id(5000), name: 's1001' })]), policy());
  expect(stuck.withheld).toHaveLength(1000);
  expect(stuck.withheld[0]?.reason).toBe(
    `wants the name "s2", whose holder wants "s3", whose holder wants "s4", whose holder wants "s5", whose holder wants … (992 more), whose holder wants "s998", whose holder wants "s999", whose holder wants "s1000", whose holder wants "s1001", which ${id(5000)} keeps`,
  );
  expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(10);
});

describe('what the API refused', () => {
  const sides = { declared: [{ tcp_port: 1 }], live: [{}] };
  const refusal = failure('rejected', 'HTTP 400, code 5101: Tunnel ID Not Found');
  const memory = remember({
    findings: findings(sides),
    outcomes: new Map([[id(1), { result: 'failed', attempts: 1, failure: refusal }]]),
    memory: nothingSeen,
    now: 0,
  });
  const after = (minutes: number, retryParked = false) =>
    plan(findings(sides), policy({ memory, now: minutes * 60_000, retryParked }));

  test('is parked, with the refusal and how long', () => {
    expect(after(3)).toEqual({
      updates: [],
      withheld: [
        {
          finding: findings(sides)[0],
          failure: refusal,
          reason:
            'parked, for the API refused the last update: HTTP 400, code 5101: Tunnel ID Not Found; not tried again for 12m, but at once when the declaration or the live value changes, or on SIGHUP',
        },
      ],
    });
  });

  test('is tried again when its time has come, or when somebody asks for a pass', () => {
    expect(after(14.99).updates).toHaveLength(0);
    expect(after(15).updates).toHaveLength(1);
    expect(after(1, true).updates).toHaveLength(1);
  });

  test('keeps its name, so who wants that is withheld, too', () => {
    const two = {
      declared: [{ name: 'b' }, { service_id: id(2), name: 'a', tcp_port: 5432 }],
      live: [{ name: 'a' }, { service_id: id(2), name: 'c' }],
    };
    const seen = remember({
      findings: findings(two),
      outcomes: new Map([[id(1), { result: 'failed', attempts: 1, failure: refusal }]]),
      memory: nothingSeen,
      now: 0,
    });
    expect(withheldOf(plan(findings(two), policy({ memory: seen })))).toEqual([
      expect.stringMatching(/^1: parked/),
      expect.stringMatching(/^2: wants the name "a", whose holder .* is withheld$/),
    ]);
  });
});

/** So many services that drifted, and so many that are in sync. */
const many = (drifted: number, inSync: number) => {
  const services = Array.from({ length: drifted + inSync }, (_, index) => ({
    service_id: id(index + 1),
    name: `s${index}`,
  }));
  return findings({
    declared: services.map((each, index) => ({ ...each, tcp_port: index < drifted ? 1 : 2 })),
    live: services.map((each) => ({ ...each, tcp_port: 2 })),
  });
};

const sizes = ({ updates, withheld }: Plan) => [updates.length, withheld.length];

describe('a plan that is too large', () => {
  test.for([
    { drifted: 3, inSync: 0, maxChanges: 3, found: [3, 0] },
    { drifted: 4, inSync: 0, maxChanges: 3, found: [0, 4] },
    { drifted: 1, inSync: 9, maxChanges: 0, found: [0, 1] },
    { drifted: 0, inSync: 9, maxChanges: 0, found: [0, 0] },
    { drifted: 2, inSync: 8, maxChangePercent: 20, found: [2, 0] },
    { drifted: 3, inSync: 11, maxChangePercent: 21, found: [0, 3] },
    { drifted: 0, inSync: 0, maxChangePercent: 0, found: [0, 0] },
    { drifted: 5, inSync: 0, maxChangePercent: 100, found: [5, 0] },
    { drifted: 2, inSync: 8, maxChanges: 5, maxChangePercent: 10, found: [0, 2] },
  ])(
    'of $drifted updates beside $inSync services in sync, with $maxChanges and $maxChangePercent %',
    ({ drifted, inSync, maxChanges = null, maxChangePercent = null, found }) => {
      expect(sizes(plan(many(drifted, inSync), policy({ maxChanges, maxChangePercent })))).toEqual(found);
    },
  );

  test('is withheld with its size and how to allow it', () => {
    expect(new Set(plan(many(4, 8), policy({ maxChanges: 3 })).withheld.map(({ reason }) => reason))).toEqual(
      new Set([
        'the plan has 4 updates, 33.3 % of the 12 declared services that are live, and max_changes is 3: withheld whole; raise max_changes, or allow it once: vpc-reconciler apply --max-changes 4',
      ]),
    );
    expect(plan(many(4, 8), policy({ maxChangePercent: 33 })).withheld[0]?.reason).toBe(
      'the plan has 4 updates, 33.3 % of the 12 declared services that are live, and max_change_percent is 33: withheld whole; raise max_change_percent, or allow it once: vpc-reconciler apply --max-change-percent 34',
    );
  });

  test('counts what would be written, not what is withheld anyway', () => {
    const sides = {
      declared: [{ name: 'b' }, { service_id: id(2), name: 'a' }],
      live: [{ name: 'a' }, { service_id: id(2), name: 'b' }],
    };
    expect(withheldOf(plan(findings(sides), policy({ maxChanges: 0 })))).toEqual([
      expect.stringContaining('a cycle of names'),
      expect.stringContaining('a cycle of names'),
    ]);
  });
});

test('who failed last time though it might have worked comes behind the others', () => {
  const services = [1, 2, 3].map((number) => ({ service_id: id(number), name: `s${number}` }));
  const sides = { declared: services.map((each) => ({ ...each, tcp_port: 1 })), live: services };
  const timeout = failure('transient', 'timeout');
  const memory = remember({
    findings: findings(sides),
    outcomes: new Map([
      [id(1), { result: 'failed', attempts: 5, failure: timeout }],
      [id(3), { result: 'withheld', attempts: 0, reason: 'not begun' }],
    ]),
    memory: nothingSeen,
    now: 0,
  });
  expect(orderOf(plan(findings(sides), policy({ memory })))).toEqual(['2', '3', '1']);
});

test('what the API answers as declared and lists otherwise is withheld, and said so', () => {
  const sides = { declared: [{ tcp_port: 1 }], live: [{}] };
  let memory = nothingSeen;
  for (let passes = 0; passes < 3; passes += 1) {
    const outcomes = new Map([[id(1), { result: 'updated', attempts: 1 } as const]]);
    memory = remember({ findings: findings(sides), outcomes, memory, now: 0 });
  }
  expect(withheldOf(plan(findings(sides), policy({ memory })))).toEqual([
    '1: the API answered the last updates as declared, and shows something else again (tcp_port); not sent again until the declaration or the live value changes',
  ]);
});

test('who was not asked for is left alone, and keeps its name', () => {
  const found = findings(renames('a→b', 'b→c', 'd→e'));
  const only = (...numbers: readonly number[]) =>
    policy({ only: new Set(found.filter((_, index) => numbers.includes(index + 1))) });
  expect(orderOf(plan(found, only(3)))).toEqual(['3']);
  expect(orderOf(plan(found, only(1, 2)))).toEqual(['1 after 2', '2']);
  expect(withheldOf(plan(found, only(1)))).toEqual([expect.stringMatching(/^1: wants the name "b", which .* keeps$/)]);
});
