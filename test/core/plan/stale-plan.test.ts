import { describe, expect, test } from 'vitest';
import { compare } from '../../../src/core/compare/compare.ts';
import type { Finding } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import { toSavedPlan } from '../../../src/core/plan/saved-plan.ts';
import { findStaleReasons } from '../../../src/core/plan/stale-plan.ts';
import { findings, http, id, live, planOptions } from '../builders.ts';
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

  test('if only some of its steps have been carried out and the others are withheld', () => {
    const other = { service_id: id(2), name: 'other' };
    const saved = toSavedPlan(
      planFor({ declared: [{ tcp_port: 1 }, { ...other, tcp_port: 1 }], live: [{}, other] }),
      'account',
    );
    const found = findings({ declared: [{ tcp_port: 1 }, { ...other, tcp_port: 1 }], live: [{ tcp_port: 1 }, other] });
    const current = { plan: plan(found, planOptions({ maxChanges: 0 })), findings: found, accountId: 'account' };
    expect(findStaleReasons(saved, current)).toEqual(['"db" is already in sync', '"other" is now withheld']);
  });

  test('without a word about unknown fields that are the same', () => {
    const saved = toSavedPlan(planFor({ declared: [{ tcp_port: 1 }], live: [{ weight: 3, zone: 'a' }] }), 'account');
    const current = currentPlan({ declared: [{ tcp_port: 1 }], live: [{ weight: 3, zone: 'b' }] });
    expect(findStaleReasons(saved, current)).toEqual([
      '"db" changed live: the unknown field zone has a different value',
      'the update of "db" changed: the unknown field zone has a different value',
    ]);
  });
});

describe('a saved create', () => {
  const sides: Sides = { declared: [{ service_id: null, name: 'new' }] };
  const upsert = planOptions({ policy: 'upsert' });
  const saved = toSavedPlan(plan(findings(sides), upsert), 'account');
  const reasonsAfter = (found: readonly Finding[]) =>
    findStaleReasons(saved, { plan: plan(found, upsert), findings: found, accountId: 'account' });

  test('is done if a service of its name is as declared', () => {
    expect(reasonsAfter(findings({ ...sides, live: [{ name: 'new' }] }))).toEqual([]);
  });

  test('is stale if its declaration is gone, even if all others are in sync', () => {
    expect(reasonsAfter(findings({ declared: [http], live: [http] }))).toEqual(['"new" is no longer declared or live']);
  });

  test('is stale if its declaration is now skipped', () => {
    const broken = parseFile('new.json', JSON.stringify({ name: 'new', type: 'tcp' }));
    expect(reasonsAfter(compare(collect([broken]), []))).toEqual([
      '"new" is skipped because its declaration has problems',
    ]);
  });
});

test('a saved delete by name is stale if its service is gone and another step is needed', () => {
  const tombstone = parseFile('gone.json', JSON.stringify({ name: 'db', reconcile: { ensure: 'absent' } }));
  const drifted = parseFile('web.json', JSON.stringify({ ...http, http_port: 81 }));
  const made = (...items: Parameters<typeof compare>[1]) => compare(collect([tombstone, drifted]), items);
  const sync = planOptions({ policy: 'sync' });
  const saved = toSavedPlan(plan(made(live(), live({ ...http, http_port: 81 })), sync), 'account');
  expect(saved.steps.map(({ kind }) => kind)).toEqual(['delete']);
  const found = made(live(http));
  expect(findStaleReasons(saved, { plan: plan(found, sync), findings: found, accountId: 'account' })).toEqual([
    '"db" is no longer live',
    '"web" needs an update that the saved plan does not contain',
  ]);
});
