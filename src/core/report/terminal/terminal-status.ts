import { formatDuration } from '../../base/duration.ts';
import { formatValue } from '../../base/format-value.ts';
import { escapeControlCharacters } from '../../base/text/escape.ts';
import { SUCCESSES } from '../../plan/outcome.ts';
import { parseMoment } from '../../service/moment.ts';
import { normalize } from '../../service/normalize.ts';
import type { KnownService } from '../daemon/known-service.ts';
import type { Health } from '../health.ts';
import { shortRevision } from '../notifications/commit-status.ts';
import type { Report } from '../report.ts';
import { isUrgent } from '../service-report.ts';
import { describeSuspension } from '../suspension.ts';
import type { TextOptions } from './style.ts';
import { renderDetails, renderProblems, renderService, renderTotals } from './terminal-report.ts';
import { wrapLine } from './wrap.ts';

/** The state of a daemon: its health, and the report of its last pass; null if none has ended. */
export type DaemonStatus = { readonly health: Health; readonly report: Report | null };

/** Renders the state of a daemon for a terminal: the verdict, the services that need attention and the others, then the facts. */
export function renderStatus({ health, report }: DaemonStatus, options: TextOptions): string {
  const { paint } = options;
  const trouble = health.reason === null ? [] : [wrapLine(paint('red', describeTrouble(health)), options)];
  const pass =
    report === null ? [] : [wrapLine(renderTotals(report, paint), options), ...renderSorted(report, options)];
  return [...trouble, ...pass, ...renderRows(factsOf(health, report), options)].join('\n');
}

function describeTrouble({ healthy, reason }: Health): string {
  return escapeControlCharacters(`${healthy ? 'not ready' : 'stuck'}: ${reason}`);
}

/** Renders the services that need a person first. */
function renderSorted(report: Report, options: TextOptions): readonly string[] {
  const known = report.services.filter(({ finding }) => finding !== 'unmanaged');
  const rest = known.filter((service) => !isUrgent(service));
  return renderDetails({ ...report, services: [...known.filter(isUrgent), ...rest] }, options);
}

type Row = readonly [term: string, description: string];

function factsOf(health: Health, report: Report | null): readonly Row[] {
  const { paused, last_good_pass: lastGood, last_pass: last, request_budget: budget } = health;
  const checked = last === null ? null : formatAge(last.age_seconds);
  return [
    ...(report === null || checked === null
      ? []
      : [row(report.error === null ? 'checked' : 'tried', `${checked} ago, ${describePassSource(report)}`)]),
    ...(report?.error == null
      ? []
      : [row('last good', lastGood === null ? 'never' : `${formatAge(lastGood.age_seconds)} ago`)]),
    row('next pass', describeNextPass(health)),
    ...(paused === null ? [] : [row('writes', describeSuspension(paused))]),
    ...(budget.length === 0 ? [] : [row('budget', budget.map(describeWindow).join(', '))]),
    row('daemon', `version ${health.version}, up ${formatAge(health.started.age_seconds)}`),
  ];
}

function row(term: string, description: string): Row {
  return [term, escapeControlCharacters(description)];
}

function formatAge(seconds: number): string {
  return seconds < 0.5 ? '0s' : formatDuration(Math.round(seconds) * 1000);
}

function describePassSource({ mode, source: { path, revision } }: Report): string {
  const commit = revision === null ? 'commit unknown' : `commit ${shortRevision(revision)}`;
  return `${commit}, folder ${path}, mode ${mode}`;
}

function describeNextPass({ pass, next_pass: next }: Health): string {
  if (pass !== null) return `in progress for ${formatAge(pass.age_seconds)} (${pass.trigger})`;
  return next === null ? 'when a change is detected' : `in ${formatAge(next.in_seconds)}`;
}

function describeWindow({ limit, window_seconds: seconds, left }: Health['request_budget'][number]): string {
  return `${left} of ${limit} requests left in ${formatAge(seconds)}`;
}

function renderRows(rows: readonly Row[], options: TextOptions): readonly string[] {
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, description]) =>
    wrapLine(`${options.paint('dim', term.padEnd(width))}  ${description}`, options),
  );
}

/** Renders one service for a terminal, as a daemon knows it. `now` is Unix time in milliseconds. */
export function renderKnownService(service: KnownService, now: number, options: TextOptions): string {
  const { state, since, or_earlier: orEarlier, checked_at: at, revision, outdated } = service;
  const age = (time: string) => `${formatAge((now - (parseMoment(time) ?? now)) / 1000)} ago`;
  const commit = revision === null ? 'commit unknown' : `commit ${shortRevision(revision)}`;
  const rows = [
    row('state', `${state.replace('_', ' ')}, since ${since}${orEarlier ? ' or earlier' : ''} (${age(since)})`),
    row('checked', `${age(at)}, ${commit}`),
    ...(outdated === null ? [] : [row('outdated', `later passes could not check it: ${outdated}`)]),
  ];
  return [
    ...renderService(service, service, options),
    ...renderProblems(service.problems, options),
    ...renderLive(service, options),
    ...renderRows(rows, options),
  ].join('\n');
}

function renderLive({ live, result }: KnownService, options: TextOptions): readonly string[] {
  if (live === null) return [];
  const title = SUCCESSES.includes(result) ? 'live before the pass:' : 'live:';
  const fields = [...normalize(live).known];
  const width = Math.max(0, ...fields.map(([path]) => path.length));
  return [
    `    ${options.paint('dim', title)}`,
    ...fields.map(([path, value]) => wrapLine(`      ${path.padEnd(width)}  ${formatValue(value)}`, options)),
  ];
}
