import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { unknownSelectors } from './metrics.ts';
import { runPromtool, promtool, WITH_PROMTOOL } from './promtool.ts';

const folder = fileURLToPath(new URL('../../config/monitoring/', import.meta.url));
const read = (name: string) => readFileSync(`${folder}${name}`, 'utf8');

const ruleSchema = z.strictObject({
  alert: z.string().regex(/^VpcReconciler[A-Z]\w+$/),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string() }),
});
const rulesSchema = z.strictObject({
  groups: z.tuple([z.strictObject({ name: z.string(), rules: z.array(ruleSchema).min(1) })]),
});
const testsSchema = z.looseObject({
  tests: z.array(
    z.looseObject({
      alert_rule_test: z.array(z.looseObject({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })),
    }),
  ),
});

const [{ rules }] = rulesSchema.parse(parse(read('alerts.yaml'))).groups;
const cases = testsSchema.parse(parse(read('alerts.test.yaml'))).tests.flatMap((each) => each.alert_rule_test);

test('an unknown metric or label is found', async () => {
  const expression =
    'sum(rate(vpc_reconciler_passed_total[5m])) > vpc_reconciler_services{state="lost",job="x"} + process_open_fds';
  expect(await unknownSelectors(expression)).toEqual([
    'vpc_reconciler_passed_total',
    'vpc_reconciler_services{state="lost",job="x"}',
  ]);
});

test('every alert has a unique name', () => {
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});

describe.for(rules)('$alert', ({ alert, expr, annotations }) => {
  test('is about vpc-reconciler and names the instance', () => {
    expect(expr).toMatch(/vpc_reconciler_|job="(vpc-reconciler|git-sync)"/);
    expect(annotations.summary).toContain('$labels.instance');
  });

  test('uses only existing metrics and labels', async () => {
    expect(await unknownSelectors(expr)).toEqual([]);
  });

  test('has a test in which it fires and one in which it does not', () => {
    const outcomes = cases
      .filter(({ alertname }) => alertname === alert)
      .map(({ exp_alerts }) => exp_alerts.length > 0);
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  });

  test('is described in the README', () => {
    expect(read('README.md')).toMatch(new RegExp(`^\\| \`${alert}\` \\| `, 'm'));
  });
});

test('the README lists every alert with its severity, in the same order', () => {
  const documented = [...read('README.md').matchAll(/^\| `(VpcReconciler\w+)` \| (\w+) \| /gm)].map(
    ([, alert, severity]) => `${alert} ${severity}`,
  );
  expect(documented).toEqual(rules.map(({ alert, labels }) => `${alert} ${labels.severity}`));
});

describe.skipIf(promtool === undefined)(WITH_PROMTOOL, () => {
  test('Prometheus accepts the rules', () => {
    expect(runPromtool(['check', 'rules', `${folder}alerts.yaml`])).toEqual({
      code: 0,
      output: expect.stringContaining(`SUCCESS: ${rules.length} rules found`),
    });
  });

  test('the alerts fire as their tests expect', () => {
    expect(runPromtool(['test', 'rules', `${folder}alerts.test.yaml`])).toEqual({
      code: 0,
      output: expect.stringMatching(/\n {2}SUCCESS\n/),
    });
  });
});
