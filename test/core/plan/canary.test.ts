import { expect, test } from 'vitest';
import { selectCanaries } from '../../../src/core/plan/canary.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import { stepId } from '../../../src/core/plan/step.ts';
import { findings, id, planOptions } from '../builders.ts';

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
