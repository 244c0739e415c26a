import { formatDuration } from '../../core/base/duration.ts';
import { escapeControlCharacters } from '../../core/base/text/escape.ts';
import type { WatchState } from '../../core/load/source.ts';
import { describePrevented } from '../../core/plan/assertions/violation.ts';
import type { PreventedWrite } from '../../core/plan/assertions/violation.ts';
import type { Trigger } from '../../core/report/pass.ts';
import type { Report } from '../../core/report/report.ts';
import { isUndeclared } from '../../core/report/service-report.ts';
import { describeSuspension } from '../../core/report/suspension.ts';
import type { Suspension } from '../../core/report/suspension.ts';
import type { ReportSink } from '../../core/report/sink.ts';
import { clockJumps } from '../../daemon/clock-jumps.ts';
import type { HandledRequest } from '../../emulator/server.ts';
import { logReport } from '../../sinks/log.ts';
import type { Log } from '../../sinks/log.ts';
import { clock } from '../wiring.ts';

/** Logs every report, and after a failed pass the time of the retry. */
export function reportLog(log: Log): ReportSink {
  let lastOutcome: Report['outcome'] | null = null;
  return {
    onReport: (report) => {
      lastOutcome = report.outcome;
      logReport(log, report);
      logUndeclared(log, report);
    },
    onPhase: (phase) => {
      if (phase.kind !== 'waiting' || phase.timerMs === null) return;
      if (lastOutcome !== 'failed' && lastOutcome !== 'denied') return;
      const inMs = Math.round(phase.timerMs);
      log.info({ event: 'next_retry', in_ms: inMs }, `retrying in ${formatDuration(inMs)}`);
    },
  };
}

/** A line names at most this many services, so that it stays short. */
const MAX_NAMED = 50;

/** Warns of the services whose declaration has disappeared. Reports name each of them once, because later ones find it unmanaged. */
function logUndeclared(log: Log, { run_id, services }: Report): void {
  const undeclared = services.filter(isUndeclared);
  for (let start = 0; start < undeclared.length; start += MAX_NAMED) {
    const named = undeclared.slice(start, start + MAX_NAMED);
    const fields = named.map(({ service_id, name, file }) => ({ service_id, name, file }));
    const names = named.map(({ name, file }) => `${name} (${file})`).join(', ');
    log.warn(
      { event: 'no_longer_declared', run_id, services: fields },
      escapeControlCharacters(`no longer declared, left alone: ${names}`),
    );
  }
}

/** Further delays are not logged for this long. */
const DELAY_LOG_INTERVAL_MS = 5 * 60_000;

/** Warns when passes are delayed because they are requested faster than the request budget allows. */
export function delayLog(log: Log): ReportSink {
  let lastLoggedMs = -Infinity;
  return {
    onReport: () => {},
    onPhase: (phase) => {
      if (phase.kind !== 'delayed' || clock.elapsedMs() - lastLoggedMs < DELAY_LOG_INTERVAL_MS) return;
      lastLoggedMs = clock.elapsedMs();
      log.warn(
        { event: 'passes_delayed', trigger: phase.trigger, in_ms: phase.ms },
        `passes are requested again and again, the last one by ${CAUSES[phase.trigger]}; to save the request budget, the next one begins in ${formatDuration(phase.ms)}`,
      );
    },
  };
}

const CAUSES = {
  startup: 'the start',
  change: 'a change of the folder or the token file',
  interval: 'the interval',
  schedule: 'the schedule',
  signal: 'SIGHUP',
  request: 'POST /api/reconcile',
  command: 'a command',
} as const satisfies Record<Trigger, string>;

/** How often the clock is checked for a jump between passes. */
const CLOCK_CHECK_MS = 10_000;

/**
 * Warns when the wall clock jumps: the times in the log are then misleading, and the schedule follows the new time. Checks
 * before every report is logged, and between passes until `stop` is called.
 */
export function clockJumpLog(log: Log, onJump: () => void): ReportSink & { readonly stop: () => void } {
  const jumpedBy = clockJumps(clock);
  const check = () => {
    const byMs = jumpedBy();
    if (byMs === 0) return;
    log.warn(
      { event: 'clock_jumped', by_ms: byMs },
      `the wall clock jumped by ${Math.round(byMs / 1000)} s: it was set, or the machine was suspended`,
    );
    onJump();
  };
  const timer = setInterval(check, CLOCK_CHECK_MS).unref();
  return { onReport: check, stop: () => clearInterval(timer) };
}

/** Logs how changes of the folder are detected; a warning if events are not reliable there. */
export function logWatchState(log: Log, folder: string, state: WatchState): void {
  if (state.by === 'events') log.info({ event: 'watching', by: state.by }, `watching ${folder}`);
  else {
    log.warn(
      { event: 'watching', ...state },
      `watching ${folder} by frequent rescans, because events are not reliable there: ${state.reason}`,
    );
  }
}

/** Logs that all writes were paused or, with null, resumed. */
export function logPause(log: Log, paused: Suspension | null): void {
  if (paused === null) log.info({ event: 'resumed' }, 'resumed: writes are no longer paused');
  else log.warn({ event: 'paused', ...paused }, `all writes are ${describeSuspension(paused)}`);
}

export function logBug(log: Log, error: unknown): void {
  log.error({ event: 'bug' }, `internal error, continuing: ${describeThrown(error)}`);
}

/** Logs a write that was not sent because of a bug in this program. */
export function logPrevented(log: Log, prevented: PreventedWrite): void {
  log.error({ event: 'write_prevented', ...prevented }, describePrevented(prevented));
}

/** Returns the text of anything that was thrown. Never throws, unlike `String`. */
function describeThrown(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'a value without a text was thrown'; // For example, an object without a prototype.
  }
}

/** Logs on SIGHUP what has happened to the configuration file: other daemons read it again, this one reads it at start only. */
export async function logConfigChange(log: Log, check: () => Promise<string | null>): Promise<void> {
  const change = await check();
  if (change === null) return;
  log.warn(
    { event: 'config_changed' },
    `${change}; the settings of the start stay in use until vpc-reconciler is restarted`,
  );
}

export function logMissedChange(log: Log, folder: string): void {
  log.warn(
    { event: 'change_missed' },
    `a rescan found a change in ${folder} that caused no event; setting up the watch again`,
  );
}

export function logCredentialChange(log: Log): void {
  log.info({ event: 'credential_changed' }, 'using the new token from CLOUDFLARE_API_TOKEN_FILE');
}

/** Logs why the token file holds no token; null once it holds one again. */
export function logCredentialProblem(log: Log, problem: string | null): void {
  if (problem === null) {
    log.info({ event: 'credential_restored' }, 'CLOUDFLARE_API_TOKEN_FILE contains a token again');
    return;
  }
  log.warn(
    { event: 'credential_missing' },
    `CLOUDFLARE_API_TOKEN_FILE: ${problem}; the last token stays in use until the file contains a token`,
  );
}

/** Logs why the reconcile token cannot be read; null once it can be read again. */
export function logReconcileToken(log: Log, problem: string | null): void {
  if (problem === null) {
    log.info({ event: 'reconcile_token_restored' }, 'reconcile_token_file contains a token again');
    return;
  }
  log.warn(
    { event: 'reconcile_token_missing' },
    `reconcile_token_file: ${problem}; POST /api/reconcile is refused until the file contains a token`,
  );
}

/** Logs a request that the emulator handled. */
export function logEmulatorRequest(log: Log, { method, path, status }: HandledRequest): void {
  const shortPath = path.slice(path.indexOf('/services'));
  log.info({ event: 'emulator_request', method, path, status }, `emulator: ${method} ${shortPath} ${status}`);
}
