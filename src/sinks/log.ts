import type { Writable } from 'node:stream';
import { isatty, WriteStream } from 'node:tty';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Report } from '../core/report/report.ts';
import { renderLogLine, renderTotals, wrapped } from '../core/report/text.ts';
import { paintFor } from './colors.ts';
import { openOutlet } from './log-writer.ts';

export type Log = Logger;

export type LogOptions = {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** `auto`: lines for people on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** The open file to write to: 1 for stdout, 2 for stderr. */
  readonly fd: number;
  /** The stream of that file. */
  readonly stream: Writable;
  /** Whether a terminal is to have colors; nothing else ever has. */
  readonly colors: boolean;
  /** Takes the secrets out of a line. */
  readonly hide: (line: string) => string;
  /** Told why the log cannot be written, once for each time that it cannot. The lines wait, as many as there is room for. */
  readonly onFault: (code: string) => void;
};

/**
 * One JSON object a line, or one readable line. A log that cannot be written, on a full disk say, or that nobody reads, is no reason to
 * leave the services alone.
 */
export function createLog(options: LogOptions): Log {
  const outlet = openOutlet({
    ...options,
    onLost: (lines) =>
      log.warn({ event: 'log_lost', lines }, `${lines} ${lines === 1 ? 'line' : 'lines'} of the log are lost`),
  });
  const words = wordsFor(options);
  const log = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => outlet.write(options.hide(words(line))) },
  );
  return log;
}

/** What becomes of a line of JSON: nothing, or a line for people. */
function wordsFor({ format, fd, stream, colors }: LogOptions): (line: string) => string {
  if (format === 'json' || (format === 'auto' && !isatty(fd))) return (line) => line;
  const colorize = colors && isatty(fd);
  const paint = paintFor(colorize);
  const columns = () => (isatty(fd) && stream instanceof WriteStream && stream.columns > 0 ? stream.columns : Infinity);
  const pretty = prettyFactory({
    colorize,
    // The report has colors of its own.
    customColors: 'message:reset',
    useOnlyCustomProps: false,
    hideObject: true,
    translateTime: 'SYS:HH:MM:ss.l',
    // A report goes through the log as the one value it is; only here does it become text.
    messageFormat: (line, key) =>
      isReport(line) ? renderLogLine(line, { paint, columns: columns() }) : String(line[key]),
  });
  return (line) => {
    const [first = '', ...further] = pretty(line).split('\n');
    // What follows is laid out already, or is to be copied.
    return [wrapped(first, { columns: columns() }), ...further].join('\n');
  };
}

/** Writes the report of a pass as one line, at a level that says whether somebody should look. */
export function logReport(log: Log, report: Report): void {
  const level = LEVELS[report.outcome];
  log[level]({ event: REPORT, ...report }, renderTotals(report, paintFor(false)));
}

const REPORT = 'reconciliation_report';

/** Only `logReport` writes this event, so what carries it is a report. */
function isReport(line: object): line is Report {
  return 'event' in line && line.event === REPORT;
}

const LEVELS = {
  in_sync: 'info',
  converged: 'info',
  // Only detect logs it: drift that nobody but a person will put right.
  pending: 'warn',
  interrupted: 'warn',
  partial: 'warn',
  failed: 'error',
  denied: 'error',
} as const;
