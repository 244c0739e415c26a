import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { redactor } from '../../src/core/base/text/redactor.ts';
import { PASS_OUTCOMES } from '../../src/core/report/pass.ts';
import type { PassOutcome } from '../../src/core/report/pass.ts';
import type { Report } from '../../src/core/report/report.ts';
import type { ServiceReport } from '../../src/core/report/service-report.ts';
import { painter } from '../../src/sinks/colors.ts';
import { createLog, logReport } from '../../src/sinks/log.ts';
import type { Log, LogOptions } from '../../src/sinks/log.ts';
import { openLogWriter } from '../../src/sinks/log-writer.ts';
import { openOutput } from '../../src/sinks/output.ts';

const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

const defaults: Omit<LogOptions, 'fd' | 'openWriter'> = {
  level: 'info',
  format: 'auto',
  stream: process.stdout,
  colors: false,
  redact: (line) => line,
};

/** Returns what a log writes to a file. All of it is in the file as soon as each call returns. */
function logged(options: Partial<LogOptions>, write: (log: Log) => void): string {
  const path = join(folder, 'log');
  const fd = openSync(path, 'w');
  try {
    const openWriter = () => ({ write: (line: string) => void writeSync(fd, line) });
    write(createLog({ ...defaults, ...options, fd, openWriter }));
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
  contested: null,
  action: 'update',
  changes: [{ path: 'tcp_port', live: 5433, declared: 5432 }],
  ignored: [],
  unknown_fields: [],
  result: 'updated',
  reason: null,
  hint: null,
  attempts: 1,
  error: null,
};

function report(changes: Partial<Report> = {}): Report {
  return {
    schema_version: 2,
    run_id: '6f2c1a90-4c1e-4d0f-8c55-3d1b7f0a2e11',
    trigger: 'change',
    mode: 'apply',
    account_id: '0123456789abcdef0123456789abcdef',
    source: { path: 'services', revision: 'd7012d0d7012d0d7012d0d7012d0d7012d0d7012', files: 1 },
    started_at: '2026-01-02T03:04:05.000Z',
    finished_at: '2026-01-02T03:04:05.120Z',
    duration_ms: 120,
    outcome: 'converged',
    paused: null,
    superseded: false,
    unconfirmed: [],
    next_expiry: null,
    counts: {
      declared: 2,
      live: 3,
      in_sync: 1,
      drifted: 1,
      missing: 0,
      unwanted: 0,
      unmanaged: 1,
      invalid: 0,
      created: 0,
      updated: 1,
      deleted: 0,
      failed: 0,
      unsettled: 0,
      withheld: 0,
      paused: 0,
      ignored: 0,
      contested: 0,
      to_create: 0,
      to_update: 0,
      to_delete: 0,
    },
    api: { requests: 2, retries: 0, throttled_ms: 0 },
    services: [drifted],
    problems: [{ file: 'services/web.yaml', line: 3, column: 1, path: 'http_port', message: 'expected 1–65535' }],
    error: null,
    ...changes,
  };
}

/** The report above, as it is logged. */
const reportWithoutNulls = (() => {
  const { error: _, next_expiry: _____, paused: ______, ...fields } = report();
  const { reason: __, hint: ___, error: ____, contested: _______, ...service } = drifted;
  return { ...fields, services: [service] };
})();

test('writes a report as one JSON object on one line, with level, time, event and message', () => {
  const text = logged({}, (log) => logReport(log, report()));
  expect(text).toMatch(/^[^\n]+\n$/);
  const { level, time, msg, event, ...rest } = Object(JSON.parse(text));
  expect(event).toBe('reconciliation_report');
  expect(rest).toEqual(reportWithoutNulls);
  expect(level).toBe('info');
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(msg).toBe('converged: 1 updated, 1 unmanaged, 1 in sync (120 ms, 2 requests)');
});

test('writes every line as a JSON object, for any characters in it', () => {
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

const LEVELS: Readonly<Record<PassOutcome, string>> = {
  in_sync: 'info',
  converged: 'info',
  pending: 'warn',
  interrupted: 'warn',
  partial: 'warn',
  failed: 'error',
  denied: 'error',
};
const levels = PASS_OUTCOMES.map((outcome) => ({ outcome, level: LEVELS[outcome] }));

test.for(levels)('logs a pass that ended $outcome at level $level', ({ outcome, level }) => {
  expect(linesOf(logged({}, (log) => logReport(log, report({ outcome }))))).toMatchObject([{ level }]);
});

test('splits a report that is too long for a line in JSON, and not for a person', () => {
  const services = Array.from({ length: 100 }, () => drifted);
  const lines = linesOf(logged({}, (log) => logReport(log, report({ services }))));
  expect(lines).toHaveLength(1 + services.length + 1);
  expect(lines).toMatchObject(lines.map(() => ({ level: 'info', run_id: report().run_id })));
  expect(
    linesOf(logged({ level: 'warn' }, (log) => logReport(log, report({ services, outcome: 'partial' })))),
  ).toHaveLength(102);
  const text = logged({ format: 'pretty' }, (log) => logReport(log, report({ services })));
  expect(text.match(/INFO/g)).toHaveLength(1);
  expect(text.match(/^~ orders-db/gm)).toHaveLength(100);
});

test.for([
  { event: 'waiting', msg: 'x'.repeat(100_000) },
  { event: 'waiting', msg: '\u{1f525}'.repeat(20_000) },
  { event: 'waiting', msg: '\u0001'.repeat(20_000) },
  { event: 'waiting', msg: 'x', names: Array.from({ length: 10_000 }, (_, index) => `service-${index}`) },
  {
    event: 'waiting',
    msg: 'x',
    ...Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key-${index}`, 1])),
  },
  {
    event: 'waiting',
    msg: 'x',
    deep: JSON.parse('['.repeat(2000) + `"${'x'.repeat(30_000)}"` + ']'.repeat(2000)) as unknown,
  },
])('writes no line in JSON with more than 16 KiB, whatever it is about', ({ msg, ...fields }) => {
  const text = logged({}, (log) => log.info(fields, msg));
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(16 * 1024);
  expect(text).toMatch(/^[^\n]+\n$/);
  const [line] = linesOf(text);
  expect(line).toMatchObject({ level: 'info', event: 'waiting', shortened: true });
});

test('a shortened line says how much is missing, and keeps the rest', () => {
  const names = Array.from({ length: 3000 }, (_, index) => `service-${index}`);
  const weight = 1.5;
  const [line] = linesOf(
    logged({}, (log) => log.info({ event: 'waiting', names, weight, none: null }, 'y'.repeat(5000))),
  );
  const { time: _, ...rest } = Object(line);
  expect(rest).toEqual({
    level: 'info',
    event: 'waiting',
    names: [...names.slice(0, 500), '… 2500 more'],
    weight,
    none: null,
    msg: `${'y'.repeat(500)}… 4500 more characters`,
    shortened: true,
  });
});

test('a secret is redacted also where a line is shortened', () => {
  const { add, redact } = redactor();
  add('orders-db-token');
  const text = logged({ redact }, (log) =>
    log.info({ event: 'waiting' }, `${'x'.repeat(1995)}orders-db-token${'x'.repeat(40_000)}`),
  );
  expect(text).toContain('shortened');
  expect(text).not.toContain('order');
});

test.for([
  { level: 'trace', written: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] },
  { level: 'info', written: ['info', 'warn', 'error', 'fatal'] },
  { level: 'error', written: ['error', 'fatal'] },
  { level: 'silent', written: [] },
] as const)('writes $written at level $level', ({ level, written }) => {
  const text = logged({ level, format: 'pretty' }, (log) => {
    for (const each of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[each](each);
  });
  expect(text.match(/(?<=: )\w+$/gm) ?? []).toEqual(written);
});

test('writes time, level, totals and the details of each service in the pretty format', () => {
  const unmanaged: ServiceReport = { ...drifted, finding: 'unmanaged', name: 'legacy', action: null, result: null };
  const text = logged({ format: 'pretty' }, (log) => {
    log.info({ event: 'started', version: '1' }, 'hello');
    logReport(log, report({ services: [unmanaged, drifted] }));
  });
  expect(text.replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, 'hh:mm:ss.lll').split('\n')).toEqual([
    '[hh:mm:ss.lll] INFO: hello',
    '[hh:mm:ss.lll] INFO: converged: 1 updated, 1 unmanaged, 1 in sync (120 ms, 2 requests)',
    '~ orders-db  0191e3a4-5b6c-7d8e-9f00-112233445566  services/orders-db.yaml:2  it was changed outside git',
    '    tcp_port  5433 → 5432',
    '  = updated',
    'services/web.yaml:3:1 http_port: expected 1–65535',
    '',
  ]);
});

/** Characters that can move the cursor, change colors, or reverse the direction of text. */
const CONTROL_CHARACTERS = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

test('escapes control characters from files and from the API', () => {
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
  for (const line of text.split('\n')) expect(line).not.toMatch(CONTROL_CHARACTERS);
  expect(text).toContain(String.raw`a\u{1b}[2J`);
});

function failureOf(message: string): NonNullable<Report['error']> {
  return { kind: 'transient', status: null, code: null, message, pointer: null, documentation_url: null, ray: null };
}

const reportIn = (format: 'json' | 'pretty', colors: boolean) =>
  logged({ format, colors }, (log) => logReport(log, report()));

test('colors the pretty format if asked to, also in a file, and never JSON', () => {
  expect(reportIn('pretty', true)).not.toBe(stripVTControlCharacters(reportIn('pretty', true)));
  for (const plain of [reportIn('pretty', false), reportIn('json', true)])
    expect(plain).toBe(stripVTControlCharacters(plain));
});

test('a painter colors text only if it is enabled, and leaves the text unchanged', () => {
  expect(painter(false)('red', 'a')).toBe('a');
  expect(painter(true)('red', 'a')).not.toBe('a');
  expect(stripVTControlCharacters(painter(true)('red', 'a'))).toBe('a');
});

test('redacts secrets in either format before a line is written', () => {
  const { add, redact } = redactor();
  add('orders-db');
  for (const format of ['json', 'pretty'] as const) {
    const text = logged({ format, redact }, (log) => logReport(log, report()));
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('orders-db');
  }
});

// /dev/full behaves like a full disk, and is not available on every system.
test.runIf(existsSync('/dev/full'))(
  'continues when the log cannot be written, and reports the reason once',
  async () => {
    const fd = openSync('/dev/full', 'w');
    for (const format of ['json', 'pretty'] as const) {
      const faults: string[] = [];
      const output = openOutput({ fd, stream: process.stdout });
      const onWriteError = (code: string) => void faults.push(code);
      const openWriter = (onDropped: (lines: number) => void) => openLogWriter({ output, onWriteError, onDropped });
      const log = createLog({ ...defaults, format, fd, openWriter });
      for (let line = 0; line < 3; line += 1) {
        expect(() => logReport(log, report())).not.toThrow();
        await output.flushed();
      }
      expect(faults).toEqual(['ENOSPC']);
    }
    closeSync(fd);
  },
);

test('writes values that JSON does not have, and lone surrogates, without throwing', () => {
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  const thrower = {
    toJSON: () => {
      throw new Error('no');
    },
  };
  const odd = {
    big: 10n,
    nan: NaN,
    symbol: Symbol('s'),
    call: () => {},
    loop,
    thrower,
    lone: '\uD800',
    null: Object.create(null),
  };
  for (const format of ['json', 'pretty'] as const) {
    const text = logged({ format }, (log) => {
      log.info({ event: 'odd', ...odd }, 'lone \uDC00 text');
      log.info('next');
    });
    expect(text.trimEnd().split('\n')).toHaveLength(2);
    expect(text).toContain('next');
  }
});

test('writes a report as it is if it cannot be rendered', () => {
  const text = logged({ format: 'pretty' }, (log) => {
    log.info({ event: 'reconciliation_report', services: 'none' }, 'not a report');
    log.info('next');
  });
  expect(text).toContain('not a report');
  expect(text).toContain('next');
});
