import { expect, test } from 'vitest';
import { MODES, PASS_OUTCOMES, RETRIES_PARKED, TRIGGERS } from '../../../src/core/report/pass.ts';

test('retries parked updates in the passes that a person requests', () => {
  expect(TRIGGERS.filter((trigger) => RETRIES_PARKED[trigger])).toEqual(['signal', 'request', 'command']);
});

test('lists every member once', () => {
  for (const list of [TRIGGERS, MODES, PASS_OUTCOMES]) expect(new Set<string>(list).size).toBe(list.length);
});
