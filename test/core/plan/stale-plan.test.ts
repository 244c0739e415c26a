import { describe, expect, test } from 'vitest';
import { compare } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import { toSavedPlan } from '../../../src/core/plan/saved-plan.ts';
import { findStaleReasons } from '../../../src/core/plan/stale-plan.ts';
import { findings, id, planOptions } from '../builders.ts';
import type { Sides } from '../builders.ts';

const planFor = (sides: Sides) => plan(findings(sides), planOptions());
const savedSides: Sides = { declared: [{ tcp_port: 1 }], live: [{}] };
const savedPlan = toSavedPlan(planFor(savedSides), 'account');
const currentPlan = (sides: Sides, accountId = 'account') => ({
  plan: planFor(sides),
  findings: findings(sides),
  accountId,
});
const reasonsFor = (sides: Sides, accountId = 'account') => findStaleReasons(savedPlan, currentPlan(sides, accountId));

describe('a saved plan is valid', () => {
  test('while the same plan would be made', () => {
    expect(reasonsFor(savedSides)).toEqual([]);
  });

  test('if only the times of a live service have changed', () => {
    const later = findings(savedSides).map((finding) =>
      finding.kind === 'drifted'
        ? { ...finding, live: { ...finding.live, value: { ...finding.live.value, updated_at: 'later' } } }
        : finding,
    );
    const current = { plan: plan(later, planOptions()), findings: later, accountId: 'account' };
    expect(findStaleReasons(savedPlan, current)).toEqual([]);
  });

  test('if it has no steps and there is nothing to do', () => {
    const current = currentPlan({ declared: [{}], live: [{}] });
    expect(findStaleReasons({ ...savedPlan, steps: [] }, current)).toEqual([]);
  });
});

describe('a saved plan is stale', () => {
  test.for<{ what: string; sides: Sides; reasons: string[] }>([
    {
      what: 'a live value has changed',
      sides: { declared: [{ tcp_port: 1 }], live: [{ tcp_port: 7 }] },
      reasons: ['"db" changed live: tcp_port was 5432, is now 7'],
    },
    {
      what: 'an unknown field of the live service has changed',
      sides: { declared: [{ tcp_port: 1 }], live: [{ weight: 3 }] },
      reasons: [
        '"db" changed live: the unknown field weight has a different value',
        'the update of "db" changed: the unknown field weight has a different value',
      ],
    },
    {
      what: 'the declaration has changed',
      sides: { declared: [{ tcp_port: 2 }], live: [{}] },
      reasons: ['the update of "db" changed: tcp_port was 1, is now 2'],
    },
    {
      what: 'the service is in sync and another one has drifted',
      sides: {
        declared: [{}, { service_id: id(2), name: 'other', tcp_port: 1 }],
        live: [{}, { service_id: id(2), name: 'other' }],
      },
      reasons: ['"db" is already in sync', '"other" needs an update that the saved plan does not contain'],
    },
    {
      what: 'the service is no longer live',
      sides: { declared: [{ tcp_port: 1 }] },
      reasons: ['"db" is no longer live'],
    },
    {
      what: 'the service is no longer declared',
      sides: { live: [{}] },
      reasons: ['"db" is no longer declared'],
    },
    {
      what: 'the service is gone from both sides',
      sides: {},
      reasons: ['"db" is no longer declared or live'],
    },
    {
      what: 'another service has drifted',
      sides: {
        declared: [{ tcp_port: 1 }, { service_id: id(2), name: 'other', tcp_port: 1 }],
        live: [{}, { service_id: id(2), name: 'other' }],
      },
      reasons: ['"other" needs an update that the saved plan does not contain'],
    },
  ])('if $what', ({ sides, reasons }) => {
    expect(reasonsFor(sides)).toEqual(reasons);
  });

  test('if a service is now withheld', () => {
    const withheld = plan(findings(savedSides), planOptions({ maxChanges: 0 }));
    const current = { ...currentPlan(savedSides), plan: withheld };
    expect(findStaleReasons(savedPlan, current)).toEqual(['"db" is now withheld']);
  });

  test('if a declaration is now skipped', () => {
    const broken = parseFile('db.yaml', JSON.stringify({ service_id: id(1), name: 'db' }));
    const current = { plan: planFor({}), findings: compare(collect([broken]), []), accountId: 'account' };
    expect(findStaleReasons(savedPlan, current)).toEqual(['"db" is skipped because its declaration has problems']);
  });

  test('if it was made for another account', () => {
    expect(reasonsFor(savedSides, 'other')).toEqual(['it was made for account "account", and this is account "other"']);
  });

  test('if an unknown field is gone', () => {
    const saved = toSavedPlan(planFor({ declared: [{ tcp_port: 1 }], live: [{ weight: 3 }] }), 'account');
    expect(findStaleReasons(saved, currentPlan(savedSides))).toEqual([
      '"db" changed live: the unknown field weight has a different value',
      'the update of "db" changed: the unknown field weight has a different value',
    ]);
  });

  test('if the live name differs from the name in the file', () => {
    const steps = savedPlan.steps.map((step) => ({ ...step, name: 'harmless' }));
    const reasons = findStaleReasons({ ...savedPlan, steps }, currentPlan(savedSides));
    expect(reasons).toEqual(['the live name of "harmless" is now "db"']);
  });
});
