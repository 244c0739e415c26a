import { OUTCOME_LABELS } from '../../../core/report/labels.ts';
import { PASS_OUTCOMES } from '../../../core/report/pass.ts';
import type { PassOutcome } from '../../../core/report/pass.ts';
import type { PassSummary } from '../../../core/report/report.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { countOf, formatNumber } from '../numbers.ts';
import { formatTime } from '../relative-time.ts';
import { renderLegendCell, renderPassStrip } from './pass-strip.ts';
import { renderPassTable } from './pass-table.ts';

/** Returns recent passes as a strip of outcomes with its legend, and the same passes as a folded table. */
export function renderRecentPasses(passes: readonly PassSummary[]): Html {
  const [first] = passes;
  if (first === undefined) return html`<section id="recent-passes" hidden></section>`;
  const order = passes.length === 1 ? '' : ', newest on the right';
  const description = `${countOf(passes.length, 'pass', 'passes')} since ${formatTime(first.finished_at)}${order}`;
  return html`<section id="recent-passes">
    <h2>Recent passes</h2>
    <figure>
      <div class="strip">${renderPassStrip(passes, description)}</div>
      <figcaption>${description}</figcaption>
    </figure>
    <ul class="legend">
      ${PASS_OUTCOMES.map((outcome) => renderLegendItem(outcome, passes))}
    </ul>
    ${renderPassTable(passes)}
  </section>`;
}

function renderLegendItem(outcome: PassOutcome, passes: readonly PassSummary[]): Html {
  const count = passes.filter((pass) => pass.outcome === outcome).length;
  if (count === 0) return html``;
  // The description says how many there are in all.
  const number = count === passes.length ? null : html` <b>${formatNumber(count)}</b>`;
  return html`<li>${renderLegendCell(outcome)}${OUTCOME_LABELS[outcome]}${number}</li>`;
}
