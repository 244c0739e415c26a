import { isatty } from 'node:tty';
import { styleText } from 'node:util';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Report } from '../core/report.ts';
import { renderLogLine, renderTotals } from '../core/text.ts';
import type { Paint } from '../core/text.ts';

export type Log = Logger;

export type LogOptions = {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** `auto`: lines for people on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** The open file to write to: 1 for stdout, 2 for stderr. */
  readonly fd: number;
  /** Whether a terminal is to have colours; nothing else ever has. */
  readonly colours: boolean;
  /** Takes the secrets out of a line. */
  readonly hide: (line: string) => string;
};

/** What is kept of lines that cannot be written. */
const MOST_KEPT_BYTES = 16 * 1024 * 1024;

/** One JSON object a line, or one readable line, written before the call returns: nothing is lost when the process ends. */
export function createLog({ level, format, fd, colours, hide }: LogOptions): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const destination = pino.destination({ fd, sync: true, maxLength: MOST_KEPT_BYTES });
  // A log that cannot be written, on a full disk say, is no reason to leave the services alone. It is tried again with every line.
  destination.on('error', () => {});
  if (format === 'json' || (format === 'auto' && !isatty(fd))) {
    return pino(options, { write: (line) => void destination.write(hide(line)) });
  }
  const colorize = colours && isatty(fd);
  const paint = paintFor(colorize);
  const prettify = prettyFactory({
    colorize,
    // The report has colours of its own.
    customColors: 'message:reset',
    useOnlyCustomProps: false,
    hideObject: true,
    translateTime: 'SYS:HH:MM:ss.l',
    // A report goes through the log as the one value it is; only here does it become text.
    messageFormat: (line, key) => (isReport(line) ? renderLogLine(line, paint) : String(line[key])),
  });
  return pino(options, { write: (line) => void destination.write(hide(prettify(line))) });
}

/** Colours, or none. */
export function paintFor(colours: boolean): Paint {
  return (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text);
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
