import { nonZeroCounts } from '../../../core/report/counts.ts';
import type { LabeledCount } from '../../../core/report/counts.ts';
import type { Report } from '../../../core/report/report.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { countOf, formatNumber } from '../numbers.ts';
import type { Tone } from '../state-icon.ts';
import type { SyncStatus } from '../sync-state.ts';

/** The tone of a count that is not quiet. */
const COUNT_TONES: Readonly<Record<string, Tone>> = {
  created: 'good',
  updated: 'good',
  deleted: 'good',
  'in sync': 'good',
  'to create': 'warn',
  'to update': 'warn',
  'to delete': 'warn',
  withheld: 'warn',
  contested: 'warn',
  failed: 'bad',
  unsettled: 'bad',
  missing: 'bad',
  invalid: 'bad',
};

/** Counts that no item of a list has. */
const NOT_FILTERS = new Set(['of them not listed as updated yet']);

/**
 * Returns the number of services of each kind. Each number is a button that shows only these services. A single number is left out if the
 * title of the page has it.
 */
export function renderCounts(report: Report | null, { title }: Pick<SyncStatus, 'title'>): Html {
  const counts = report === null ? [] : nonZeroCounts(report).toSorted(byUrgency);
  const [first] = counts;
  const isInTitle = counts.length === 1 && first !== undefined && title.includes(countOf(first.count, 'service'));
  if (first === undefined || isInTitle) return html`<section id="counts" hidden></section>`;
  return html`<section id="counts" aria-label="Services by state">
    ${counts.map(({ count, label }) => renderCount(formatNumber(count), label))}
  </section>`;
}

/** Counts that need attention come first; otherwise, the order stays. */
function byUrgency(a: LabeledCount, b: LabeledCount): number {
  return urgencyOf(a) - urgencyOf(b);
}

function urgencyOf({ label }: LabeledCount): number {
  const tone = COUNT_TONES[label];
  return tone === 'bad' ? 0 : tone === 'warn' ? 1 : 2;
}

function renderCount(count: string, label: string): Html {
  const tone = COUNT_TONES[label] ?? 'quiet';
  if (NOT_FILTERS.has(label)) return html`<span><b>${count}</b> ${label}</span>`;
  return html`<button type="button" class="${tone}" data-filter="${label}" aria-pressed="false">
    <b>${count}</b> ${label}
  </button>`;
}
