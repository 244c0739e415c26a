import type { Writable } from 'node:stream';
import { isatty, WriteStream } from 'node:tty';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { escapeJson, escapeWorkflowCommands } from '../core/base/text/escape.ts';
import { parseJson } from '../core/base/json.ts';
import type { PassOutcome } from '../core/report/pass.ts';
import type { Report } from '../core/report/report.ts';
import { renderLogLine, renderTotals } from '../core/report/terminal/terminal-report.ts';
import { wrapLine } from '../core/report/terminal/wrap.ts';
import { painter } from './colors.ts';
import { limitLine } from './line-limit.ts';
import type { LogWriter } from './log-writer.ts';
import { REPORT_EVENT, toLogLines } from './report-lines.ts';

/** `isPretty` is whether it writes text for a person and not JSON. */
export type Log = Logger & { readonly isPretty: boolean };

export type LogOptions = {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** `auto` is `pretty` on a terminal and `json` elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** The file descriptor to write to: 1 for stdout, 2 for stderr. */
  readonly fd: number;
  /** The stream of the same file. */
  readonly stream: Writable;
  /** Whether pretty lines are colored. */
  readonly colors: boolean;
  /** Returns a line without the secrets in it. */
  readonly redact: (line: string) => string;
  /** Opens the writer of the lines. The log then logs how many lines the writer had to drop. */
  readonly openWriter: (onDropped: (lines: number) => void) => LogWriter;
};

/**
 * Creates a log that writes one JSON object of at most 16 KiB or one human-readable message per line. Reconciling continues when the log cannot be
 * written, for example on a full disk, and when nothing reads it.
 */
export function createLog(options: LogOptions): Log {
  const writer = options.openWriter((lines) =>
    log.warn({ event: 'log_lost', lines }, `dropped ${lines} log ${lines === 1 ? 'line' : 'lines'}`),
  );
  const { format, fd, level, redact } = options;
  const isPretty = format === 'pretty' || (format === 'auto' && isatty(fd));
  const formatLine = isPretty ? prettyFormatter(options) : null;
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Names, because most log stores do not know the numbers of pino.
      formatters: { level: (name) => ({ level: name }) },
    },
    // Redacted before it is shortened, which could cut a secret in two.
    {
      write: (line) =>
        writer.write(
          formatLine === null
            ? escapeJson(formatOrKeep(redact(line), limitLine))
            : escapeWorkflowCommands(redact(formatOrKeep(line, formatLine))),
        ),
    },
  );
  const log: Log = Object.assign(logger, { isPretty });
  return log;
}

/** Returns a formatted line. If it cannot be formatted because of a bug, it is written as it is: the log is where bugs are reported. */
function formatOrKeep(line: string, format: (line: string) => string): string {
  try {
    return format(line);
  } catch {
    return line;
  }
}

/** Returns a function that turns a line of JSON into lines for a person. */
function prettyFormatter({ fd, stream, colors }: LogOptions): (line: string) => string {
  const paint = painter(colors);
  const columns = () => (isatty(fd) && stream instanceof WriteStream && stream.columns > 0 ? stream.columns : Infinity);
  const pretty = prettyFactory({
    colorize: colors,
    // A report brings its own colors.
    customColors: 'message:reset',
    useOnlyCustomProps: false,
    hideObject: true,
    translateTime: 'SYS:HH:MM:ss.l',
    // A report is logged as a value, and becomes text only here.
    messageFormat: (line, key) =>
      isReport(line) ? renderLogLine(line, { paint, columns: columns() }) : String(line[key]),
  });
  return (line) => {
    // Parsed here, because pino-pretty would change the digits of some numbers.
    const [first = '', ...rest] = pretty(parseJson(line)).split('\n');
    // Only the first line is wrapped: the others are already laid out, or are meant to be copied.
    return [wrapLine(first, { columns: columns() }), ...rest].join('\n');
  };
}

/** Logs the report of a pass. The level shows whether it needs attention. */
export function logReport(log: Log, report: Report): void {
  const level = LEVELS[report.outcome];
  if (log.isPretty) log[level]({ event: REPORT_EVENT, ...report }, renderTotals(report, painter(false)));
  else if (log.isLevelEnabled(level)) for (const { msg, ...line } of toLogLines(report)) log[level](line, msg);
}

/** Whether a line is a report: only `logReport` writes this event. */
function isReport(line: object): line is Report {
  return 'event' in line && line.event === REPORT_EVENT;
}

const LEVELS = {
  in_sync: 'info',
  converged: 'info',
  // Logged only in mode detect, where a person has to correct the drift.
  pending: 'warn',
  interrupted: 'warn',
  partial: 'warn',
  failed: 'error',
  denied: 'error',
} as const satisfies Record<PassOutcome, LogOptions['level']>;
