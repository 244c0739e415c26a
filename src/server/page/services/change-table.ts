import { formatValue, formatValues } from '../../../core/base/format-value.ts';
import type { Change } from '../../../core/compare/compare.ts';
import { diffList } from '../../../core/report/list-diff.ts';
import type { ListElement } from '../../../core/report/list-diff.ts';
import type { ServiceReport } from '../../../core/report/service-report.ts';
import { html, trustedMarkup } from '../html.ts';
import type { Html } from '../html.ts';

/** The tags that HTML implies are left out: they would be a fifth of a page with a thousand services. */
const TABLE = trustedMarkup('<table class="changes"><tr><th>Field');
const LIVE_TITLE = trustedMarkup('<th>Live');
const BEFORE_TITLE = trustedMarkup('<th>Live before');
const DECLARED_TITLE = trustedMarkup('<th>Declared');
const ROW = trustedMarkup('<tr><td>');
const CELL = trustedMarkup('<td>');
const BREAK = trustedMarkup('<wbr>');
const END = trustedMarkup('</table>');

/** Returns a table of the fields that differ, with their live and declared values; null if there are none. */
export function renderChangeTable({ changes, ignored, finding, result }: ServiceReport): Html | null {
  if (changes.length === 0 && ignored.length === 0) return null;
  // A service that does not exist yet has no live values.
  if (finding === 'missing') return html`${TABLE}${DECLARED_TITLE}${changes.map(renderNewField)}${END}`;
  const rows = [
    ...changes.map((change) => renderChange(change)),
    ...ignored.map((change) => renderChange(change, ' (ignored)')),
  ];
  return html`${TABLE}${result === 'updated' ? BEFORE_TITLE : LIVE_TITLE}${DECLARED_TITLE}${rows}${END}`;
}

function renderNewField({ path, declared }: Change): Html {
  return html`${ROW}${breakable(path)}${CELL}<ins>${breakableValue(formatValue(declared))}</ins>`;
}

/** Lists of several elements are shown by element: the removed ones are marked among the live, the added ones among the declared. */
function renderChange(change: Change, note = ''): Html {
  const elements = diffList(change);
  const [live, declared] = formatValues(change.live, change.declared);
  const values =
    elements === null
      ? html`${CELL}<del>${breakableValue(live)}</del>${CELL}<ins>${breakableValue(declared)}</ins>`
      : html`${CELL}${renderElements(elements, 'live')}${CELL}${renderElements(elements, 'declared')}`;
  return html`${ROW}${breakable(change.path)}${note}${values}`;
}

const MARKED = {
  live: (text: string) => html`<li><del>${breakableValue(text)}</del></li>`,
  declared: (text: string) => html`<li><ins>${breakableValue(text)}</ins></li>`,
};

function renderElements(elements: readonly ListElement[], of: 'live' | 'declared'): Html {
  const own = elements.filter(({ side }) => side === 'both' || side === of);
  if (own.length === 0) return MARKED_UNSET[of];
  return html`<ul>
    ${own.map(({ side, text }) => (side === 'both' ? html`<li>${breakableValue(text)}</li>` : MARKED[of](text)))}
  </ul>`;
}

const MARKED_UNSET = { live: html`<del>unset</del>`, declared: html`<ins>unset</ins>` };

/** Lets the browser wrap a text after each `.`, `_` and `:`, and nowhere else if it fits. */
function breakable(text: string): readonly Html[] {
  return text
    .split(/(?<=[._:])(?=[a-z0-9])/i)
    .map((part, index) => (index === 0 ? html`${part}` : html`${BREAK}${part}`));
}

/** The same for values. Numbers and IPv4 addresses are short enough for a phone. */
function breakableValue(value: string): readonly Html[] | string {
  return /^[\d.]*$/.test(value) ? value : breakable(value);
}
