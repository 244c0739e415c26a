import { expect, test } from 'vitest';
import { failure } from '../../src/core/base/failure.ts';
import { parseJson } from '../../src/core/base/json.ts';
import { toReport } from '../../src/core/report/report.ts';
import type { Report } from '../../src/core/report/report.ts';
import { toLogLines } from '../../src/sinks/report-lines.ts';
import type { LogLine } from '../../src/sinks/report-lines.ts';
import { facts, findings, id } from '../core/builders.ts';

const bytes = (line: LogLine) => Buffer.byteLength(JSON.stringify(line));
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const services = (count: number, port: number) =>
  numbers(count).map((number) => ({ service_id: id(number), name: `service-${number}`, tcp_port: port }));

/** Returns the lines of a report, as a reader of the log finds them. */
const linesOf = (report: Report): readonly LogLine[] =>
  toLogLines(report).map((line): LogLine => JSON.parse(JSON.stringify(line)));

test('a pass that finds 900 unmanaged services and nothing else takes less than 2 kB', () => {
  const report = toReport(facts({ findings: findings({ declared: [{}], live: [{}, ...services(900, 1).slice(1)] }) }));
  const lines = toLogLines(report);
  expect(lines).toHaveLength(1);
  expect(lines).toMatchObject([{ event: 'reconciliation_report', counts: { unmanaged: 899 }, services: [] }]);
  expect(lines.reduce((sum, line) => sum + bytes(line), 0)).toBeLessThan(2000);
});

test('a report of 1,000 updates becomes one line for each service, and everything is still in them', () => {
  const report = toReport(facts({ findings: findings({ declared: services(1000, 1), live: services(1000, 2) }) }));
  const [first, ...others] = linesOf(report);
  expect(first).toMatchObject({ event: 'reconciliation_report', counts: { drifted: 1000 }, detail_lines: 1000 });
  expect(first).not.toHaveProperty('services');
  expect(others.map(({ event, run_id }) => [event, run_id])).toEqual(
    numbers(1000).map(() => ['reconciliation_service', report.run_id]),
  );
  expect(others.map(({ service_id, name, changes }) => ({ service_id, name, changes }))).toEqual(
    report.services.map(({ service_id, name, changes }) => ({ service_id, name, changes })),
  );
  for (const line of toLogLines(report)) expect(bytes(line)).toBeLessThan(16 * 1024);
});

test('problems and unconfirmed services have lines of their own, too', () => {
  const problems = numbers(400).map((line) => ({
    file: 'a.yaml',
    line,
    column: 1,
    path: null,
    message: `problem ${line}`,
  }));
  const unconfirmed = numbers(400).map(id);
  const report = toReport(facts({ problems, unconfirmed }));
  const [first, ...others] = linesOf(report);
  expect(first).toMatchObject({ detail_lines: 800 });
  expect(
    others.filter(({ event }) => event === 'reconciliation_unconfirmed').map(({ service_id }) => service_id),
  ).toEqual(unconfirmed);
  expect(others.filter(({ event }) => event === 'reconciliation_problem').map(({ line, msg }) => [line, msg])).toEqual(
    problems.map(({ line, message }) => [line, message]),
  );
});

const withMessage = (length: number) => toReport(facts({ error: failure('source', 'x'.repeat(length)) }));

test('a report of up to 12 KiB stays one line', () => {
  const fixed = bytes(toLogLines(withMessage(0))[0] ?? { event: '', msg: '' });
  // The message is in `error` and in `msg`.
  const length = Math.floor((12 * 1024 - fixed) / 2);
  expect(toLogLines(withMessage(length))).toHaveLength(1);
  expect(toLogLines(withMessage(length))[0]).not.toHaveProperty('detail_lines');
  expect(toLogLines(withMessage(length + 1))[0]).toHaveProperty('detail_lines', 0);
});

test('fields that are null are omitted, except in declared and live values', () => {
  const report = toReport(
    facts({ findings: findings({ declared: [{ tcp_port: 1 }], live: [{ tcp_port: null, app_protocol: [null] }] }) }),
  );
  const [line] = linesOf(report);
  const { services: reported, ...rest } = Object(line);
  expect(JSON.stringify(rest)).not.toContain('null');
  expect(reported).toMatchObject([
    {
      changes: [
        { path: 'tcp_port', declared: 1 },
        { path: 'app_protocol', live: [null] },
      ],
    },
  ]);
  expect(Object.keys(reported[0].changes[0])).toEqual(['path', 'declared']);
  expect(Object.values(reported[0])).not.toContain(null);
});

test('numbers keep their digits', () => {
  const value = parseJson('{"weight":9007199254740993.10}');
  const report = toReport(facts({ findings: findings({ declared: [{}], live: [{ app_protocol: value }] }) }));
  expect(JSON.stringify(toLogLines(report))).toContain('9007199254740993.10');
});
