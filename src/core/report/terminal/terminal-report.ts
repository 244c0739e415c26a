import { escapeControlCharacters } from '../../base/text/escape.ts';
import { renderProblem } from '../../load/problem.ts';
import type { Problem } from '../../load/problem.ts';
import type { Result } from '../../plan/outcome.ts';
import { describeCounts } from '../counts.ts';
import { CAUSE_LABELS, describeContest, OUTCOME_LABELS, PENDING_LABELS, signOf } from '../labels.ts';
import type { Sign } from '../labels.ts';
import type { Report } from '../report.ts';
import { isUndeclared, placeOf } from '../service-report.ts';
import type { ServiceReport } from '../service-report.ts';
import { describeSuspension } from '../suspension.ts';
import { omitReasons, sharedReasons } from '../shared-reasons.ts';
import { renderChanges, renderNewFields } from './changes.ts';
import { OUTCOME_STYLES } from './style.ts';
import type { Paint, Style, TextOptions } from './style.ts';
import { wrapLine } from './wrap.ts';

/** Renders a report for a terminal: a block for each service that is not in sync, then the problems, then one line of totals. */
export function renderReport(report: Report, options: TextOptions): string {
  return [...renderDetails(report, options), wrapLine(renderTotals(report, options.paint), options)].join('\n');
}

/** Renders a report for a log: the totals first, and without unmanaged services, which would appear in every pass. */
export function renderLogLine(report: Report, options: TextOptions): string {
  const services = report.services.filter(({ finding }) => finding !== 'unmanaged');
  // The totals are not wrapped here: only the log knows the width of the time and level before them.
  return [renderTotals(report, options.paint), ...renderDetails({ ...report, services }, options)].join('\n');
}

/** Renders one line: the outcome, the counts that are not zero, the duration and the number of requests. */
export function renderTotals(report: Report, paint: Paint): string {
  const { api, outcome, duration_ms: ms } = report;
  const cost = `${ms} ms, ${api.requests} ${api.requests === 1 ? 'request' : 'requests'}`;
  const label = paint(OUTCOME_STYLES[outcome], OUTCOME_LABELS[outcome]);
  const paused =
    report.paused === null ? '' : ` · ${paint('yellow', escapeControlCharacters(describeSuspension(report.paused)))}`;
  return `${label}: ${describeCounts(report)}${paused} ${paint('dim', `(${cost})`)}`;
}

/** Renders the services, then the problems. */
export function renderDetails(report: Report, options: TextOptions): readonly string[] {
  const shared = sharedReasons(report);
  return [
    ...[...shared].map(([reason, count]) =>
      wrapLine(options.paint('red', `! ${count} withheld: ${escapeControlCharacters(reason)}`), options),
    ),
    ...omitReasons(report.services, shared).flatMap((service) => renderService(service, report, options)),
    ...renderProblems(report.problems, options),
  ];
}

export function renderProblems(problems: readonly Problem[], options: TextOptions): readonly string[] {
  return problems.map((problem) => wrapLine(options.paint('red', renderProblem(problem)), options));
}

/** Renders the block of one service. */
export function renderService(
  service: ServiceReport,
  report: Pick<Report, 'mode'>,
  options: TextOptions,
): readonly string[] {
  return [...renderFinding(service, report, options), ...renderContest(service, options)];
}

function renderFinding(service: ServiceReport, report: Pick<Report, 'mode'>, options: TextOptions): readonly string[] {
  const { paint } = options;
  const wrap = (lines: readonly string[]) => lines.map((line) => wrapLine(line, options));
  const title = renderTitle(service, paint);
  const ignored = renderIgnored(service, options);
  switch (service.finding) {
    case 'drifted': {
      const cause = service.cause === null ? '' : `  ${CAUSE_LABELS[service.cause]}`;
      const notes = [...renderUnknownFields(service, paint), ...renderResult(service, report, paint)];
      return [wrapLine(title + cause, options), ...renderChanges(service.changes, options), ...ignored, ...wrap(notes)];
    }
    case 'missing': {
      const text = ['declared but not live', service.hint].filter((part) => part !== null).join('; ');
      const state = service.changes.length === 0 ? `  ${escapeControlCharacters(text)}` : '';
      const result = renderResult(service, report, paint);
      return [wrapLine(title + state, options), ...renderNewFields(service.changes, options), ...wrap(result)];
    }
    case 'unwanted': {
      const hints = [service.hint].filter((hint) => hint !== null);
      const notes = hints.map((hint) => `    ${paint('dim', escapeControlCharacters(hint))}`);
      return wrap([`${title}  declared absent, but live`, ...notes, ...renderResult(service, report, paint)]);
    }
    case 'in_sync':
      return [wrapLine(title, options), ...ignored];
    case 'unmanaged': {
      const text = isUndeclared(service)
        ? paint('yellow', 'no longer declared; left alone')
        : paint('dim', 'live but not declared; left alone');
      return wrap([`${title}  ${text}`]);
    }
    case 'invalid':
      return wrap([`${title}  skipped: ${whySkipped(service)}`]);
  }
}

/** Renders the sign, the name, the id and the place of a service. */
function renderTitle(service: ServiceReport, paint: Paint): string {
  const sign = signOf(service);
  const name = paint('bold', escapeControlCharacters(service.name ?? '(no name)'));
  const place = placeOf(service);
  const shownPlace = place === null ? '' : `  ${paint('dim', escapeControlCharacters(place))}`;
  const noId = service.finding === 'missing' ? 'no service_id yet' : 'no service_id';
  const id = paint('dim', escapeControlCharacters(service.service_id ?? noId));
  return `${paint(SIGN_STYLES[sign], sign)} ${name}  ${id}${shownPlace}`;
}

const SIGN_STYLES: Readonly<Record<Sign, Style>> = {
  '+': 'green',
  '~': 'yellow',
  '-': 'red',
  '‖': 'yellow',
  '?': 'red',
  '!': 'red',
  '=': 'dim',
  '·': 'dim',
};

/** Renders the differences that the declaration ignores. */
function renderIgnored({ ignored }: ServiceReport, options: TextOptions): readonly string[] {
  if (ignored.length === 0) return [];
  return [`    ${options.paint('dim', 'ignored:')}`, ...renderChanges(ignored, options)];
}

function renderContest({ contested }: ServiceReport, options: TextOptions): readonly string[] {
  if (contested === null) return [];
  return [wrapLine(`  ${options.paint('red', `! contested: ${describeContest(contested)}`)}`, options)];
}

/** Only an unusable item of the list has a hint. The problems of a declaration are listed separately. */
function whySkipped({ reason, hint }: ServiceReport): string {
  return hint === null ? 'the declaration has problems' : escapeControlCharacters(`${reason}; ${hint}`);
}

/** Renders what happens to unknown fields, if the service is written. */
function renderUnknownFields(
  { unknown_fields: fields, action, reason, result }: ServiceReport,
  paint: Paint,
): readonly string[] {
  if (fields.length === 0 || action === null || result === 'unsettled') return [];
  if (reason !== null && (result === null || result === 'updated'))
    return [`    ${paint('red', escapeControlCharacters(reason))}`];
  return [`    ${paint('dim', escapeControlCharacters(`keeps unknown fields: ${fields.join(', ')}`))}`];
}

function renderResult(service: ServiceReport, { mode }: Pick<Report, 'mode'>, paint: Paint): readonly string[] {
  const { action, result, reason, attempts } = service;
  const requests = attempts > 1 ? ` (${attempts} requests)` : '';
  switch (result) {
    case 'created':
    case 'updated':
    case 'deleted': {
      const note = result === 'created' && reason !== null ? `: ${escapeControlCharacters(reason)}` : '';
      return [`  ${paint('green', `= ${result}${note}${requests}`)}`];
    }
    case 'paused':
      return [reason]
        .filter((text) => text !== null)
        .map((text) => `  ${paint('yellow', `‖ ${escapeControlCharacters(text)}`)}`);
    case 'failed':
    case 'unsettled':
    case 'withheld':
      return [`  ${paint('red', `! ${describeObstacle(result, service)}${requests}`)}`];
    case null:
      return mode === 'apply' || action === null ? [] : [`  ${paint('yellow', `= ${PENDING_LABELS[action]}`)}`];
  }
}

function describeObstacle(result: Result, { reason, error }: ServiceReport): string {
  const ray = error?.ray == null ? '' : ` (CF-Ray ${escapeControlCharacters(error.ray)})`;
  const text = reason === null ? `${result} for the reason above` : `${result}: ${reason}`;
  return escapeControlCharacters(text) + ray;
}
