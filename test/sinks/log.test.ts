import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { secretKeeper } from '../../src/core/base/secrets.ts';
import type { PassOutcome, Report, ServiceReport } from '../../src/core/report/report.ts';
import { paintFor } from '../../src/sinks/colors.ts';
import { createLog, logReport } from '../../src/sinks/log.ts';
import type { Log, LogOptions } from '../../src/sinks/log.ts';

const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

const defaults: Omit<LogOptions, 'fd'> = {
  level: 'info',
  format: 'auto',
  stream: process.stdout,
  colors: true,
  hide: (line) => line,
  onFault: (code) => expect.fail(code),
};

/** What a log leaves in a file. It is all there as soon as the call returns. */
function logged(options: Partial<LogOptions>, write: (log: Log) => void): string {
  const path = join(folder, 'log');
  const fd = openSync(path, 'w');
  try {
    write(createLog({ ...defaults, ...options, fd }));
    return readFileSync(path, 'utf8');
  } finally {
    closeSync(fd);
  }
}

const linesOf = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

const drifted: ServiceReport = {
  service_id: '0191e3a4-5b6c-7d8e-9f00-112233445566',
  name: 'orders-db',
  file: 'services/orders-db.yaml',
  line: 2,
  finding: 'drifted',
  cause: 'live',
  action: 'update',
  changes: [{ path: 'tcp_port', live: 5433, declared: 5432 }],
  unknown_fields: [],
  result: 'updated',
  reason: null,
  hint: null,
  attempts: 1,
  error: null,
};

function report(changes: Partial<Report> = {}): Report {
  return {
    schema_version: 1,
    run_id: '6f2c1a90-4c1e-4d0f-8c55-3d1b7f0a2e11',
    trigger: 'change',
    mode: 'apply',
    account_id: '0123456789abcdef0123456789abcdef',
    source: { path: 'services', revision: 'd7012d0d7012d0d7012d0d7012d0d7012d0d7012', files: 1 },
    started_at: '2026-01-02T03:04:05.000Z',
    finished_at: '2026-01-02T03:04:05.120Z',
    duration_ms: 120,
    outcome: 'converged',
    counts: {
      declared: 2,
      live: 3,
      in_sync: 1,
      drifted: 1,
      missing: 0,
      unmanaged: 1,
      invalid: 0,
      updated: 1,
      failed: 0,
      unsettled: 0,
      withheld: 0,
    },
    api: { requests: 2, retries: 0, throttled_ms: 0 },
    services: [drifted],
    problems: [{ file: 'services/web.yaml', line: 3, column: 1, path: 'http_port', message: 'expected 1–65535' }],
    error: null,
    ...changes,
  };
}

test('writes a report as one JSON object on one line: the report as it is, and what a log adds', () => {
  const text = logged({}, (log) => logReport(log, report()));
  expect(text).toMatch(/^[^\n]+\n$/);
  const { level, time, msg, event, ...rest } = Object(JSON.parse(text));
  expect(event).toBe('reconciliation_report');
  expect(rest).toEqual(report());
  expect(level).toBe(30);
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(msg).toBe('converged: 1 updated, 1 unmanaged, 1 in sync (120 ms, 2 requests)');
});

test('every line is a JSON object, whatever stands in it', () => {
  const name = 'a\nb"\\\u0000\u001b[31m\u2028\u{1f525}';
  const text = logged({}, (log) => {
    log.info({ event: 'started' }, 'two\nlines');
    logReport(log, report({ services: [{ ...drifted, name }] }));
    logReport(log, report());
  });
  expect(linesOf(text)).toMatchObject([
    { event: 'started', msg: 'two\nlines' },
    { event: 'reconciliation_report', services: [{ name }] },
    { event: 'reconciliation_report' },
  ]);
});

const LEVELS: { readonly [Outcome in PassOutcome]: number } = {
  in_sync: 30,
  converged: 30,
  pending: 40,
  interrupted: 40,
  partial: 40,
  failed: 50,
  denied: 50,
};
const outcomes: readonly PassOutcome[] = [
  'in_sync',
  'converged',
  'pending',
  'interrupted',
  'partial',
  'failed',
  'denied',
];

test.for(outcomes)('the level of a pass that ended %s says whether somebody should look', (outcome) => {
  expect(linesOf(logged({}, (log) => logReport(log, report({ outcome }))))).toMatchObject([{ level: LEVELS[outcome] }]);
});

test.for([
  { level: 'trace', heard: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] },
  { level: 'info', heard: ['info', 'warn', 'error', 'fatal'] },
  { level: 'error', heard: ['error', 'fatal'] },
  { level: 'silent', heard: [] },
] as const)('at level $level, $heard are written', ({ level, heard }) => {
  const text = logged({ level, format: 'pretty' }, (log) => {
    for (const each of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[each](each);
  });
  expect(text.match(/(?<=: )\w+$/gm) ?? []).toEqual(heard);
});

test('the pretty format reads like a text: time and level, the totals, and what is worth knowing of each service', () => {
  const unmanaged: ServiceReport = { ...drifted, finding: 'unmanaged', name: 'legacy', action: null, result: null };
  const text = logged({ format: 'pretty' }, (log) => {
    log.info({ event: 'started', version: '1' }, 'here we are');
    logReport(log, report({ services: [unmanaged, drifted] }));
  });
  expect(text.replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, 'hh:mm:ss.lll').split('\n')).toEqual([
    '[hh:mm:ss.lll] INFO: here we are',
    '[hh:mm:ss.lll] INFO: converged: 1 updated, 1 unmanaged, 1 in sync (120 ms, 2 requests)',
    '~ orders-db  0191e3a4-5b6c-7d8e-9f00-112233445566  services/orders-db.yaml:2  it was changed live',
    '    tcp_port  5433 → 5432',
    '  = updated',
    'services/web.yaml:3:1 http_port: expected 1–65535',
    '',
  ]);
});

/** Whatever may move a cursor, change a color, or turn the direction of reading. */
const STEERING = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

test('nothing that comes from outside steers the terminal', () => {
  const evil = 'a\u001b[2J\u009b31m\u202e\u2028\r\nb';
  const text = logged({ format: 'pretty' }, (log) =>
    logReport(
      log,
      report({
        outcome: 'partial',
        services: [
          {
            ...drifted,
            name: evil,
            file: evil,
            changes: [{ path: 'name', live: evil, declared: [evil] }],
            unknown_fields: [evil],
            result: 'failed',
            reason: evil,
            error: {
              kind: 'rejected',
              status: 400,
              code: 5101,
              message: evil,
              pointer: evil,
              documentation_url: evil,
              ray: evil,
            },
          },
          { ...drifted, finding: 'missing', name: evil, hint: evil },
          { ...drifted, finding: 'invalid', name: evil, reason: evil },
        ],
        problems: [{ file: evil, line: 1, column: 1, path: evil, message: evil }],
        error: { ...failureOf(evil), message: evil },
      }),
    ),
  );
  for (const line of text.split('\n')) expect(line).not.toMatch(STEERING);
  expect(text).toContain(String.raw`a\u{1b}[2J`);
});

function failureOf(message: string): NonNullable<Report['error']> {
  return { kind: 'transient', status: null, code: null, message, pointer: null, documentation_url: null, ray: null };
}

test('has no colors where there is no terminal, in either format', () => {
  for (const format of ['auto', 'pretty', 'json'] as const) {
    const text = logged({ format }, (log) => logReport(log, report({ outcome: 'failed', error: failureOf('no') })));
    expect(stripVTControlCharacters(text)).toBe(text);
  }
});

test('colors are on where they are wanted, and leave the text as it was', () => {
  expect(paintFor(false)('red', 'a')).toBe('a');
  expect(paintFor(true)('red', 'a')).not.toBe('a');
  expect(stripVTControlCharacters(paintFor(true)('red', 'a'))).toBe('a');
});

test('hides secrets in either format, before a line is written', () => {
  const { add, hide } = secretKeeper();
  add('orders-db');
  for (const format of ['json', 'pretty'] as const) {
    const text = logged({ format, hide }, (log) => logReport(log, report()));
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('orders-db');
  }
});

// A full disk, on systems that have the device for it.
test.runIf(existsSync('/dev/full'))('goes on where the log cannot be written, and tells why once', () => {
  const fd = openSync('/dev/full', 'w');
  for (const format of ['json', 'pretty'] as const) {
    const faults: string[] = [];
    const log = createLog({ ...defaults, format, fd, onFault: (code) => void faults.push(code) });
    for (let line = 0; line < 3; line += 1) expect(() => logReport(log, report())).not.toThrow();
    expect(faults).toEqual(['ENOSPC']);
  }
  closeSync(fd);
});
