import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { declaredBy } from '../sinks/exposition.ts';
import { someMetrics } from './metrics.ts';
import { askPromtool, promtool, WITH_PROMTOOL } from './promtool.ts';

const readme = readFileSync(new URL('../../config/monitoring/README.md', import.meta.url), 'utf8');

/** `name type labels` for each row of the table. */
const rows = [...readme.matchAll(/^\| `([a-z_]+)` \| (\w+) \| (.*?) ?\| /gm)].map(
  ([, name = '', type = '', labels = '']) => `${name} ${type} ${spell(labels.match(/\w+/g) ?? [])}`,
);

function spell(labels: readonly string[]): string {
  return labels.toSorted().join(',');
}

// What there is to tell of the memory of a process differs elsewhere.
test.runIf(process.platform === 'linux')(
  'every metric is documented, with its type and its labels, and none that there is not',
  async () => {
    const declared = await declaredBy(someMetrics());
    // A histogram of what has not happened yet has no series, and so no labels.
    const spelled = [...declared].map(([name, { type, labels }]) =>
      name === 'nodejs_gc_duration_seconds' ? `${name} ${type} kind` : `${name} ${type} ${spell(labels)}`,
    );
    expect(rows.toSorted()).toEqual(spelled.toSorted());
  },
);

test.skipIf(promtool === undefined)(`promtool finds nothing to mend in the metrics, ${WITH_PROMTOOL}`, async () => {
  const { text } = await someMetrics().read();
  expect(askPromtool(['check', 'metrics'], text)).toEqual({ code: 0, said: '' });
  expect(askPromtool(['check', 'metrics'], text.replaceAll('passes_total', 'passes')).said).toContain(
    'counter metrics should have "_total" suffix',
  );
});
