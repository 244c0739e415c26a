import { formatDuration } from '../../core/base/duration.ts';
import type { Health, Moment } from '../../core/report/health.ts';
import type { Mode, Report } from '../../core/report/report.ts';
import { renderAge, spellTime } from './age.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { nowOf } from './page-facts.ts';
import type { PageFacts } from './page-facts.ts';
import { count } from './verdict.ts';

/** What is reconciled with what, and how the daemon is. */
export function renderAbout(facts: PageFacts): Html {
  const { health, latest } = facts;
  const now = nowOf(facts);
  const ageOf = (moment: Moment | null) => (moment === null ? html`not yet` : renderAge(moment.at, now));
  return html`<section id="about">
    <h2 class="unseen">What runs here</h2>
    <dl>
      ${latest === null ? null : renderSource(latest, facts)}${row('Folder read', ageOf(health.last_read))}${row('Account listed', ageOf(health.last_list))}${row('Last good pass', ageOf(health.last_good_pass))}${latest === null ? null : row('Last pass', renderCost(latest))}${row('Watching', renderWatcher(health.watcher, now))}${row('Started', ageOf(health.started))}
    </dl>
  </section>`;
}

function row(term: string, description: Html): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${description}</dd>
  </div>`;
}

function renderSource({ source, account_id: account, mode }: Report, { lastGood }: PageFacts): Html {
  return html`${row('Folder', html`<code>${source.path}</code><small>${count(source.files, 'file')}</small>`)}${row('Commit', renderCommit(source.revision, lastGood))}${row('Account', html`<code>${account}</code>`)}${row('Mode', html`${mode}<small>${MODES[mode]}</small>`)}`;
}

const MODES: Readonly<Record<Mode, string>> = {
  apply: 'writes what differs',
  detect: 'writes nothing',
  plan: 'writes nothing',
};

/** A pass that could not read the folder knows no commit, but the one before did. */
function renderCommit(revision: string | null, lastGood: Report | null): Html {
  if (revision !== null) return renderHash(revision);
  const before = lastGood?.source.revision ?? null;
  return before === null ? html`not known` : html`${renderHash(before)}<small>when it was last read</small>`;
}

function renderHash(revision: string): Html {
  return html`<code title="${revision}">${revision.slice(0, 8)}</code>`;
}

/** What the last pass cost. */
function renderCost({ trigger, duration_ms: ms, api }: Report): Html {
  const parts = [
    count(api.requests, 'request'),
    ...(api.retries === 0 ? [] : [count(api.retries, 'retry', 'retries')]),
    ...(api.throttled_ms === 0 ? [] : [`waited ${formatDuration(api.throttled_ms)}`]),
  ];
  return html`${formatDuration(ms)}, by ${trigger}<small>${parts.join(', ')}</small>`;
}

function renderWatcher({ by, reason, last_look: look, missed_changes: missed }: Health['watcher'], now: number): Html {
  const words = { starting: 'not yet', events: 'by events', rescans: 'by looking again and again' }[by];
  const why = reason === null ? null : html`<small>${reason}</small>`;
  const looked = look === null ? null : html`<small>looked ${renderAge(look.at, now)}</small>`;
  const lost = missed === 0 ? null : html`<small>${count(missed, 'change')} came without an event</small>`;
  return html`${words}${why}${looked}${lost}`;
}

/** At which time all of this was so. */
export function renderAsOf(facts: PageFacts): Html {
  const at = new Date(nowOf(facts)).toISOString();
  return html`<time id="as-of" datetime="${at}">${spellTime(at)}</time>`;
}
