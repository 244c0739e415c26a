import { expect, test } from 'vitest';
import { toReport } from '../../../src/core/report/report.ts';
import { describeSuspension } from '../../../src/core/report/suspension.ts';
import { renderTotals } from '../../../src/core/report/terminal/terminal-report.ts';
import { facts } from '../builders.ts';

const since = '2027-01-30T06:00:00.000Z';
const until = '2027-01-31T06:00:00.000Z';

test.for([
  [{ since, until: null, reason: null }, 'paused'],
  [{ since, until, reason: null }, `paused until ${until}`],
  [{ since, until: null, reason: 'maintenance' }, 'paused: maintenance'],
  [{ since, until, reason: 'maintenance' }, `paused until ${until}: maintenance`],
] as const)('a pause of all writes is described, and shown with the totals (%#)', ([suspension, text]) => {
  expect(describeSuspension(suspension)).toBe(text);
  const report = toReport(facts({ paused: suspension }));
  expect(renderTotals(report, (_, shown) => shown)).toBe(`in sync: no services · ${text} (1000 ms, 1 request)`);
});
