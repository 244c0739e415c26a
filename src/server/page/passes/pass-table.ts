import { formatDuration } from '../../../core/base/duration.ts';
import { OUTCOME_LABELS } from '../../../core/report/labels.ts';
import type { PassSummary } from '../../../core/report/report.ts';
import { html, trustedMarkup } from '../html.ts';
import type { Html } from '../html.ts';
import { formatTime } from '../relative-time.ts';

/** The columns of the table: the title and the cell of each. */
const COLUMNS: readonly { readonly title: string; readonly renderCell: (pass: PassSummary) => Html }[] = [
  {
    title: 'Started',
    renderCell: ({ started_at: at }) => html`${formatTime(at)}`,
  },
  { title: 'Outcome', renderCell: ({ outcome }) => html`${OUTCOME_LABELS[outcome]}` },
  { title: 'Trigger', renderCell: ({ trigger }) => html`${trigger}` },
  { title: 'Duration', renderCell: ({ duration_ms: ms }) => html`${formatDuration(ms)}` },
  { title: 'Written', renderCell: ({ counts }) => html`${counts.created + counts.updated + counts.deleted}` },
  { title: 'Failed', renderCell: ({ counts }) => html`${counts.failed + counts.unsettled}` },
  { title: 'Withheld', renderCell: ({ counts }) => html`${counts.withheld}` },
  { title: 'Requests', renderCell: ({ api }) => html`${api.requests}` },
];

/** The end tags that HTML implies are left out: they would be a tenth of a quiet page. */
const ROW = trustedMarkup('<tr>');
const CELL = trustedMarkup('<td>');

/** Returns the passes as a folded table, newest first. */
export function renderPassTable(passes: readonly PassSummary[]): Html {
  const headers = COLUMNS.map(({ title }) => html`<th scope="col">${title}</th>`);
  const rows = passes.toReversed().map((pass) => {
    const cells = COLUMNS.map(({ renderCell }) => html`${CELL}${renderCell(pass)}`);
    return html`${ROW}${cells}`;
  });
  return html`<details id="pass-table">
    <summary>Show as table</summary>
    <div class="wide" tabindex="0" role="region" aria-label="Recent passes, newest first">
      <table>
        <thead>
          <tr>
            ${headers}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </details>`;
}
