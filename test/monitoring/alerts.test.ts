import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { unknownIn } from './metrics.ts';
import { askPromtool, promtool, WITH_PROMTOOL } from './promtool.ts';

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

test('a metric or a label that there is not is noticed', async () => {
  const expression =
    'sum(rate(vpc_reconciler_passed_total[5m])) > vpc_reconciler_services{finding="lost",job="x"} + process_open_fds';
  expect(await unknownIn(expression)).toEqual([
    'vpc_reconciler_passed_total',
    'vpc_reconciler_services{finding="lost",job="x"}',
  ]);
});

test('every alert has a name of its own', () => {
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});

describe.for(rules)('$alert', ({ alert, expr, annotations }) => {
  test('is about this program, and says where it runs', () => {
    expect(expr).toMatch(/vpc_reconciler_|job="vpc-reconciler"/);
    expect(annotations.summary).toContain('$labels.instance');
  });

  test('asks for what there is', async () => {
    expect(await unknownIn(expr)).toEqual([]);
  });

  test('is tested where it fires and where it does not', () => {
    const own = cases.filter(({ alertname }) => alertname === alert).map(({ exp_alerts }) => exp_alerts.length > 0);
    expect(new Set(own)).toEqual(new Set([true, false]));
  });

  test('is explained in the README', () => {
    expect(read('README.md')).toMatch(new RegExp(`^\\| \`${alert}\` \\| `, 'm'));
  });
});

test('the README explains no alert that there is not', () => {
  const explained = [...read('README.md').matchAll(/^\| `(VpcReconciler\w+)` \| (\w+) \| /gm)].map(
    ([, alert, severity]) => `${alert} ${severity}`,
  );
  expect(explained).toEqual(rules.map(({ alert, labels }) => `${alert} ${labels.severity}`));
});

describe.skipIf(promtool === undefined)(`${WITH_PROMTOOL},`, () => {
  test('the alerts are rules that Prometheus takes', () => {
    expect(askPromtool(['check', 'rules', `${folder}alerts.yaml`])).toEqual({
      code: 0,
      said: expect.stringContaining(`SUCCESS: ${rules.length} rules found`),
    });
  });

  test('they fire, and do not fire, as their tests say', () => {
    expect(askPromtool(['test', 'rules', `${folder}alerts.test.yaml`])).toEqual({
      code: 0,
      said: expect.stringMatching(/\n {2}SUCCESS\n/),
    });
  });
});
