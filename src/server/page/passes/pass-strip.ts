import { formatDuration } from '../../../core/base/duration.ts';
import { OUTCOME_LABELS } from '../../../core/report/labels.ts';
import type { PassOutcome } from '../../../core/report/pass.ts';
import type { PassSummary } from '../../../core/report/report.ts';
import { html, trustedMarkup } from '../html.ts';
import type { Html } from '../html.ts';
import { formatTime } from '../relative-time.ts';

/** A cell is 7 px wide with a gap of 3 px, so that a hundred of them fill the width of the page. */
const PITCH = 10;
const CELL_HEIGHT = 20;
/** Leaves room for the marks above the cells. */
const HEIGHT = CELL_HEIGHT + 10;

/** Shapes above the cells, 6 × 6 px, drawn from the lower left corner. They distinguish outcomes without color. */
const OUTCOME_MARKS: Readonly<Record<PassOutcome, string>> = {
  in_sync: '',
  converged: 'm0-3l3-3 3 3-3 3z',
  pending: 'm0-3a3 3 0 1 1 6 0a3 3 0 1 1-6 0zm1.7 0a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0-2.6 0z',
  partial: 'm0 0l3-6 3 6z',
  failed: 'm0-5l1-1 2 2 2-2 1 1-2 2 2 2-1 1-2-2-2 2-1-1 2-2z',
  denied: 'm0-2v-2.400h6v2.400z',
  interrupted: 'm1 0v-6h1.500v6zm3 0v-6h1.500v6z',
};

/** Returns one cell for each pass, oldest first. Its color and mark are the outcome. `description` is the strip in words. */
export function renderPassStrip(passes: readonly PassSummary[], description: string): Html {
  const width = passes.length * PITCH;
  return html`<svg
    width="${width}"
    height="${HEIGHT}"
    viewBox="0 0 ${width} ${HEIGHT}"
    role="img"
    aria-labelledby="strip-title strip-description"
  >
    <title id="strip-title">Outcomes of recent passes</title>
    <desc id="strip-description">${description}</desc>
    ${passes.map(renderCell)}
  </svg>`;
}

/** Returns a short cell with the mark of the outcome, for the legend. */
export function renderLegendCell(outcome: PassOutcome): Html {
  return html`<svg width="6" height="16" viewBox="0 0 6 16" aria-hidden="true">
    <g class="${outcome}"><path d="M0 16v-7h6v7z${markAt(outcome, 0, 7)}" /></g>
  </svg>`;
}

function renderCell({ outcome, trigger, duration_ms: ms, finished_at: at }: PassSummary, index: number): Html {
  const x = index * PITCH + 1.5;
  const tooltip = `${formatTime(at)}: ${OUTCOME_LABELS[outcome]}, ${trigger}, ${formatDuration(ms)}`;
  return html`<g class="${outcome}"
    ><title>${tooltip}</title
    ><path d="M${x} ${HEIGHT}v-${CELL_HEIGHT}h7v${CELL_HEIGHT}z${markAt(outcome, x, HEIGHT - CELL_HEIGHT - 2)}"
  /></g>`;
}

function markAt(outcome: PassOutcome, x: number, y: number): Html {
  const mark = OUTCOME_MARKS[outcome];
  return trustedMarkup(mark === '' ? '' : `M${x + 0.5} ${y}${mark}`);
}
