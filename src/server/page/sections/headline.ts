import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { dataTime } from '../page-data.ts';
import type { PageData } from '../page-data.ts';
import { renderAge, renderTimeUntil } from '../relative-time.ts';
import { renderStateIcon, TONES } from '../state-icon.ts';
import type { SyncStatus } from '../sync-state.ts';
import { renderFailureDetails } from './failure-details.ts';

/** Returns the answer to "is it in sync?": the state with its number, the reason, and when it was checked. */
export function renderHeadline(data: PageData, { state, title, reason, since }: SyncStatus): Html {
  const { latest } = data;
  const now = dataTime(data);
  const times = [
    // A state that began with the last pass needs no second time.
    since &&
      since.at !== latest?.finished_at &&
      renderTime('Since', html`${since.orEarlier ? 'more than ' : null}${renderAge(since.at, now)}`),
    // A pass that did not read or list has checked nothing.
    latest && renderTime(latest.error === null ? 'Checked' : 'Tried', renderAge(latest.finished_at, now)),
    renderPassTime(data),
  ].filter((time) => time !== null && time !== false);
  return html`<section id="headline" class="${TONES[state]}">
    <div class="state">
      ${renderStateIcon(state)}
      <h1>${title}</h1>
    </div>
    ${reason === null ? null : html`<p class="reason">${reason}</p>`}${renderFailureDetails(latest?.error ?? null, { omitKind: latest?.error?.kind === state })}
    <dl class="times">${times}</dl>
  </section>`;
}

function renderTime(term: string, description: Html): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${description}</dd>
  </div>`;
}

/** Returns since when a pass runs, or when the next one begins. The reason says how long a stuck pass has been running. */
function renderPassTime(data: PageData): Html {
  const { healthy, pass, next_pass: next } = data.health;
  const now = dataTime(data);
  if (pass !== null) {
    const started = healthy ? html`, started ${renderAge(pass.at, now)}` : null;
    return renderTime('Pass', html`<span class="busy">in progress</span> (${pass.trigger})${started}`);
  }
  return renderTime('Next pass', next === null ? html`when a change is detected` : renderTimeUntil(next.at, now));
}
