import { setFlagsFromString } from 'node:v8';
import { readAccount } from '../../config/account.ts';
import type { Config } from '../../config/load-config.ts';
import type { Settings } from '../../config/settings.ts';
import { formatDuration } from '../../core/base/duration.ts';
import type { WatchState } from '../../core/load/source.ts';
import type { Phase } from '../../core/report/health.ts';
import type { Report } from '../../core/report/report.ts';
import { clockJumps } from '../../daemon/clock-jumps.ts';
import { daemon } from '../../daemon/daemon.ts';
import type { HandledRequest } from '../../emulator/server.ts';
import { createLog, logReport } from '../../sinks/log.ts';
import type { Log } from '../../sinks/log.ts';
import { keepVitals } from '../../sinks/vitals.ts';
import { watchFolder } from '../../source/watch/watch-folder.ts';
import { onStop, wantsColors } from '../context.ts';
import type { Context, ExitCode } from '../context.ts';
import { startRehearsal } from '../emulated-account.ts';
import { openProgress } from '../progress.ts';
import type { StatusServer, StatusServerOptions } from '../status-server.ts';
import { version } from '../version.ts';
import { clock, describeWait, openBudget, openDirectory, openReconciler, openSource } from '../wiring.ts';

/** How often to look whether the clock jumped, besides after every pass. */
const CLOCK_LOOK_MS = 10_000;

export type RunOptions = { readonly emulator: boolean; readonly once: boolean };

/** The daemon: watches, reconciles and logs until it is told to stop. */
export async function run({ settings }: Config, { emulator, once }: RunOptions, context: Context): Promise<ExitCode> {
  // Where there is memory, V8 lets garbage lie: over 300 passes a daemon of 1,000 services comes to 230 MB so, else to 310.
  if (!once) setFlagsFromString('--heap-growing-percent=10');
  // Of the first pass, which may have much to do while somebody looks on.
  const progress = await openProgress(context);
  const log = openLog(settings, context, progress.clear);
  const source = openSource(settings);
  const rehearsal = emulator ? await startRehearsal(source, 'drifted', { onRequest: logRequest(log) }) : null;
  const account = rehearsal?.account ?? readAccount(context.environment, { onSecret: context.secrets.add });
  const budget = openBudget(settings, (wait) => log.info({ event: 'waiting', ...wait }, describeWait(wait)));
  const { mode, services } = settings;
  const vitals = keepVitals(clock.elapsedMs);
  const station = await stationOf({ settings, once, vitals: vitals.vitals, budget, context, log });
  const directory = openDirectory(settings, account, budget, station?.onRequest);
  let lastOutcome: Report['outcome'] | null = null;

  log.info(
    { event: 'started', version, mode, services, account_id: account.accountId, base_url: account.baseUrl },
    started(),
  );
  if (station !== null)
    log.info({ event: 'serving', url: station.url }, `status page, health and metrics: ${station.url}/`);
  onStop(context, (text) => {
    vitals.onStop();
    log.info({ event: 'stopping' }, text);
  });
  if (rehearsal?.tamper != null)
    log.info({ event: 'hint' }, `change a service behind its back:\n  ${rehearsal.tamper}`);
  // What is shown of the schedule holds no more, then.
  const tellJump = jumpTeller(log, () => station?.onPhase());
  const clockWatch = setInterval(tellJump, CLOCK_LOOK_MS).unref();
  try {
    await daemon({
      pass: openReconciler(settings, {
        source,
        directory,
        account,
        mode,
        onStep: vitals.onStep,
        onProgress: (done, of) => {
          if (lastOutcome === null) progress.onProgress(done, of);
        },
      }),
      onReport: (report) => {
        progress.end();
        lastOutcome = report.outcome;
        tellJump();
        logReport(log, report);
        vitals.onReport(report);
        station?.onReport(report);
      },
      onPhase: (phase) => {
        vitals.onPhase(phase);
        station?.onPhase();
        tellNextTry(log, lastOutcome, phase);
      },
      onRequests: (ask) => station?.acceptPassRequests(ask),
      watch: (onChange) =>
        watchFolder({
          path: services,
          settleMs: settings.settle,
          rescanMs: settings.rescan,
          hasChanged: source.hasChanged,
          readCount: source.readCount,
          onChange,
          onState: (state) => {
            vitals.onWatch({ reason: null, ...state });
            logWatchState(log, services, state);
          },
          onCheck: vitals.onLook,
          onMissedChange: () => {
            vitals.onMissed();
            log.warn(
              { event: 'change_missed' },
              `a change of ${services} was found that no event had announced: the watch is put up anew`,
            );
          },
        }),
      intervalMs: settings.interval,
      schedule: settings.schedule,
      onSignal: context.onHangUp,
      watchCredential: (onChange) =>
        account.credentials.watch(() => {
          log.info({ event: 'credential_changed' }, 'another token is in CLOUDFLARE_API_TOKEN_FILE: used from now on');
          onChange();
        }),
      heldMs: budget.heldMs,
      gracePeriodMs: settings.grace_period,
      random: Math.random,
      stop: context.stop,
      ...(once ? { afterwards: untilInSync() } : {}),
    });
  } finally {
    progress.end();
    clearInterval(clockWatch);
    await station?.close();
    await directory.close();
    await rehearsal?.emulator.close();
  }
  log.info({ event: 'stopped' }, 'stopped');
  return once && lastOutcome !== 'in_sync' ? 1 : 0;

  function started(): string {
    const against =
      rehearsal === null ? account.baseUrl : `the built-in emulator at ${account.baseUrl}, no real account`;
    return `vpc-reconciler ${version}: ${mode === 'apply' ? 'reconciling' : 'watching for drift of'} ${services} with ${against}`;
  }
}

type StationFacts = Omit<StatusServerOptions, 'listen' | 'onBug' | 'onTokenFile'> & {
  readonly once: boolean;
  readonly log: Log;
};

/** What is served of a daemon; null where nothing is to be, or nobody would have the time to look. */
async function stationOf({ once, log, ...facts }: StationFacts): Promise<StatusServer | null> {
  const { http_listen: listen } = facts.settings;
  if (listen === null || once) return null;
  // Loaded only where it is wanted.
  const { openStatusServer } = await import('../status-server.ts');
  const onBug = (error: unknown) => log.error({ event: 'bug' }, `a bug, going on: ${String(error)}`);
  const onTokenFile = (fault: string | null) => {
    if (fault === null) log.info({ event: 'reconcile_token_back' }, 'reconcile_token_file holds a token again');
    else
      log.warn(
        { event: 'reconcile_token_gone' },
        `reconcile_token_file: ${fault}; POST /api/reconcile is refused until it holds one`,
      );
  };
  return openStatusServer({ ...facts, listen, onBug, onTokenFile });
}

/** The log on stdout, which from now on ends the process no more when it cannot be written. */
function openLog({ log_level: level, log_format: format }: Settings, context: Context, onLine: () => void): Log {
  context.outliveStdout();
  return createLog({
    level,
    format,
    fd: 1,
    stream: process.stdout,
    colors: wantsColors(context),
    hide: (line) => {
      onLine();
      return context.secrets.hide(line);
    },
    onFault: (code) => context.stderr.write(`vpc-reconciler: the log cannot be written: ${code}; going on\n`),
  });
}

/**
 * What was updated is looked at once more: only a pass that finds nothing to do has shown that all is in sync. Not for ever: somebody
 * else may be changing things as fast.
 */
function untilInSync(): (report: Report) => 'again' | 'end' {
  let passes = 0;
  return ({ outcome }) => {
    passes += 1;
    return outcome === 'converged' && passes < 5 ? 'again' : 'end';
  };
}

/** How changes are noticed: worth a warning where it is not by events. */
function logWatchState(log: Log, services: string, state: WatchState): void {
  if (state.by === 'events') log.info({ event: 'watching', by: state.by }, `watching ${services}`);
  else
    log.warn(
      { event: 'watching', ...state },
      `looking at ${services} again and again, for events do not tell all: ${state.reason}`,
    );
}

/** Says when a pass that went wrong is tried again. */
function tellNextTry(log: Log, lastOutcome: Report['outcome'] | null, phase: Phase): void {
  if (phase.kind !== 'waiting' || phase.timerMs === null) return;
  if (lastOutcome !== 'failed' && lastOutcome !== 'denied') return;
  const inMs = Math.round(phase.timerMs);
  log.info({ event: 'next_try', in_ms: inMs }, `next try in ${formatDuration(inMs)}`);
}

/** Says so when the time of day has jumped: the times in the log are not what they seem, and the schedule goes by the new one. */
function jumpTeller(log: Log, onJump: () => void): () => void {
  const jumpedBy = clockJumps(clock);
  return () => {
    const byMs = jumpedBy();
    if (byMs === 0) return;
    log.warn(
      { event: 'clock_jumped', by_ms: byMs },
      `the time of day jumped by ${Math.round(byMs / 1000)} s: the clock was set, or the machine slept`,
    );
    onJump();
  };
}

/** What reaches the emulator, so that one sees the requests of a rehearsal as they are made. */
function logRequest(log: Log): (request: HandledRequest) => void {
  return ({ method, path, status }) => {
    const short = path.slice(path.indexOf('/services'));
    log.info({ event: 'emulator_request', method, path, status }, `emulator: ${method} ${short} ${status}`);
  };
}
