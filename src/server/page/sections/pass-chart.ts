import { formatDuration } from '../../../core/base/duration.ts';
import { OUTCOME_LABELS } from '../../../core/report/labels.ts';
import type { PassOutcome } from '../../../core/report/pass.ts';
import type { PassSummary } from '../../../core/report/report.ts';
import { html, trustedMarkup } from '../html.ts';
import type { Html } from '../html.ts';
import { formatTime } from '../relative-time.ts';

/** A bar is 7 px wide with a gap of 3 px, so that a hundred bars fill the width of the page. */
const BAR_PITCH = 10;
const MAX_BAR_HEIGHT = 64;
const MIN_BAR_HEIGHT = 3;
/** Leaves room for the mark above the tallest bar. */
const CHART_HEIGHT = MAX_BAR_HEIGHT + 8;

/** Shapes above the bars, 6 × 6 px, drawn from the lower left corner. They distinguish outcomes without color. */
const OUTCOME_MARKS: Readonly<Record<PassOutcome, string>> = {
  in_sync: '',
  converged: 'm0-3l3-3 3 3-3 3z',
  pending: 'm0-3a3 3 0 1 1 6 0a3 3 0 1 1-6 0zm1.7 0a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0-2.6 0z',
  partial: 'm0 0l3-6 3 6z',
  failed: 'm0-5l1-1 2 2 2-2 1 1-2 2 2 2-1 1-2-2-2 2-1-1 2-2z',
  denied: 'm0-2v-2.400h6v2.400z',
  interrupted: 'm1 0v-6h1.500v6zm3 0v-6h1.500v6z',
};

type ChartOptions = {
  /** The duration of the tallest bar. */
  readonly longestMs: number;
  /** The chart in words, for screen readers. */
  readonly description: string;
};

/** Returns one bar for each pass, oldest first. Its height is the duration; its color and mark are the outcome. */
export function renderPassChart(passes: readonly PassSummary[], { longestMs, description }: ChartOptions): Html {
  const width = passes.length * BAR_PITCH;
  const bars = passes.map((pass, index) => renderBar(pass, index, longestMs));
  return html`<svg
    width="${width}"
    height="${CHART_HEIGHT}"
    viewBox="0 0 ${width} ${CHART_HEIGHT}"
    role="img"
    aria-labelledby="chart-title chart-description"
  >
    <title id="chart-title">Duration and outcome of recent passes</title>
    <desc id="chart-description">${description}</desc>
    ${bars}
  </svg>`;
}

/** Returns a short bar with the mark of the outcome, for the legend. */
export function renderLegendBar(outcome: PassOutcome): Html {
  return html`<svg width="6" height="16" viewBox="0 0 6 16" aria-hidden="true">
    <g class="${outcome}"><path d="M0 16v-7h6v7z${markAt(outcome, 0, 7)}" /></g>
  </svg>`;
}

function renderBar(pass: PassSummary, index: number, longestMs: number): Html {
  const { outcome, trigger, duration_ms: ms, finished_at: at } = pass;
  const height = Math.max(MIN_BAR_HEIGHT, Math.round((MAX_BAR_HEIGHT * ms) / Math.max(1, longestMs)));
  const x = index * BAR_PITCH + 1.5;
  const top = CHART_HEIGHT - height;
  const tooltip = `${formatTime(at)}: ${OUTCOME_LABELS[outcome]}, ${trigger}, ${formatDuration(ms)}`;
  return html`<g class="${outcome}"
    ><title>${tooltip}</title><path d="M${x} ${CHART_HEIGHT}v-${height}h7v${height}z${markAt(outcome, x, top - 2)}"
  /></g>`;
}

function markAt(outcome: PassOutcome, x: number, y: number): Html {
  const mark = OUTCOME_MARKS[outcome];
  return trustedMarkup(mark === '' ? '' : `M${x + 0.5} ${y}${mark}`);
}
