import type { Settings } from '../../config/settings.ts';
import { guarded } from '../../core/base/guarded.ts';
import type { PreventedWrite } from '../../core/plan/assertions/violation.ts';
import type { ReportSink } from '../../core/report/sink.ts';
import { pauseSwitch } from '../../daemon/pause-switch.ts';
import type { Wait } from '../../cloudflare/budget/request-budget.ts';
import { createLog } from '../../sinks/log.ts';
import type { Log } from '../../sinks/log.ts';
import { openLogWriter } from '../../sinks/log-writer.ts';
import { trackVitals } from '../../sinks/vitals.ts';
import { hasColors } from '../context.ts';
import type { ColorMode, Context } from '../context.ts';
import { logBug, logEmulatorRequest, logPause, logPrevented, logReconcileToken } from './daemon-log.ts';
import { startEmulatedAccount } from '../emulated-account.ts';
import { readAccountOf } from '../input/account-input.ts';
import { untilResponsive } from '../input/responsive.ts';
import { openNotifications } from '../notifications/notifications.ts';
import { openProgress } from '../progress.ts';
import type { Progress } from '../progress.ts';
import type { StatusServer, StatusServerOptions } from './status-server.ts';
import { clock, createBudget, createDirectory, describeWait, openFolder } from '../wiring.ts';

export type RunOptions = { readonly emulator: boolean; readonly once: boolean; readonly color: ColorMode };

export type DaemonParts = Awaited<ReturnType<typeof openDaemonParts>>;

/** Opens the parts of a daemon and connects them. Throws a `ConfigError` if a setting or a variable is wrong. */
export async function openDaemonParts(settings: Settings, { emulator, once, color }: RunOptions, context: Context) {
  const progress = openProgress(context);
  const log = openLog(settings, { context, colors: hasColors(context, color), onLine: progress.clear });
  const folder = openFolder(settings);
  // The emulator starts with what the folder declares.
  if (emulator) await untilResponsive([settings.services], context);
  const emulated = emulator
    ? await startEmulatedAccount(folder.source, 'drifted', { onRequest: (request) => logEmulatorRequest(log, request) })
    : null;
  const account = emulated?.account ?? (await readAccountOf(context, settings));
  const pause = pauseSwitch(() => clock.now().getTime());
  const vitals = trackVitals(clock.elapsedMs, pause.current);
  const onBug = (error: unknown) => {
    vitals.onBug();
    logBug(log, error);
  };
  const logWait = (wait: Wait) => log.info({ event: 'waiting', ...wait }, describeWait(wait));
  const budget = createBudget(settings, guarded(logWait, onBug));
  const base = { settings, context, log, onBug };
  // An emulated account sends no notifications.
  const notifications = emulated === null ? await openNotifications(base) : null;
  const statusServer = once
    ? null
    : await startStatusServer({
        ...base,
        vitals: vitals.vitals,
        budget,
        pause,
        notificationStats: notifications?.stats,
      });
  const onRequest = guarded(statusServer?.onRequest ?? (() => {}), onBug);
  const onPrevented = guarded((prevented: PreventedWrite) => {
    vitals.onBug();
    logPrevented(log, prevented);
    statusServer?.onPrevented(prevented);
  }, onBug);
  const directory = createDirectory(settings, account, budget, onRequest);
  return {
    log,
    folder,
    emulated,
    account,
    budget,
    pause,
    vitals,
    onBug,
    onPrevented,
    statusServer,
    notifications,
    directory,
    progress: showFirstPassOnly(progress),
  };
}

type StatusServerParts = Pick<
  StatusServerOptions,
  'settings' | 'vitals' | 'budget' | 'pause' | 'context' | 'onBug' | 'notificationStats'
> & {
  readonly log: Log;
};

/** Starts the status server; null if the settings turn it off. */
async function startStatusServer({ log, ...parts }: StatusServerParts): Promise<StatusServer | null> {
  const { http_listen: listen } = parts.settings;
  if (listen === null) return null;
  // Imported only when needed, so that other commands start faster.
  const { openStatusServer } = await import('../daemon/status-server.ts');
  return openStatusServer({
    ...parts,
    listen,
    onPause: (paused) => logPause(log, paused),
    onTokenProblem: (problem) => logReconcileToken(log, problem),
  });
}

/** Opens the log on stdout. */
function openLog(
  { log_level: level, log_format: format }: Settings,
  { context, colors, onLine }: { readonly context: Context; readonly colors: boolean; readonly onLine: () => void },
): Log {
  return createLog({
    level,
    format,
    fd: 1,
    stream: process.stdout,
    colors,
    redact: (line) => {
      onLine();
      return context.secrets.redact(line);
    },
    openWriter: (onDropped) =>
      openLogWriter({
        output: context.logOutput,
        onWriteError: (code) => context.stderr.write(`vpc-reconciler: cannot write the log: ${code}; continuing\n`),
        onDropped,
      }),
  });
}

/** Shows the progress of the first pass only: it may have many updates, and a person may be waiting for it. */
function showFirstPassOnly(progress: Progress): Progress & ReportSink {
  let isFirst = true;
  return {
    ...progress,
    onProgress: (done, total) => {
      if (isFirst) progress.onProgress(done, total);
    },
    onReport: () => {
      isFirst = false;
      progress.end();
    },
  };
}
