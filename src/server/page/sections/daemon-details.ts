import { formatDuration } from '../../../core/base/duration.ts';
import type { Health, Moment } from '../../../core/report/health.ts';
import type { Report } from '../../../core/report/report.ts';
import type { Mode } from '../../../core/report/pass.ts';
import type { WatchMode } from '../../../core/report/vitals.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { countOf } from '../numbers.ts';
import { dataTime } from '../page-data.ts';
import type { PageData } from '../page-data.ts';
import { renderAge } from '../relative-time.ts';

/** Returns which folder is reconciled with which account, and when the daemon last read, listed, and checked. */
export function renderDaemonDetails(data: PageData): Html {
  const { health, latest } = data;
  const now = dataTime(data);
  const age = (moment: Moment | null) => (moment === null ? html`never` : renderAge(moment.at, now));
  const rows = [
    ...(latest === null ? [] : sourceRows(latest, data.lastGood)),
    row('Folder read', age(health.last_read)),
    row('Account listed', age(health.last_list)),
    row('Last good pass', age(health.last_good_pass)),
    ...(latest === null ? [] : [row('Last pass', renderPassCost(latest))]),
    row('Change detection', renderWatcher(health.watcher, now)),
    row('Process started', age(health.started)),
  ];
  return html`<section id="daemon-details">
    <h2 class="visually-hidden">Details</h2>
    <dl>${rows}</dl>
  </section>`;
}

function row(term: string, description: Html): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${description}</dd>
  </div>`;
}

function sourceRows({ source, account_id: account, mode }: Report, lastGood: Report | null): readonly Html[] {
  return [
    row('Folder', html`<code>${source.path}</code><small>${countOf(source.files, 'file')}</small>`),
    row('Commit', renderCommit(source.revision, lastGood)),
    row('Account', html`<code>${account}</code>`),
    row('Mode', html`${mode}<small>${MODE_EFFECTS[mode]}</small>`),
  ];
}

const MODE_EFFECTS: Readonly<Record<Mode, string>> = {
  apply: 'corrects drift',
  detect: 'reports drift, writes nothing',
  plan: 'writes nothing',
};

/** A pass that could not read the folder has no commit; the last good one might. */
function renderCommit(revision: string | null, lastGood: Report | null): Html {
  if (revision !== null) return renderHash(revision);
  const lastRevision = lastGood?.source.revision ?? null;
  return lastRevision === null ? html`unknown` : html`${renderHash(lastRevision)}<small>as last read</small>`;
}

function renderHash(revision: string): Html {
  return html`<code title="${revision}">${revision.slice(0, 8)}</code>`;
}

function renderPassCost({ trigger, duration_ms: ms, api }: Report): Html {
  const costs = [
    countOf(api.requests, 'request'),
    ...(api.retries === 0 ? [] : [countOf(api.retries, 'retry', 'retries')]),
    ...(api.throttled_ms === 0 ? [] : [`waited ${formatDuration(api.throttled_ms)}`]),
  ];
  return html`${formatDuration(ms)} (${trigger})<small>${costs.join(', ')}</small>`;
}

const WATCH_MODE_LABELS: Readonly<Record<WatchMode, string>> = {
  starting: 'starting',
  events: 'file system events',
  rescans: 'periodic rescans',
};

function renderWatcher(watcher: Health['watcher'], now: number): Html {
  const { by, reason, last_check: lastCheck, missed_changes: missed } = watcher;
  const notes = [
    reason === null ? null : html`<small>${reason}</small>`,
    lastCheck === null ? null : html`<small>checked ${renderAge(lastCheck.at, now)}</small>`,
    missed === 0 ? null : html`<small>${countOf(missed, 'change')} missed by events</small>`,
  ].filter((note) => note !== null);
  return html`${WATCH_MODE_LABELS[by]}${notes}`;
}
