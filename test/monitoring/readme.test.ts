import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { declaredBy } from '../sinks/exposition.ts';
import { initialMetrics } from './metrics.ts';
import { runPromtool, promtool, WITH_PROMTOOL } from './promtool.ts';

const readme = readFileSync(new URL('../../config/monitoring/README.md', import.meta.url), 'utf8');

/** `name type labels` of each row in the table of metrics. */
const rows = [...readme.matchAll(/^\| `([a-z_]+)` \| (\w+) \| (.*?) ?\| /gm)].map(
  ([, name = '', type = '', labels = '']) => `${name} ${type} ${joinLabels(labels.match(/\w+/g) ?? [])}`,
);

function joinLabels(labels: readonly string[]): string {
  return labels.toSorted().join(',');
}

// Other systems have other process metrics.
test.runIf(process.platform === 'linux')('the README lists every metric with its type and labels', async () => {
  const declared = await declaredBy(initialMetrics());
  // A histogram without observations has no series, and thus no labels.
  const expected = [...declared].map(([name, { type, labels }]) =>
    name === 'nodejs_gc_duration_seconds' ? `${name} ${type} kind` : `${name} ${type} ${joinLabels(labels)}`,
  );
  expect(rows.toSorted()).toEqual(expected.toSorted());
});

test.skipIf(promtool === undefined)(`promtool accepts the metrics, ${WITH_PROMTOOL}`, async () => {
  const { text } = await initialMetrics().read();
  expect(runPromtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
  expect(runPromtool(['check', 'metrics'], text.replaceAll('passes_total', 'passes')).output).toContain(
    'counter metrics should have "_total" suffix',
  );
});
