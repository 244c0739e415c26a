import { describe, expect, test } from 'vitest';
import { lockOf, movedSince, parseLock } from '../../src/core/lock.ts';
import { plan } from '../../src/core/plan.ts';
import type { Sides } from './builders.ts';
import { findings, id, policy } from './builders.ts';

const planFor = (sides: Sides) => plan(findings(sides), policy());
const one: Sides = { declared: [{ tcp_port: 1 }], live: [{}] };
const lock = lockOf(planFor(one), 'account');
const movedTo = (sides: Sides, accountId = 'account') => movedSince(lock, planFor(sides), accountId);

test('a locked plan holds what is to be sent and what is live, without the times', () => {
  expect(lock).toMatchObject({
    plan_version: 1,
    account_id: 'account',
    updates: [{ service_id: id(1), name: 'db', live: { tcp_port: 5432 }, body: { name: 'db', tcp_port: 1 } }],
  });
  expect(Object.keys(lock.updates[0]?.live ?? {})).not.toContain('updated_at');
});

test('it reads as it was written', () => {
  expect(parseLock(JSON.stringify(lock))).toEqual(lock);
});

test.for(['', 'text', '{}', '[]', '{"plan_version":2,"account_id":"a","updates":[]}', '{"plan_version":1}'])(
  'what is no locked plan is not read as one: %j',
  (text) => {
    expect(parseLock(text)).toBeNull();
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
    expect(movedSince(lock, plan(later, policy()), 'account')).toEqual([]);
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
      moved: ['"db" is not to be updated any more'],
    },
    {
      what: 'the service: gone',
      sides: { declared: [{ tcp_port: 1 }] },
      moved: ['"db" is not to be updated any more'],
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

  test('a plan for another account never holds', () => {
    expect(movedTo(one, 'elsewhere')).toEqual(['it was made for the account account, not for elsewhere']);
  });
});

test('a plan that holds a service twice, or something bottomless, is not read as one', () => {
  const [update] = lock.updates;
  expect(parseLock(JSON.stringify({ ...lock, updates: [update, update] }))).toBeNull();
  const deep = `${'['.repeat(60)}${']'.repeat(60)}`;
  expect(parseLock(JSON.stringify(lock).replace('"tcp_port":1', `"tcp_port":${deep}`))).toBeNull();
});

test('another live name than the file says is a move', () => {
  const updates = lock.updates.map((update) => ({ ...update, name: 'harmless' }));
  expect(movedSince({ ...lock, updates }, planFor(one), 'account')).toEqual(['"harmless" is called "db" live']);
});

test('remembers to what it was narrowed', () => {
  expect(lockOf(planFor(one), 'account', ['db']).only).toEqual(['db']);
});
