import { describe, expect, test } from 'vitest';
import { plan } from '../../../src/core/plan/plan.ts';
import type { Plan } from '../../../src/core/plan/plan.ts';
import { findings, id, planOptions } from '../builders.ts';
import { withheldReasons } from './plan-text.ts';

/** Returns findings for this many drifted services and this many in sync. */
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

const sizes = ({ steps, withheld }: Plan) => [steps.length, withheld.length];

describe('the limits of a plan', () => {
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
    '$drifted updates and $inSync services in sync, with maxChanges $maxChanges and maxChangePercent $maxChangePercent',
    ({ drifted, inSync, maxChanges = null, maxChangePercent = null, found }) => {
      expect(sizes(plan(many(drifted, inSync), planOptions({ maxChanges, maxChangePercent })))).toEqual(found);
    },
  );

  test('withhold a plan of creates only, of which no declared service is live', () => {
    const missing = findings({ declared: [{ service_id: null }], live: [] });
    expect(plan(missing, planOptions({ policy: 'sync', maxChanges: 0 })).withheld).toMatchObject([
      { reason: expect.stringContaining('the plan has 1 create (0% of the 0 declared services that are live) but') },
    ]);
  });

  test('withhold a plan with its size and the flag that allows it', () => {
    expect(new Set(plan(many(4, 8), planOptions({ maxChanges: 3 })).withheld.map(({ reason }) => reason))).toEqual(
      new Set([
        'the plan has 4 updates (33.3% of the 12 declared services that are live) but max_changes is 3, so the whole plan is withheld; raise max_changes, or allow it once: vpc-reconciler apply --max-changes 4',
      ]),
    );
    expect(plan(many(4, 8), planOptions({ maxChangePercent: 33 })).withheld[0]?.reason).toBe(
      'the plan has 4 updates (33.3% of the 12 declared services that are live) but max_change_percent is 33, so the whole plan is withheld; raise max_change_percent, or allow it once: vpc-reconciler apply --max-change-percent 34',
    );
  });

  test('count only steps, not services that are withheld anyway', () => {
    const sides = {
      declared: [{ name: 'b' }, { service_id: id(2), name: 'a' }],
      live: [{ name: 'a' }, { service_id: id(2), name: 'b' }],
    };
    expect(withheldReasons(plan(findings(sides), planOptions({ maxChanges: 0 })))).toEqual([
      expect.stringContaining('the names form a cycle'),
      expect.stringContaining('the names form a cycle'),
    ]);
  });
});
