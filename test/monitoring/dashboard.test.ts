import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { declaredBy } from '../sinks/exposition.ts';
import { dashboard, expressions, filledIn, panels } from './dashboard.ts';
import type { Panel } from './dashboard.ts';
import { someMetrics, unknownIn } from './metrics.ts';
import { askPromtool, promtool, WITH_PROMTOOL } from './promtool.ts';

test.for(panels)('$title asks for what there is, of the chosen instances only', async ({ targets = [] }) => {
  for (const { expr } of targets) {
    expect(await unknownIn(expr), expr).toEqual([]);
    for (const [selector] of expr.matchAll(/\b(vpc_reconciler|process|nodejs)_\w+(\{[^}]*\})?/g)) {
      expect(selector).toContain('{instance=~"$instance"');
    }
  }
  expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
});

test('every metric of ours is on it', async () => {
  const ours = [...(await declaredBy(someMetrics())).keys()].filter((name) => name.startsWith('vpc_reconciler_'));
  expect(ours.filter((name) => !expressions.some((each) => new RegExp(`\\b${name}(_bucket)?\\{`).test(each)))).toEqual(
    [],
  );
});

test('it follows the questions of a person, from whether all is well to how the process is', () => {
  expect(dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
    'In sync?',
    'Since when?',
    'What differs?',
    'Passes',
    'API',
    'Request budget',
    'Folder',
    'Process',
  ]);
});

test('no two panels have one id, or lie on each other, and none leaves the 24 columns', () => {
  const all = dashboard.panels;
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  expect(all.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  const pairs = all.flatMap((one, index) => all.slice(index + 1).map((other) => [one, other] as const));
  expect(pairs.filter(([one, other]) => overlap(one, other)).map((pair) => pair.map(({ title }) => title))).toEqual([]);
});

test('its panels lie in the order of the file', () => {
  const places = dashboard.panels.map(({ gridPos: { x, y } }) => y * 24 + x);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test('data comes from the source that is chosen in it, whatever that is called', () => {
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
  // One that was exported for others asks for the source at every import, and then holds its id.
  expect(Object.keys(dashboard)).not.toContain('__inputs');
});

test.skipIf(promtool === undefined)(`Prometheus understands what it asks for, ${WITH_PROMTOOL}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-dashboard-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const asked = (exprs: readonly string[]) => {
    const rules = exprs.map((expr, index) => ({ record: `asked_${index}`, expr: filledIn(expr) }));
    const path = join(folder, 'rules.json');
    writeFileSync(path, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    return askPromtool(['check', 'rules', path]);
  };
  expect(asked(expressions)).toMatchObject({ code: 0, said: expect.stringContaining('SUCCESS') });
  expect(asked([...expressions, 'sum by (outcome ('])).toMatchObject({ code: 1 });
});

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
