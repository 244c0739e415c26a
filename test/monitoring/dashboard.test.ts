import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { declaredBy } from '../sinks/exposition.ts';
import { dashboard, expressions, fillVariables, panels } from './dashboard.ts';
import type { Panel } from './dashboard.ts';
import { initialMetrics, unknownSelectors } from './metrics.ts';
import { runPromtool, promtool, WITH_PROMTOOL } from './promtool.ts';

test.for(panels)('$title uses existing metrics, of the selected instances only', async ({ targets = [] }) => {
  for (const { expr } of targets) {
    expect(await unknownSelectors(expr), expr).toEqual([]);
    for (const [selector] of expr.matchAll(/\b(vpc_reconciler|process|nodejs)_\w+(\{[^}]*\})?/g)) {
      expect(selector).toContain('{instance=~"$instance"');
    }
  }
  expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
});

test('every vpc_reconciler metric is on the dashboard', async () => {
  const ours = [...(await declaredBy(initialMetrics())).keys()].filter((name) => name.startsWith('vpc_reconciler_'));
  expect(ours.filter((name) => !expressions.some((each) => new RegExp(`\\b${name}(_bucket)?\\{`).test(each)))).toEqual(
    [],
  );
});

test('the rows go from the status to the process', () => {
  expect(dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
    'Status',
    'Freshness',
    'Drift',
    'Passes',
    'API',
    'Request budget',
    'Folder',
    'Notifications',
    'Process',
  ]);
});

test('panels have unique ids, do not overlap, and fit into 24 columns', () => {
  const all = dashboard.panels;
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  expect(all.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  const pairs = all.flatMap((one, index) => all.slice(index + 1).map((other) => [one, other] as const));
  expect(pairs.filter(([one, other]) => overlap(one, other)).map((pair) => pair.map(({ title }) => title))).toEqual([]);
});

test('panels are laid out in the order of the file', () => {
  const places = dashboard.panels.map(({ gridPos: { x, y } }) => y * 24 + x);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test('all data comes from the selected data source', () => {
  const found: unknown[] = [];
  JSON.stringify(dashboard, (key, value: unknown) => {
    if (key === 'datasource') found.push(value);
    return value;
  });
  expect(found.length).toBeGreaterThan(panels.length);
  expect(new Set(found.map((each) => JSON.stringify(each)))).toEqual(
    new Set(['{"type":"prometheus","uid":"${datasource}"}']),
  );
  expect(panels.filter((panel) => panel['datasource'] === undefined)).toEqual([]);
  expect(dashboard.templating.list).toMatchObject([
    { name: 'datasource', type: 'datasource', query: 'prometheus' },
    { name: 'instance', type: 'query', query: { query: 'label_values(vpc_reconciler_build_info, instance)' } },
  ]);
  // A dashboard exported for sharing asks for the data source at every import.
  expect(Object.keys(dashboard)).not.toContain('__inputs');
});

test.skipIf(promtool === undefined)(`Prometheus accepts the expressions, ${WITH_PROMTOOL}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-dashboard-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const checkRules = (exprs: readonly string[]) => {
    const rules = exprs.map((expr, index) => ({ record: `rule_${index}`, expr: fillVariables(expr) }));
    const path = join(folder, 'rules.json');
    writeFileSync(path, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    return runPromtool(['check', 'rules', path]);
  };
  expect(checkRules(expressions)).toMatchObject({ code: 0, output: expect.stringContaining('SUCCESS') });
  expect(checkRules([...expressions, 'sum by (outcome ('])).toMatchObject({ code: 1 });
});

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
