import { nonZeroCounts } from '../../../core/report/counts.ts';
import type { Report } from '../../../core/report/report.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { formatNumber } from '../numbers.ts';
import { dataTime, isOutdated } from '../page-data.ts';
import type { PageData } from '../page-data.ts';
import { renderAge, renderTimeUntil } from '../relative-time.ts';
import { renderStateIcon, TONES } from '../state-icon.ts';
import type { SyncStatus } from '../sync-state.ts';
import { renderFailureDetails } from './failure-details.ts';

/** Returns the answer to "is it in sync?": the state, its reason, when it was checked, and how many services there are of each kind. */
export function renderHeadline(data: PageData, { state, title, reason, since }: SyncStatus): Html {
  const { latest } = data;
  const now = dataTime(data);
  const times = [
    since && renderTime('Since', html`${since.orEarlier ? 'more than ' : null}${renderAge(since.at, now)}`),
    latest && renderTime('Last checked', renderAge(latest.finished_at, now)),
    renderTime('Next pass', renderNextPass(data)),
  ].filter((time) => time !== null);
  return html`<section id="headline" class="${TONES[state]}">
    <div class="state">
      ${renderStateIcon(state)}
      <h1>${title}</h1>
    </div>
    <p class="reason">${reason}</p>
    ${renderFailureDetails(latest?.error ?? null)}
    <dl class="times">${times}</dl>
    ${isOutdated(data) ? null : renderCounts(data.lastGood)}
  </section>`;
}

function renderTime(term: string, description: Html): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${description}</dd>
  </div>`;
}

function renderNextPass(data: PageData): Html {
  const { pass, next_pass: next } = data.health;
  const now = dataTime(data);
  if (pass !== null) {
    return html`<span class="busy">in progress</span> (${pass.trigger}), started ${renderAge(pass.at, now)}`;
  }
  return next === null ? html`when a change is detected` : renderTimeUntil(next.at, now);
}

/** Returns the counts, unless there is only one: the reason already names it. */
function renderCounts(report: Report | null): Html | null {
  const counts = report === null ? [] : nonZeroCounts(report);
  if (counts.length < 2) return null;
  const items = counts.map(
    ({ count, label }) =>
      html`<div>
        <dt>${label}</dt>
        <dd>${formatNumber(count)}</dd>
      </div>`,
  );
  return html`<dl class="counts">${items}</dl>`;
}
