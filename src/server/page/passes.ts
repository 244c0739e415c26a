import { formatDuration } from '../../core/base/duration.ts';
import type { PassOutcome, PassSummary } from '../../core/report/report.ts';
import { wordsOf } from '../../core/report/text.ts';
import { spellTime } from './age.ts';
import { html, trusted } from './html.ts';
import type { Html } from './html.ts';
import { MARKS } from './signs.ts';
import { count, spellNumber } from './verdict.ts';

/** A bar is seven wide and stands three from the next, so that a hundred fill the page. */
const PITCH = 10;
const TALLEST = 64;
const LEAST = 3;
/** Above the tallest bar is room for its mark. */
const GROUND = TALLEST + 8;

/** Recent passes: a chart, and the same as a table, folded. */
export function renderPasses(passes: readonly PassSummary[]): Html {
  const [first, last] = [passes[0], passes.at(-1)];
  if (first === undefined || last === undefined) return html`<section id="passes" hidden></section>`;
  const longest = Math.max(...passes.map(({ duration_ms: ms }) => ms));
  const about = `${count(passes.length, 'pass', 'passes')} since ${spellTime(first.finished_at)}, the newest at the right; the tallest took ${formatDuration(longest)}.`;
  const outcomes = OUTCOMES.filter((outcome) => passes.some((pass) => pass.outcome === outcome));
  const legend = outcomes.map((outcome) => {
    const number = passes.filter((pass) => pass.outcome === outcome).length;
    return html`<li>${renderKey(outcome)}${wordsOf(outcome)} <b>${spellNumber(number)}</b></li>`;
  });
  return html`<section id="passes">
    <h2>Recent passes</h2>
    <figure>
      <div class="chart">${renderChart(passes, longest, about)}</div>
      <figcaption>${about}</figcaption>
    </figure>
    <ul class="legend">
      ${legend}
    </ul>
    ${renderTable(passes)}
  </section>`;
}

const OUTCOMES: readonly PassOutcome[] = [
  'in_sync',
  'converged',
  'pending',
  'partial',
  'interrupted',
  'failed',
  'denied',
];

function renderChart(passes: readonly PassSummary[], longest: number, about: string): Html {
  const width = passes.length * PITCH;
  const bars = passes.map((pass, index) => renderBar(pass, index, longest));
  return html`<svg
    width="${width}"
    height="${GROUND}"
    viewBox="0 0 ${width} ${GROUND}"
    role="img"
    aria-labelledby="chart-title chart-about"
  >
    <title id="chart-title">How long recent passes took, and how they ended</title>
    <desc id="chart-about">${about}</desc>
    ${bars}
  </svg>`;
}

function renderBar(pass: PassSummary, index: number, longest: number): Html {
  const { outcome, trigger, duration_ms: ms, finished_at: at } = pass;
  const height = Math.max(LEAST, Math.round((TALLEST * ms) / Math.max(1, longest)));
  const x = index * PITCH + 1.5;
  const top = GROUND - height;
  const about = `${spellTime(at)}: ${wordsOf(outcome)}, ${trigger}, ${formatDuration(ms)}`;
  return html`<g class="${outcome}"
    ><title>${about}</title><path d="M${x} ${GROUND}v-${height}h7v${height}z${markAt(outcome, x, top - 2)}"
  /></g>`;
}

function markAt(outcome: PassOutcome, x: number, y: number): Html {
  const mark = MARKS[outcome];
  return trusted(mark === '' ? '' : `M${x + 0.5} ${y}${mark}`);
}

/** A bar with its mark, beside its name. */
function renderKey(outcome: PassOutcome): Html {
  return html`<svg width="6" height="16" viewBox="0 0 6 16" aria-hidden="true">
    <g class="${outcome}"><path d="M0 16v-7h6v7z${markAt(outcome, 0, 7)}" /></g>
  </svg>`;
}

function renderTable(passes: readonly PassSummary[]): Html {
  const rows = passes.toReversed().map((pass) => {
    const { started_at: at, outcome, trigger, duration_ms: ms, counts, api } = pass;
    return html`<tr>
      <td><time datetime="${at}">${spellTime(at)}</time></td>
      <td>${wordsOf(outcome)}</td>
      <td>${trigger}</td>
      <td>${formatDuration(ms)}</td>
      <td>${counts.updated}</td>
      <td>${counts.failed + counts.withheld + counts.unsettled + counts.missing + counts.invalid}</td>
      <td>${api.requests}</td>
    </tr>`;
  });
  return html`<details id="passes-table">
    <summary>As a table</summary>
    <div class="wide" tabindex="0" role="region" aria-label="Recent passes, newest first">
      <table>
        <thead>
          <tr>
            <th scope="col">Began</th>
            <th scope="col">Outcome</th>
            <th scope="col">By</th>
            <th scope="col">Took</th>
            <th scope="col">Updated</th>
            <th scope="col">Need you</th>
            <th scope="col">Requests</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </details>`;
}
