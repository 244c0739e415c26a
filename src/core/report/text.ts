import { diffArrays } from 'diff';
import wrapAnsi from 'wrap-ansi';
import type { Json } from '../base/json.ts';
import { formatValue, printable } from '../base/printable.ts';
import type { Change } from '../compare/compare.ts';
import { renderProblem } from '../load/problem.ts';
import type { PassOutcome, Report, ServiceReport } from './report.ts';

export type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
/** Colors a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** How a text is to look: in colors or without, and in how many columns; `Infinity` for where lines may be of any length. */
export type TextOptions = { readonly paint: Paint; readonly columns: number };

/** A report as people read it: a block for each service that is not in sync, then the problems, then one line of totals. */
export function renderReport(report: Report, look: TextOptions): string {
  return [...renderDetails(report, look), wrapped(renderTotals(report, look.paint), look)].join('\n');
}

/** A report as one line of a log that goes on: the totals first, and nothing about what is left alone pass after pass. */
export function renderLogLine(report: Report, look: TextOptions): string {
  const services = report.services.filter(({ finding }) => finding !== 'unmanaged');
  // What stands before the totals, and so how many columns they have, is the log's to know.
  return [renderTotals(report, look.paint), ...renderDetails({ ...report, services }, look)].join('\n');
}

function renderDetails(report: Report, look: TextOptions): string[] {
  const shared = sharedReasons(report);
  return [
    ...[...shared].map(([reason, count]) =>
      wrapped(look.paint('red', `! ${count} withheld: ${printable(reason)}`), look),
    ),
    ...withoutReasons(report.services, shared).flatMap((service) => renderService(service, report, look)),
    ...report.problems.map((problem) => wrapped(look.paint('red', renderProblem(problem)), look)),
  ];
}

/** The reasons for which more than one service is withheld, as when a plan is too large, and how many are. To be said once, on top. */
export function sharedReasons({ services }: Report): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { result, reason } of services) {
    if (result === 'withheld' && reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return new Map([...counts].filter(([, count]) => count > 1));
}

/** The services without those of their reasons that are said elsewhere. */
export function withoutReasons(
  services: readonly ServiceReport[],
  said: ReadonlyMap<string, number>,
): readonly ServiceReport[] {
  return services.map((service) => (said.has(service.reason ?? '') ? { ...service, reason: null } : service));
}

/** What does not fit goes on below, a little further in than the line begins. */
export function wrapped(line: string, { columns }: Pick<TextOptions, 'columns'>): string {
  if (line.length <= columns) return line;
  const text = line.trimStart();
  const indent = ' '.repeat(line.length - text.length);
  // Colors have no width.
  if (!wrapAnsi(text, Math.max(LEAST_COLUMNS, columns - indent.length)).includes('\n')) return line;
  return wrapAnsi(text, Math.max(LEAST_COLUMNS, columns - indent.length - FURTHER.length))
    .split('\n')
    .map((part, index) => (index === 0 ? indent : indent + FURTHER) + part)
    .join('\n');
}

const FURTHER = '    ';

/** In fewer, nothing can be read. */
const LEAST_COLUMNS = 20;

/** One line: how the pass ended, the numbers that are not zero, what it cost. */
export function renderTotals(report: Report, paint: Paint): string {
  const { api, outcome, duration_ms: ms } = report;
  const cost = `${ms} ms, ${api.requests} ${api.requests === 1 ? 'request' : 'requests'}`;
  return `${paint(STYLES[outcome], wordsOf(outcome))}: ${sizesOf(report)} ${paint('dim', `(${cost})`)}`;
}

/** An outcome as people write it. */
export function wordsOf(outcome: PassOutcome): string {
  return outcome.replace('_', ' ');
}

/** What ended the pass, if anything did, and the numbers that are not zero. */
export function sizesOf(report: Report): string {
  const numbers = numbersOf(report).map(({ number, of }) => `${number} ${of}`);
  const { counts, error } = report;
  // "in sync: 9 in sync" would say it twice.
  if (error === null && numbers.length === 1 && counts.in_sync > 0) {
    return `${counts.in_sync} ${counts.in_sync === 1 ? 'service' : 'services'}`;
  }
  return error === null ? numbers.join(', ') || 'no services' : [printable(error.message), ...numbers].join(' · ');
}

/** The numbers that are not zero, and of what they are, in the order in which they are told. */
export function numbersOf({ counts, mode }: Report): readonly { readonly number: number; readonly of: string }[] {
  return [
    { number: counts.updated, of: 'updated' },
    { number: mode === 'apply' ? 0 : counts.drifted - counts.withheld, of: 'to update' },
    { number: counts.failed, of: 'failed' },
    { number: counts.unsettled, of: 'unsettled' },
    { number: counts.withheld, of: 'withheld' },
    { number: counts.missing, of: 'missing' },
    { number: counts.invalid, of: 'invalid' },
    { number: counts.unmanaged, of: 'unmanaged' },
    { number: counts.in_sync, of: 'in sync' },
  ].filter(({ number }) => number > 0);
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

function renderService(service: ServiceReport, report: Report, look: TextOptions): string[] {
  const { paint } = look;
  const name = paint('bold', printable(service.name ?? '(no name)'));
  const place = service.file === null ? '' : `  ${paint('dim', printable(`${service.file}:${service.line}`))}`;
  const id = paint('dim', printable(service.service_id ?? 'no service_id'));
  const head = (sign: string) => `${sign} ${name}  ${id}${place}`;
  switch (service.finding) {
    case 'drifted': {
      const because = service.cause === null ? '' : `  ${CAUSES[service.cause]}`;
      const below = [...renderUnknownFields(service, paint), ...renderResult(service, report, paint)];
      return [
        wrapped(head(paint('yellow', '~')) + because, look),
        ...renderChanges(service.changes, look),
        ...below.map((line) => wrapped(line, look)),
      ];
    }
    case 'missing': {
      const hint = service.hint === null ? '' : `; ${printable(service.hint)}`;
      return [wrapped(`${head(paint('red', '?'))}  declared, but not live${hint}`, look)];
    }
    case 'unmanaged':
      return [wrapped(`${head(paint('dim', '·'))}  ${paint('dim', 'live, but not declared: left alone')}`, look)];
    case 'invalid':
      return [wrapped(`${head(paint('red', '!'))}  set aside: nothing is written for it`, look)];
  }
}

/** Who made a service drift, in words. */
export const CAUSES = {
  declaration: 'its declaration changed',
  live: 'it was changed live',
  both: 'both sides changed',
};

/**
 * A line a field, `live → declared`, one below the other where there is room for that; but lists of more than one element by their
 * elements, and what does not fit into the columns as what goes and what comes.
 */
function renderChanges(changes: readonly Change[], { paint, columns }: TextOptions): string[] {
  const short = changes.filter((change) => !isList(change) && lengthOf(change) <= columns);
  const width = Math.max(0, ...short.map(({ path }) => path.length));
  return changes.flatMap((change) => {
    const { path, live, declared } = change;
    const elements = elementsOf(change);
    if (elements !== null) return [`    ${path}`, ...elements.map((element) => renderElement(element, paint))];
    if (short.includes(change)) {
      const aligned = path.padEnd(width);
      const head = lengthOf({ ...change, path: aligned }) <= columns ? aligned : path;
      return [`    ${head}  ${paint('red', formatValue(live))} → ${paint('green', formatValue(declared))}`];
    }
    return [
      `    ${path}`,
      `      ${paint('red', `- ${formatValue(live)}`)}`,
      `      ${paint('green', `+ ${formatValue(declared)}`)}`,
    ];
  });
}

function renderElement({ on, text }: Element, paint: Paint): string {
  switch (on) {
    case 'both':
      return `        ${text}`;
    case 'live':
      return `      ${paint('red', `- ${text}`)}`;
    case 'declared':
      return `      ${paint('green', `+ ${text}`)}`;
  }
}

/** An element of a list that differs, and on which side it is. */
export type Element = { readonly on: 'both' | 'live' | 'declared'; readonly text: string };

/** What stays, goes and comes, in the order of the list; null where there is no list of more than one element. */
export function elementsOf(change: Change): readonly Element[] | null {
  if (!isList(change)) return null;
  return diffArrays([...listOf(change.live)], [...listOf(change.declared)]).flatMap(
    ({ added, removed, value: texts }) =>
      texts.map((text): Element => ({ on: added ? 'declared' : removed ? 'live' : 'both', text })),
  );
}

function isList({ live, declared }: Change): boolean {
  const sides = [live, declared];
  return sides.every((side) => side === null || Array.isArray(side)) && sides.some((side) => listOf(side).length > 1);
}

function listOf(json: Json): readonly string[] {
  return Array.isArray(json) ? json.map(formatValue) : [];
}

function lengthOf({ path, live, declared }: Change): number {
  return `    ${path}  ${formatValue(live)} → ${formatValue(declared)}`.length;
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
      return [
        `  ${paint('red', `! ${printable(reason === null ? `${result}, as said above` : `${result}: ${reason}`)}${ray}${tries}`)}`,
      ];
    case null:
      return report.mode === 'apply' ? [] : [`  ${paint('yellow', '= to be updated')}`];
  }
}
