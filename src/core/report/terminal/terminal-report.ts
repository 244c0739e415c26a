import { escapeControlCharacters } from '../../base/text/escape.ts';
import { renderProblem } from '../../load/problem.ts';
import { describeCounts } from '../counts.ts';
import { CAUSE_LABELS, OUTCOME_LABELS } from '../labels.ts';
import type { Report } from '../report.ts';
import { isUndeclared, placeOf } from '../service-report.ts';
import type { ServiceReport } from '../service-report.ts';
import { omitReasons, sharedReasons } from '../shared-reasons.ts';
import { renderChanges } from './changes.ts';
import { OUTCOME_STYLES } from './style.ts';
import type { Paint, TextOptions } from './style.ts';
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
  return `${label}: ${describeCounts(report)} ${paint('dim', `(${cost})`)}`;
}

function renderDetails(report: Report, options: TextOptions): readonly string[] {
  const shared = sharedReasons(report);
  return [
    ...[...shared].map(([reason, count]) =>
      wrapLine(options.paint('red', `! ${count} withheld: ${escapeControlCharacters(reason)}`), options),
    ),
    ...omitReasons(report.services, shared).flatMap((service) => renderService(service, report, options)),
    ...report.problems.map((problem) => wrapLine(options.paint('red', renderProblem(problem)), options)),
  ];
}

function renderService(service: ServiceReport, report: Report, options: TextOptions): readonly string[] {
  const { paint } = options;
  const name = paint('bold', escapeControlCharacters(service.name ?? '(no name)'));
  const place = placeOf(service);
  const shownPlace = place === null ? '' : `  ${paint('dim', escapeControlCharacters(place))}`;
  const id = paint('dim', escapeControlCharacters(service.service_id ?? 'no service_id'));
  const title = (sign: string) => `${sign} ${name}  ${id}${shownPlace}`;
  switch (service.finding) {
    case 'drifted': {
      const cause = service.cause === null ? '' : `  ${CAUSE_LABELS[service.cause]}`;
      const notes = [...renderUnknownFields(service, paint), ...renderResult(service, report, paint)];
      return [
        wrapLine(title(paint('yellow', '~')) + cause, options),
        ...renderChanges(service.changes, options),
        ...notes.map((line) => wrapLine(line, options)),
      ];
    }
    case 'missing': {
      const text = ['declared but not live', service.hint].filter((part) => part !== null).join('; ');
      return [wrapLine(`${title(paint('red', '?'))}  ${escapeControlCharacters(text)}`, options)];
    }
    case 'unmanaged': {
      const text = isUndeclared(service)
        ? paint('yellow', 'no longer declared; left alone')
        : paint('dim', 'live but not declared; left alone');
      return [wrapLine(`${title(paint('dim', '·'))}  ${text}`, options)];
    }
    case 'invalid':
      return [wrapLine(`${title(paint('red', '!'))}  skipped: ${whySkipped(service)}`, options)];
  }
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

function renderResult(
  { result, reason, attempts, error }: ServiceReport,
  { mode }: Report,
  paint: Paint,
): readonly string[] {
  const requests = attempts > 1 ? ` (${attempts} requests)` : '';
  const ray = error?.ray == null ? '' : ` (CF-Ray ${escapeControlCharacters(error.ray)})`;
  switch (result) {
    case 'updated':
      return [`  ${paint('green', `= updated${requests}`)}`];
    case 'failed':
    case 'unsettled':
    case 'withheld': {
      const text = reason === null ? `${result} for the reason above` : `${result}: ${reason}`;
      return [`  ${paint('red', `! ${escapeControlCharacters(text)}${ray}${requests}`)}`];
    }
    case null:
      return mode === 'apply' ? [] : [`  ${paint('yellow', '= to be updated')}`];
  }
}
