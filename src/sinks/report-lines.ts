import { isExactNumber } from '../core/base/json.ts';
import type { Report } from '../core/report/report.ts';
import { renderTotals } from '../core/report/terminal/terminal-report.ts';
import { painter } from './colors.ts';

/** One line of the log, without level and time. */
export type LogLine = { readonly event: string; readonly msg: string } & Readonly<Record<string, unknown>>;

/**
 * A report in one line has at most this many bytes. Container runtimes split lines at 16 KiB, and some log stores drop long ones.
 * Redaction, level and time may add to this.
 */
const MAX_BYTES = 12 * 1024;

export const REPORT_EVENT = 'reconciliation_report';

type ListName = { [Key in keyof Report]: Report[Key] extends readonly unknown[] ? Key : never }[keyof Report];

/** The lists of a report, each with the event of its items in lines of their own. */
const EVENTS = {
  services: 'reconciliation_service',
  problems: 'reconciliation_problem',
  unconfirmed: 'reconciliation_unconfirmed',
} as const satisfies Record<ListName, string>;

/**
 * Returns a report as lines of the log: one line, or if that is too long, one without the lists, followed by one for each of their items,
 * all with the same `run_id`. Fields that are null are omitted. Unmanaged services are only counted: they would be in every pass.
 */
export function toLogLines(report: Report): readonly LogLine[] {
  const { services, problems, unconfirmed, ...summary } = report;
  const lists = { unconfirmed, services: services.filter(({ finding }) => finding !== 'unmanaged'), problems };
  const event = REPORT_EVENT;
  const msg = renderTotals(report, painter(false));
  const whole = { event, ...withoutNulls({ ...summary, ...lists }), msg };
  if (Buffer.byteLength(JSON.stringify(whole)) <= MAX_BYTES) return [whole];
  const details = [
    ...unconfirmed.map((service_id) => ({ event: EVENTS.unconfirmed, fields: { service_id }, msg: 'not listed yet' })),
    ...lists.services.map((fields) => ({ event: EVENTS.services, fields, msg: describeService(fields) })),
    ...problems.map((fields) => ({ event: EVENTS.problems, fields, msg: fields.message })),
  ];
  return [
    { event, ...withoutNulls(summary), detail_lines: details.length, msg },
    ...details.map(({ fields, ...line }) => ({ ...line, run_id: report.run_id, ...withoutNulls(fields) })),
  ];
}

function describeService({ name, finding, result }: Report['services'][number]): string {
  return [name ?? '(no name)', result ?? finding].join(': ');
}

/** Returns an object without the fields that are null. Declared and live values stay as they are. */
function withoutNulls(object: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]: [string, unknown]) => {
      if (value === null) return [];
      return [[key, key === 'live' || key === 'declared' ? value : withoutNestedNulls(value)]];
    }),
  );
}

function withoutNestedNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNestedNulls);
  return typeof value === 'object' && value !== null && !isExactNumber(value) ? withoutNulls(value) : value;
}
