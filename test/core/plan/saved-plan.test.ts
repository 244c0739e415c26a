import { describe, expect, test } from 'vitest';
import { plan } from '../../../src/core/plan/plan.ts';
import { parseSavedPlan, toSavedPlan } from '../../../src/core/plan/saved-plan.ts';
import { findings, id, planOptions } from '../builders.ts';

const current = plan(findings({ declared: [{ tcp_port: 1 }], live: [{}] }), planOptions());
const savedPlan = toSavedPlan(current, 'account');

describe('a saved plan', () => {
  test('holds the body to send and the live service without its times', () => {
    expect(savedPlan).toMatchObject({
      plan_version: 2,
      account_id: 'account',
      only: [],
      steps: [
        { kind: 'update', service_id: id(1), name: 'db', live: { tcp_port: 5432 }, body: { name: 'db', tcp_port: 1 } },
      ],
    });
    expect(Object.keys(Object(savedPlan.steps[0]).live)).not.toContain('updated_at');
  });

  test('holds the names and ids that the plan was narrowed to', () => {
    expect(toSavedPlan(current, 'account', ['db']).only).toEqual(['db']);
  });

  test('is read as it was written', () => {
    expect(parseSavedPlan(JSON.stringify(savedPlan))).toEqual(savedPlan);
  });

  test('keeps every digit of the numbers in unknown fields', () => {
    const text = JSON.stringify(savedPlan).replaceAll(
      '"tcp_port":',
      '"weights":[9007199254740993,1.10,1e400],"tcp_port":',
    );
    expect(text).toContain('1e400');
    expect(JSON.stringify(parseSavedPlan(text))).toBe(text);
  });
});

describe('the text of a saved plan is rejected', () => {
  test.for(['', 'text', '{}', '[]', '{"plan_version":3,"account_id":"a","only":[],"steps":[]}', '{"plan_version":1}'])(
    'if it is something else: %j',
    (text) => {
      expect(parseSavedPlan(text)).toBeNull();
    },
  );

  test('if a step is of an unknown kind', () => {
    const steps = savedPlan.steps.map((step) => ({ ...step, kind: 'replace' }));
    expect(parseSavedPlan(JSON.stringify({ ...savedPlan, steps }))).toBeNull();
  });

  test('if it contains two steps for one service', () => {
    const [step] = savedPlan.steps;
    expect(parseSavedPlan(JSON.stringify({ ...savedPlan, steps: [step, step] }))).toBeNull();
  });

  test('if a value is nested too deeply', () => {
    const deep = `${'['.repeat(60)}${']'.repeat(60)}`;
    expect(parseSavedPlan(JSON.stringify(savedPlan).replace('"tcp_port":1', `"tcp_port":${deep}`))).toBeNull();
  });
});
