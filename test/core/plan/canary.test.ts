import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { selectCanaries } from '../../../src/core/plan/canary.ts';
import { emptyMemory } from '../../../src/core/plan/memory.ts';
import type { Outcome } from '../../../src/core/plan/outcome.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import type { PlanOptions } from '../../../src/core/plan/plan.ts';
import { remember } from '../../../src/core/plan/remember.ts';
import { stepId } from '../../../src/core/plan/step.ts';
import { findings, http, id, live, planOptions, tcp } from '../builders.ts';

const numbers = [1, 2, 3, 4];
const steps = (declared: readonly object[], live: readonly object[]) =>
  plan(
    findings({
      declared: numbers.map((number, index) => ({ service_id: id(number), name: `s${number}`, ...declared[index] })),
      live: numbers.map((number, index) => ({
        service_id: id(number),
        name: `s${number}`,
        tcp_port: 1,
        ...live[index],
      })),
    }),
    planOptions(),
  ).steps;

const selected = (canary: number, declared: readonly object[] = [], live: readonly object[] = []) =>
  selectCanaries(steps(declared, live), { canary }).map((step) => Number(stepId(step).slice(-1)));

test.each([
  { canary: 0, expected: [] },
  { canary: 1, expected: [1] },
  { canary: 3, expected: [1, 2, 3] },
  { canary: 4, expected: [], reason: 'there is nothing left to hold back' },
  { canary: 9, expected: [] },
])('selects the first $canary steps', ({ canary, expected }) => {
  expect(selected(canary)).toEqual(expected);
});

test('selects the step that a canary waits for, before it', () => {
  const declared = [{ name: 's3' }, {}, { name: 'other' }, {}];
  expect(selected(1, declared)).toEqual([3, 1]);
  expect(selected(3, declared)).toEqual([3, 1, 2]);
});

describe('while the last write of a service has failed', () => {
  const services = numbers.map((number) => ({ service_id: id(number), name: `s${number}` }));
  const found = findings({ declared: services.map((each) => ({ ...each, tcp_port: 1 })), live: services });
  const after = (outcome: Outcome, all = found) =>
    remember({ findings: all, outcomes: new Map([[id(2), outcome]]), memory: emptyMemory, now: 0 });
  const refused = after({ result: 'failed', attempts: 1, failure: failure('rejected', 'Tunnel ID Not Found') });
  const unsettled = after({
    result: 'unsettled',
    attempts: 1,
    service_id: id(2),
    paths: ['tcp_port'],
    stored: new Map([['tcp_port', 3]]),
    unknown: new Map(),
  });
  const planned = (options: Partial<PlanOptions>, all = found) => plan(all, planOptions({ canary: 1, ...options }));
  const halted =
    'canary: the last update of "s2" did not succeed, and nothing else is written until it does; correct its declaration, or write the others once: vpc-reconciler apply --canary 0';

  test.for([
    ['refused', refused],
    ['changed by the API', unsettled],
  ] as const)('because it was %s, nothing else is written', ([, memory]) => {
    const { steps: none, withheld } = planned({ memory });
    expect(none).toEqual([]);
    expect(withheld.map(({ reason }) => reason)).toEqual([
      halted,
      expect.not.stringMatching(/^canary/),
      halted,
      halted,
    ]);
  });

  test('its retry is written alone when it is due', () => {
    const { steps: due, withheld } = planned({ memory: refused, retryParked: true });
    expect(due.map(stepId)).toEqual([id(2)]);
    expect(withheld.map(({ reason }) => reason)).toEqual([halted, halted, halted]);
  });

  test('everything is written without canaries, and the retry last', () => {
    expect(planned({ canary: 0, memory: refused, retryParked: true }).steps.map(stepId).at(-1)).toBe(id(2));
  });

  test('nothing is held back by a failure that may pass, and the service runs first', () => {
    const memory = after({ result: 'failed', attempts: 3, failure: failure('transient', 'timeout') });
    expect(planned({ memory }).steps.map(stepId)).toEqual([2, 1, 3, 4].map(id));
  });

  test('a refused delete is named by the live name', () => {
    const tombstone = parseFile('gone.json', JSON.stringify({ service_id: id(2), reconcile: { ensure: 'absent' } }));
    const other = parseFile('other.json', JSON.stringify({ ...tcp, tcp_port: 1 }));
    const all = compare(collect([tombstone, other]), [live({ service_id: id(2), name: 'old' }), live()]);
    const memory = after({ result: 'failed', attempts: 1, failure: failure('rejected', 'in use') }, all);
    expect(planned({ policy: 'sync', memory }, all).withheld[0]?.reason).toMatch(
      /^canary: the last delete of "old" did/,
    );
  });

  const refusedAs = (key: string, all: typeof found) =>
    planned(
      {
        policy: 'sync',
        memory: remember({
          findings: all,
          outcomes: new Map([[key, { result: 'failed', attempts: 1, failure: failure('rejected', 'refused') }]]),
          memory: emptyMemory,
          now: 0,
        }),
      },
      all,
    ).withheld.find(({ reason }) => reason.startsWith('canary'))?.reason;

  test('a refused create and a refused update are named by the declared name', () => {
    const other = { ...http, http_port: 81 };
    const creates = findings({ declared: [{ service_id: null, name: 'new' }, other], live: [http] });
    expect(refusedAs('name:new', creates)).toMatch(/^canary: the last create of "new" did/);
    const updates = findings({ declared: [{ name: 'new' }, other], live: [{ name: 'old' }, http] });
    expect(refusedAs(id(1), updates)).toMatch(/^canary: the last update of "new" did/);
  });
});
