import { formatDuration } from '../../../core/base/duration.ts';
import { OUTCOME_LABELS } from '../../../core/report/labels.ts';
import type { PassSummary } from '../../../core/report/report.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { formatTime } from '../relative-time.ts';

/** The columns of the table: the title and the cell of each. */
const COLUMNS: readonly { readonly title: string; readonly renderCell: (pass: PassSummary) => Html }[] = [
  {
    title: 'Started',
    renderCell: ({ started_at: at }) => html`<time datetime="${at}">${formatTime(at)}</time>`,
  },
  { title: 'Outcome', renderCell: ({ outcome }) => html`${OUTCOME_LABELS[outcome]}` },
  { title: 'Trigger', renderCell: ({ trigger }) => html`${trigger}` },
  { title: 'Duration', renderCell: ({ duration_ms: ms }) => html`${formatDuration(ms)}` },
  { title: 'Updated', renderCell: ({ counts }) => html`${counts.updated}` },
  { title: 'Needs attention', renderCell: ({ counts }) => html`${attentionCount(counts)}` },
  { title: 'Requests', renderCell: ({ api }) => html`${api.requests}` },
];

/** Returns the passes as a collapsed table, newest first. */
export function renderPassTable(passes: readonly PassSummary[]): Html {
  const headers = COLUMNS.map(({ title }) => html`<th scope="col">${title}</th>`);
  const rows = passes.toReversed().map(
    (pass) =>
      html`<tr>
        ${COLUMNS.map(({ renderCell }) => html`<td>${renderCell(pass)}</td>`)}
      </tr>`,
  );
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

function attentionCount({ failed, withheld, unsettled, missing, invalid }: PassSummary['counts']): number {
  return failed + withheld + unsettled + missing + invalid;
}
