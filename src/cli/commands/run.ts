import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { configFileChange } from '../../config/config-file.ts';
import type { Config } from '../../config/load-config.ts';
import { SETTINGS } from '../../config/settings.ts';
import type { Settings } from '../../config/settings.ts';
import { guarded } from '../../core/base/guarded.ts';
import { describeProxy } from '../../core/base/http-proxy.ts';
import type { Watch } from '../../core/load/source.ts';
import type { Report } from '../../core/report/report.ts';
import type { ReportSink } from '../../core/report/sink.ts';
import { daemon } from '../../daemon/daemon.ts';
import {
  credentialChangeTrigger,
  expiryTrigger,
  folderChangeTrigger,
  intervalTrigger,
  requestTrigger,
  scheduleTrigger,
  signalTrigger,
  startupTrigger,
  supersededTrigger,
} from '../../daemon/triggers.ts';
import type { TriggerSource } from '../../daemon/triggers.ts';
import { watchFolder } from '../../source/watch/watch-folder.ts';
import { notifyOnStop } from '../context.ts';
import type { ColorMode, Context, ExitCode } from '../context.ts';
import {
  clockJumpLog,
  delayLog,
  logConfigChange,
  logCredentialChange,
  logCredentialProblem,
  logMissedChange,
  logWatchState,
  reportLog,
} from '../daemon/daemon-log.ts';
import { openDaemonParts } from '../daemon/daemon-parts.ts';
import type { DaemonParts, RunOptions } from '../daemon/daemon-parts.ts';
import { addHelpText } from '../help.ts';
import type { HelpText } from '../help.ts';
import { addSettings, colorOption, emulatorOption, withConfig } from '../options.ts';
import type { CommandScope } from '../options.ts';
import { version } from '../version.ts';
import { createPass } from '../wiring.ts';
import { exitCodeOf } from '../exit-code.ts';

const HELP: HelpText = {
  examples: [
    ['Keep the account in sync with ./services', 'vpc-reconciler run'],
    ['Report drift every hour, without correcting it', 'vpc-reconciler run --mode detect --interval 1h'],
    ['Try it without an account, until all services are in sync', 'vpc-reconciler run --emulator --once --policy sync'],
  ],
  note: [
    'To set the token of POST /api/reconcile without a file, use the environment; there is no flag for it:',
    'VPC_RECONCILER_RECONCILE_TOKEN=… vpc-reconciler run',
  ],
  exitCodes: [
    ['0', 'Stopped by a signal; with --once: all services are in sync'],
    ['2', 'With --once: the mode is detect, and the account differs from the declarations'],
    ['1', 'Invalid usage or configuration; with --once: the services could not be brought in sync'],
  ],
  needsAccount: true,
};

type RunFlags = { readonly emulator?: boolean; readonly once?: boolean; readonly color: ColorMode };

/** Defines `run`, the daemon. */
export function defineRun(command: Command, scope: CommandScope): void {
  command
    .addOption(emulatorOption())
    .option('--once', 'Exit when all services are in sync, or when a pass cannot bring them in sync')
    .addOption(colorOption());
  addSettings(command, SETTINGS, scope);
  addHelpText(command, HELP, scope.context);
  command.action(async ({ emulator = false, once = false, color }: RunFlags) =>
    withConfig(command, scope, async (config) => run(config, { emulator, once, color }, scope.context)),
  );
}

/** Runs the daemon until it is stopped; with `once`, until a pass has nothing left to do. */
async function run({ settings, file }: Config, options: RunOptions, context: Context): Promise<ExitCode> {
  // V8 delays garbage collection while memory is free: in 300 passes over 1,000 services, this limits 310 MB to 230 MB.
  if (!options.once) setFlagsFromString('--heap-growing-percent=10');
  const parts = await openDaemonParts(settings, options, context);
  const { folder, directory, account, emulated, log, vitals, progress, statusServer, notifications, onBug } = parts;
  logStart(parts, settings);
  if (file !== null) {
    const check = configFileChange(file);
    context.onHangUp(() => void logConfigChange(log, check));
  }
  notifyOnStop(context, (text) => {
    vitals.onStop();
    log.info({ event: 'stopping' }, text);
  });
  // The status page shows the time of the next scheduled pass, which changes with the clock.
  const clockLog = clockJumpLog(log, () => statusServer?.onPhase());
  let exitCode: ExitCode = 1;
  const exitCodeSink: ReportSink = {
    onReport: (report) => {
      // A converged pass is followed by another, which shows whether all services are in sync.
      exitCode = report.outcome === 'converged' ? 1 : exitCodeOf(report);
    },
  };
  try {
    await daemon({
      pass: createPass(settings, {
        source: folder.source,
        directory,
        account,
        spareRequests: parts.budget.spareRequests,
        pause: parts.pause,
        onFindings: guarded(statusServer?.onFindings ?? (() => {}), onBug),
        onStep: guarded(vitals.onStep, onBug),
        onSource: (source) => notifications?.onSource(source, account.accountId),
        onProgress: guarded(progress.onProgress, onBug),
        onPrevented: parts.onPrevented,
      }),
      triggers: triggersOf(parts, settings, { context, once: options.once }),
      sinks: [
        progress,
        exitCodeSink,
        clockLog,
        reportLog(log),
        delayLog(log),
        vitals,
        ...(statusServer === null ? [] : [statusServer]),
        ...(notifications === null ? [] : [notifications]),
      ],
      onBug,
      gapMs: parts.budget.listGapMs,
      gracePeriodMs: settings.grace_period,
      stop: context.stop,
      ...(options.once ? { afterPass: repeatUntilInSync() } : {}),
    });
  } finally {
    progress.end();
    clockLog.stop();
    await notifications?.close();
    await statusServer?.close();
    await directory.close();
    await emulated?.emulator.close();
    await folder.close();
  }
  log.info({ event: 'stopped' }, 'stopped');
  return options.once ? exitCode : 0;
}

/** Everything that causes a pass. */
function triggersOf(
  parts: DaemonParts,
  settings: Settings,
  { context, once }: { readonly context: Context; readonly once: boolean },
): readonly TriggerSource[] {
  const { account, budget, log, statusServer } = parts;
  return [
    startupTrigger(),
    signalTrigger(context.onHangUp),
    requestTrigger((requestPass) => statusServer?.acceptPassRequests(requestPass)),
    credentialChangeTrigger((onChange) =>
      account.credentials.watch(
        () => {
          logCredentialChange(log);
          onChange();
        },
        (problem) => logCredentialProblem(log, problem),
      ),
    ),
    ...(settings.schedule === null ? [] : [scheduleTrigger(settings.schedule)]),
    // A pass that is the last one needs no watch.
    ...(once ? [] : [folderChangeTrigger((onChange) => openWatch(parts, settings, onChange))]),
    supersededTrigger(settings.settle),
    expiryTrigger(Date.now),
    intervalTrigger({ intervalMs: settings.interval, heldMs: budget.heldMs, random: Math.random }),
  ];
}

function openWatch({ folder, vitals, log }: DaemonParts, settings: Settings, onChange: () => void): Watch {
  return watchFolder({
    settleMs: settings.settle,
    rescanMs: settings.rescan,
    openWatcher: folder.openWatcher,
    findChange: folder.source.findChange,
    readCount: folder.source.readCount,
    unfinishedMs: folder.source.unfinishedMs,
    onChange,
    onState: (state) => {
      vitals.onWatchState({ reason: null, ...state });
      logWatchState(log, settings.services, state);
    },
    onCheck: vitals.onFolderCheck,
    onMissedChange: () => {
      vitals.onMissedChange();
      logMissedChange(log, settings.services);
    },
  });
}

function logStart({ log, account, emulated, statusServer }: DaemonParts, { mode, services }: Settings): void {
  const { accountId, baseUrl, proxy } = account;
  const via = proxy == null ? null : describeProxy(proxy);
  const realApi = via === null ? baseUrl : `${baseUrl} through the proxy ${via}`;
  const api = emulated === null ? realApi : `the built-in emulator at ${baseUrl}, no real account`;
  const activity = mode === 'apply' ? 'reconciling' : 'watching for drift of';
  log.info(
    {
      event: 'started',
      version,
      mode,
      services,
      account_id: accountId,
      base_url: baseUrl,
      ...(via === null ? {} : { proxy: via }),
    },
    `vpc-reconciler ${version}: ${activity} ${services} with ${api}`,
  );
  if (statusServer !== null) {
    log.info({ event: 'serving', url: statusServer.url }, `status page, health and metrics: ${statusServer.url}/`);
  }
  if (emulated?.driftCommand != null) {
    log.info({ event: 'hint' }, `to change a service outside git:\n  ${emulated.driftCommand}`);
  }
}

/**
 * Repeats a pass that made updates, because only a pass that finds nothing to do shows that all services are in sync. Stops after
 * five passes, in case another writer changes the services as fast.
 */
function repeatUntilInSync(): (report: Report) => 'wait' | 'repeat' | 'end' {
  let passes = 0;
  return ({ outcome, superseded, unconfirmed }) => {
    // The next pass begins once the folder has settled, or when the list may show the updates.
    if (superseded || (outcome === 'converged' && unconfirmed.length > 0)) return 'wait';
    passes += 1;
    return outcome === 'converged' && passes < 5 ? 'repeat' : 'end';
  };
}
