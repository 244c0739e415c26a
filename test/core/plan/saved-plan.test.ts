import { describe, expect, test } from 'vitest';
import { compare } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import { changesSince, parseSavedPlan, toSavedPlan } from '../../../src/core/plan/saved-plan.ts';
import { findings, id, policy } from '../builders.ts';
import type { Sides } from '../builders.ts';

const planFor = (sides: Sides) => plan(findings(sides), policy());
const one: Sides = { declared: [{ tcp_port: 1 }], live: [{}] };
const savedPlan = toSavedPlan(planFor(one), 'account');
const present = (sides: Sides, accountId = 'account') => ({
  plan: planFor(sides),
  findings: findings(sides),
  accountId,
});
const movedTo = (sides: Sides, accountId = 'account') => changesSince(savedPlan, present(sides, accountId));

test('a locked plan holds what is to be sent and what is live, without the times', () => {
  expect(savedPlan).toMatchObject({
    plan_version: 1,
    account_id: 'account',
    updates: [{ service_id: id(1), name: 'db', live: { tcp_port: 5432 }, body: { name: 'db', tcp_port: 1 } }],
  });
  expect(Object.keys(savedPlan.updates[0]?.live ?? {})).not.toContain('updated_at');
});

test('it reads as it was written', () => {
  expect(parseSavedPlan(JSON.stringify(savedPlan))).toEqual(savedPlan);
});

test.for(['', 'text', '{}', '[]', '{"plan_version":2,"account_id":"a","updates":[]}', '{"plan_version":1}'])(
  'what is no locked plan is not read as one: %j',
  (text) => {
    expect(parseSavedPlan(text)).toBeNull();
  },
);

describe('since a plan was locked', () => {
  test('nothing has moved when the same plan would be made', () => {
    expect(movedTo(one)).toEqual([]);
    const later = findings(one).map((finding) =>
      finding.kind === 'drifted'
        ? { ...finding, live: { ...finding.live, value: { ...finding.live.value, updated_at: 'later' } } }
        : finding,
    );
    expect(changesSince(savedPlan, { plan: plan(later, policy()), findings: later, accountId: 'account' })).toEqual([]);
  });

  test.for<{ what: string; sides: Sides; moved: string[] }>([
    {
      what: 'a live value',
      sides: { declared: [{ tcp_port: 1 }], live: [{ tcp_port: 7 }] },
      moved: ['"db" changed live: tcp_port was 5432, is 7'],
    },
    {
      what: 'a live field that this version does not know',
      sides: { declared: [{ tcp_port: 1 }], live: [{ weight: 3 }] },
      moved: [
        '"db" changed live: weight, which this version does not know, is another',
        '"db" is declared otherwise: weight, which this version does not know, is another',
      ],
    },
    {
      what: 'the declaration',
      sides: { declared: [{ tcp_port: 2 }], live: [{}] },
      moved: ['"db" is declared otherwise: tcp_port was 1, is 2'],
    },
    {
      what: 'the service: in sync',
      sides: { declared: [{}], live: [{}] },
      moved: ['all of it is in sync; it seems to have been applied already'],
    },
    {
      what: 'the service: in sync, while another one is to be updated',
      sides: {
        declared: [{}, { service_id: id(2), name: 'other', tcp_port: 1 }],
        live: [{}, { service_id: id(2), name: 'other' }],
      },
      moved: ['"db" is in sync already', '"other" is to be updated now, and was not'],
    },
    {
      what: 'the service: not live',
      sides: { declared: [{ tcp_port: 1 }] },
      moved: ['"db" is not live any more'],
    },
    {
      what: 'the service: not declared',
      sides: { live: [{}] },
      moved: ['"db" is not declared any more'],
    },
    {
      what: 'the service: neither',
      sides: {},
      moved: ['"db" is neither declared nor live any more'],
    },
    {
      what: 'another service',
      sides: {
        declared: [{ tcp_port: 1 }, { service_id: id(2), name: 'other', tcp_port: 1 }],
        live: [{}, { service_id: id(2), name: 'other' }],
      },
      moved: ['"other" is to be updated now, and was not'],
    },
  ])('this has moved: $what', ({ sides, moved }) => {
    expect(movedTo(sides)).toEqual(moved);
  });

  test('a service that is withheld now was not', () => {
    const withheld = plan(findings(one), policy({ maxChanges: 0 }));
    expect(changesSince(savedPlan, { ...present(one), plan: withheld })).toEqual(['"db" is withheld now']);
  });

  test('a declaration that does not hold any more is a move', () => {
    const broken = parseFile('db.yaml', JSON.stringify({ service_id: id(1), name: 'db' }));
    const now = { plan: planFor({}), findings: compare(collect([broken]), []), accountId: 'account' };
    expect(changesSince(savedPlan, now)).toEqual(['"db" is set aside, for its declaration does not hold']);
  });

  test('an empty plan has not been applied, and holds', () => {
    expect(changesSince({ ...savedPlan, updates: [] }, present({ declared: [{}], live: [{}] }))).toEqual([]);
  });

  test('a plan for another account never holds', () => {
    expect(movedTo(one, 'elsewhere')).toEqual(['it was made for the account account, not for elsewhere']);
  });
});

test('a plan that holds a service twice, or something bottomless, is not read as one', () => {
  const [update] = savedPlan.updates;
  expect(parseSavedPlan(JSON.stringify({ ...savedPlan, updates: [update, update] }))).toBeNull();
  const deep = `${'['.repeat(60)}${']'.repeat(60)}`;
  expect(parseSavedPlan(JSON.stringify(savedPlan).replace('"tcp_port":1', `"tcp_port":${deep}`))).toBeNull();
});

test('another live name than the file says is a move', () => {
  const updates = savedPlan.updates.map((update) => ({ ...update, name: 'harmless' }));
  expect(changesSince({ ...savedPlan, updates }, present(one))).toEqual(['"harmless" is called "db" live']);
});

test('remembers to what it was narrowed', () => {
  expect(toSavedPlan(planFor(one), 'account', ['db']).only).toEqual(['db']);
});
