import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { emptyMemory } from '../../../src/core/plan/memory.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import { remember } from '../../../src/core/plan/remember.ts';
import { findings, http, id, live, planOptions, renames, tcp, tunnel } from '../builders.ts';
import { stepOrder, withheldReasons } from './plan-text.ts';

describe('a plan', () => {
  test('updates drifted services and no others', () => {
    const { steps, withheld } = plan(
      findings({
        declared: [{ tcp_port: 1 }, { ...http }, { service_id: id(3), name: 'missing' }],
        live: [{}, http, { service_id: id(4), name: 'unmanaged' }],
      }),
      planOptions(),
    );
    expect(steps).toMatchObject([
      {
        kind: 'update',
        finding: { kind: 'drifted', live: { service_id: id(1) } },
        body: {
          name: 'db',
          type: 'tcp',
          tcp_port: 1,
          host: { hostname: 'db.internal', resolver_network: { tunnel_id: tunnel } },
        },
        carriedOver: [],
        waitsFor: null,
      },
    ]);
    expect(withheld).toEqual([]);
  });

  test('is empty when there are no findings', () => {
    expect(plan([], planOptions())).toEqual({ steps: [], withheld: [] });
  });

  test('leaves a service alone when its declaration is skipped', () => {
    const { skipped } = parseFile('db.yaml', JSON.stringify({ ...tcp, tcp_port: 0 }));
    expect(plan(compare({ declarations: [], tombstones: [], skipped, problems: [] }, [live()]), planOptions())).toEqual(
      {
        steps: [],
        withheld: [],
      },
    );
  });

  test('updates a service last if its last update failed and may succeed later', () => {
    const services = [1, 2, 3].map((number) => ({ service_id: id(number), name: `s${number}` }));
    const sides = { declared: services.map((each) => ({ ...each, tcp_port: 1 })), live: services };
    const timeout = failure('transient', 'timeout');
    const memory = remember({
      findings: findings(sides),
      outcomes: new Map([
        [id(1), { result: 'failed', attempts: 5, failure: timeout }],
        [id(3), { result: 'withheld', attempts: 0, reason: 'not started' }],
      ]),
      memory: emptyMemory,
      now: 0,
    });
    expect(stepOrder(plan(findings(sides), planOptions({ memory })))).toEqual(['2', '3', '1']);
  });

  test('leaves services that are not selected alone, with their names', () => {
    const found = findings(renames('a→b', 'b→c', 'd→e'));
    const only = (...numbers: readonly number[]) =>
      planOptions({ only: new Set(found.filter((_, index) => numbers.includes(index + 1))) });
    expect(stepOrder(plan(found, only(3)))).toEqual(['3']);
    expect(stepOrder(plan(found, only(1, 2)))).toEqual(['1 after 2', '2']);
    expect(withheldReasons(plan(found, only(1)))).toEqual([
      expect.stringMatching(/^1: waits for the name "b", which .* keeps$/),
    ]);
  });
});
