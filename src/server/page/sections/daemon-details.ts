import type { Health, Moment } from '../../../core/report/health.ts';
import type { Report, SourceFacts } from '../../../core/report/report.ts';
import type { WatchMode } from '../../../core/report/vitals.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { countOf } from '../numbers.ts';
import { dataTime } from '../page-data.ts';
import type { PageData } from '../page-data.ts';
import { renderAge } from '../relative-time.ts';
import { renderCommit } from '../source-links.ts';

/**
 * Returns which folder is reconciled with which account, and how changes are detected. What the headline says already is left out: if the
 * last pass was good, it read the folder and listed the account when it says; and before the first pass, since when the process runs.
 */
export function renderDaemonDetails(data: PageData): Html {
  const { health, latest } = data;
  const now = dataTime(data);
  const step = (term: string, moment: Moment | null) => {
    if (moment !== null) return [row(term, renderAge(moment.at, now))];
    return latest === null ? [] : [row(term, html`never`)];
  };
  const steps =
    latest !== null && latest.error === null
      ? []
      : [...step('Folder read', health.last_read), ...step('Account listed', health.last_list)];
  const rows = [
    ...(latest === null ? [] : sourceRows(latest, data)),
    ...steps,
    row('Change detection', renderWatcher(health.watcher, now)),
    ...(latest === null ? [] : [row('Process started', renderAge(health.started.at, now))]),
  ];
  return html`<section id="daemon-details">
    <h2>Daemon</h2>
    <dl>${rows}</dl>
  </section>`;
}

function row(term: string, description: Html): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${description}</dd>
  </div>`;
}

function sourceRows(
  { source, account_id: account, mode, outcome, paused, error }: Report,
  data: PageData,
): readonly Html[] {
  return [
    row(
      'Folder',
      html`<code>${source.path}</code>${error === null ? html`<small>${countOf(source.files, 'file')}</small>` : null}`,
    ),
    row('Commit', renderSourceCommit(source, data)),
    row('Account', html`<code>${account}</code>`),
    // The headline says what the mode does with drift, unless writes are paused.
    ...(outcome === 'pending' && paused === null && data.health.paused === null ? [] : [row('Mode', html`${mode}`)]),
  ];
}

/** A pass that could not read the folder has no commit; the last good one might. */
function renderSourceCommit(source: SourceFacts, data: PageData): Html {
  const commit = renderCommit(data, source);
  if (commit !== null) return commit;
  const lastCommit = data.lastGood && renderCommit(data, data.lastGood.source);
  return lastCommit === null ? html`unknown` : html`${lastCommit}<small>as last read</small>`;
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
