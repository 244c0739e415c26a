import type { Change } from './compare.ts';
import type { Json } from './json.ts';
import type { Problem } from './problem.ts';
import type { Report, ServiceReport } from './report.ts';

export type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** A report as people read it: a block for each service that is not in sync, then the problems, then one line of totals. */
export function renderReport(report: Report, paint: Paint): string {
  return [...renderDetails(report, paint), renderTotals(report, paint)].join('\n');
}

/** A report as one line of a log that goes on: the totals first, and nothing about what is left alone pass after pass. */
export function renderLogLine(report: Report, paint: Paint): string {
  const services = report.services.filter(({ finding }) => finding !== 'unmanaged');
  return [renderTotals(report, paint), ...renderDetails({ ...report, services }, paint)].join('\n');
}

function renderDetails(report: Report, paint: Paint): string[] {
  return [
    ...report.services.flatMap((service) => renderService(service, report, paint)),
    ...report.problems.map((problem) => paint('red', renderProblem(problem))),
  ];
}

/** `services/orders-db.yaml:7:3 tcp_port: expected …, found …` */
export function renderProblem({ file, line, column, path, message }: Problem): string {
  return printable(`${file}:${line}:${column} ${path === null ? '' : `${path}: `}${message}`);
}

/** One line: how the pass ended, the numbers that are not zero, what it cost. */
export function renderTotals(report: Report, paint: Paint): string {
  const { counts, api, outcome, error } = report;
  const words = outcome.replace('_', ' ');
  const numbers = [
    { number: counts.updated, of: 'updated' },
    { number: report.mode === 'apply' ? 0 : counts.drifted - counts.withheld, of: 'to update' },
    { number: counts.failed, of: 'failed' },
    { number: counts.unsettled, of: 'unsettled' },
    { number: counts.withheld, of: 'withheld' },
    { number: counts.missing, of: 'missing' },
    { number: counts.invalid, of: 'invalid' },
    { number: counts.unmanaged, of: 'unmanaged' },
    { number: counts.in_sync, of: 'in sync' },
  ].flatMap(({ number, of }) => (number > 0 ? [`${number} ${of}`] : []));
  const cost = `${report.duration_ms} ms, ${api.requests} ${api.requests === 1 ? 'request' : 'requests'}`;
  const body =
    error === null ? numbers.join(', ') || 'no services' : [printable(error.message), ...numbers].join(' · ');
  return `${paint(STYLES[outcome], words)}: ${body} ${paint('dim', `(${cost})`)}`;
}

const STYLES = {
  in_sync: 'green',
  converged: 'green',
  pending: 'yellow',
  partial: 'yellow',
  interrupted: 'yellow',
  failed: 'red',
  denied: 'red',
} as const;

function renderService(service: ServiceReport, report: Report, paint: Paint): string[] {
  const name = paint('bold', printable(service.name ?? '(no name)'));
  const place = service.file === null ? '' : `  ${paint('dim', printable(`${service.file}:${service.line}`))}`;
  const id = paint('dim', printable(service.service_id ?? 'no service_id'));
  const head = (sign: string) => `${sign} ${name}  ${id}${place}`;
  switch (service.finding) {
    case 'drifted': {
      const width = Math.max(...service.changes.map(({ path }) => path.length));
      const because = service.cause === null ? '' : `  ${CAUSES[service.cause]}`;
      return [
        head(paint('yellow', '~')) + because,
        ...service.changes.map((change) => `    ${renderChange(change, width, paint)}`),
        ...renderUnknownFields(service, paint),
        ...renderResult(service, report, paint),
      ];
    }
    case 'missing':
      return [
        `${head(paint('red', '?'))}  declared, but not live${service.hint === null ? '' : `; ${printable(service.hint)}`}`,
      ];
    case 'unmanaged':
      return [`${head(paint('dim', '·'))}  ${paint('dim', 'live, but not declared: left alone')}`];
    case 'invalid':
      return [`${head(paint('red', '!'))}  set aside: nothing is written for it`];
  }
}

const CAUSES = { declaration: 'its declaration changed', live: 'it was changed live', both: 'both sides changed' };

function renderChange({ path, live, declared }: Change, width: number, paint: Paint): string {
  return `${path.padEnd(width)}  ${paint('red', value(live))} → ${paint('green', value(declared))}`;
}

/** What becomes of them, where something does: what is not written keeps what it has. */
function renderUnknownFields(
  { unknown_fields: fields, action, reason, result }: ServiceReport,
  paint: Paint,
): string[] {
  if (fields.length === 0 || action === null || result === 'unsettled') return [];
  if (reason !== null && (result === null || result === 'updated')) return [`    ${paint('red', printable(reason))}`];
  return [`    ${paint('dim', printable(`kept, unknown to this version: ${fields.join(', ')}`))}`];
}

function renderResult({ result, reason, attempts, error }: ServiceReport, report: Report, paint: Paint): string[] {
  const tries = attempts > 1 ? ` (${attempts} requests)` : '';
  const ray = error?.ray == null ? '' : ` (CF-Ray ${printable(error.ray)})`;
  switch (result) {
    case 'updated':
      return [`  ${paint('green', `= updated${tries}`)}`];
    case 'failed':
    case 'unsettled':
    case 'withheld':
      return [`  ${paint('red', `! ${printable(`${result}: ${reason}`)}${ray}${tries}`)}`];
    case null:
      return report.mode === 'apply' ? [] : [`  ${paint('yellow', '= to be updated')}`];
  }
}

/** A value as YAML's flow style has it, in quotes where it would read as something else; `unset` where there is none. */
function value(json: Json): string {
  if (json === null) return 'unset';
  if (Array.isArray(json)) return `[${json.map(value).join(', ')}]`;
  const plain = typeof json === 'string' && /^[\w.:/@-]+$/.test(json) && !/^(unset|null|true|false)$/.test(json);
  return plain && Number.isNaN(Number(json)) ? json : printable(JSON.stringify(json));
}

/** One line of it that steers no terminal: names and messages come from outside. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${Number(character.codePointAt(0)).toString(16)}}`,
  );
}
