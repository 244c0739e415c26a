import { Registry } from 'prom-client';
import type { Dispatcher } from 'undici';
import {
  clockJumpLog,
  delayLog,
  logBug,
  logCredentialChange,
  logMissedChange,
  logPause,
  logPrevented,
  logWatchState,
  reportLog,
} from '../../src/cli/daemon/daemon-log.ts';
import { fileRules } from '../../src/cli/options.ts';
import { clock, createBudget, createDirectory, createPass, describeWait } from '../../src/cli/wiring.ts';
import type { BudgetWindow } from '../../src/core/base/api-usage.ts';
import type { CredentialSource } from '../../src/core/base/credentials.ts';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import { redactor } from '../../src/core/base/text/redactor.ts';
import type { PreventedWrite } from '../../src/core/plan/assertions/violation.ts';
import { toHealth } from '../../src/core/report/health.ts';
import type { Health } from '../../src/core/report/health.ts';
import type { Report } from '../../src/core/report/report.ts';
import type { Phase } from '../../src/core/report/sink.ts';
import type { Settings } from '../../src/config/settings.ts';
import { daemon } from '../../src/daemon/daemon.ts';
import { pauseSwitch } from '../../src/daemon/pause-switch.ts';
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
} from '../../src/daemon/triggers.ts';
import { createLog } from '../../src/sinks/log.ts';
import { passMetrics } from '../../src/sinks/metrics-passes.ts';
import { requestMetrics } from '../../src/sinks/metrics-requests.ts';
import { vitalsMetrics } from '../../src/sinks/metrics-vitals.ts';
import { trackVitals } from '../../src/sinks/vitals.ts';
import { folderSource } from '../../src/source/folder-source.ts';
import { watchFolder } from '../../src/source/watch/watch-folder.ts';
import type { WorldToken } from './world/token.ts';
import type { WorldFolder } from './world/folder.ts';

/** The program under test while it runs. It is connected as in `src/cli/commands/run.ts`, with a simulated folder and network. */
export type Program = {
  readonly health: () => Health;
  readonly metrics: () => Promise<string>;
  readonly budget: () => readonly BudgetWindow[];
  /** As SIGHUP does. */
  readonly hangUp: () => void;
  /** As POST /api/reconcile does. */
  readonly requestPass: () => void;
  /** As POST /api/pause and POST /api/resume do. */
  readonly pauseWrites: (until: number | null) => void;
  readonly resumeWrites: () => void;
  /** As SIGTERM does. */
  readonly stop: () => void;
  /** Resolves when the program has ended by itself. */
  readonly ended: Promise<void>;
};

export type ProgramObserver = {
  readonly onLine: (line: string) => void;
  readonly onReport: (report: Report) => void;
  readonly onPhase: (phase: Phase) => void;
  readonly onBug: (error: unknown) => void;
  readonly onPrevented: (prevented: PreventedWrite) => void;
};

export type ProgramOptions = {
  readonly settings: Settings;
  readonly accountId: string;
  readonly folder: WorldFolder;
  readonly token: WorldToken;
  readonly openDispatcher: () => Dispatcher;
  readonly observer: ProgramObserver;
};

/** Starts the program. */
export function startProgram({
  settings,
  accountId,
  folder,
  token,
  openDispatcher,
  observer,
}: ProgramOptions): Program {
  const stopping = new AbortController();
  const secrets = redactor([]);
  const log = createLog({
    level: 'debug',
    format: 'json',
    fd: 1,
    stream: process.stdout,
    colors: false,
    redact: secrets.redact,
    openWriter: () => ({ write: observer.onLine }),
  });
  const credentials: CredentialSource = token.open((secret) => secrets.add(secret));
  const account = { accountId, baseUrl: 'https://api.cloudflare.com/client/v4', credentials, openDispatcher };
  const rules = fileRules(settings);
  const source = folderSource({
    path: folder.path,
    rules,
    allowEmpty: settings.allow_empty,
    reader: folder.openReader(rules),
  });
  const pause = pauseSwitch(() => clock.now().getTime());
  const vitals = trackVitals(clock.elapsedMs, pause.current);
  const onBug = (error: unknown) => {
    vitals.onBug();
    logBug(log, error);
    observer.onBug(error);
  };
  const registry = new Registry();
  const passes = passMetrics(registry, { now: clock.elapsedMs, serviceSeries: 0 });
  const requests = requestMetrics(registry);
  const budget = createBudget(settings, (wait) => log.info({ event: 'waiting', ...wait }, describeWait(wait)));
  const directory = createDirectory(settings, account, budget, requests.onRequest);
  const clockLog = clockJumpLog(log, () => {});
  const hangUps: (() => void)[] = [];
  let requestPass: (() => unknown) | null = null;

  const triggers = [
    startupTrigger(),
    signalTrigger((onHangUp) => hangUps.push(onHangUp)),
    requestTrigger((request) => {
      requestPass = request;
    }),
    credentialChangeTrigger((onChange) =>
      credentials.watch(() => {
        logCredentialChange(log);
        onChange();
      }),
    ),
    ...(settings.schedule === null ? [] : [scheduleTrigger(settings.schedule)]),
    folderChangeTrigger((onChange) =>
      watchFolder({
        settleMs: settings.settle,
        rescanMs: settings.rescan,
        openWatcher: folder.openWatcher,
        findChange: source.findChange,
        readCount: source.readCount,
        unfinishedMs: source.unfinishedMs,
        onChange,
        onState: (state) => {
          vitals.onWatchState({ reason: null, ...state });
          logWatchState(log, folder.path, state);
        },
        onCheck: vitals.onFolderCheck,
        onMissedChange: () => {
          vitals.onMissedChange();
          logMissedChange(log, folder.path);
        },
      }),
    ),
    supersededTrigger(settings.settle),
    expiryTrigger(Date.now),
    intervalTrigger({ intervalMs: settings.interval, heldMs: budget.heldMs, random: Math.random }),
  ];
  const run = async () => {
    await daemon({
      pass: createPass(settings, {
        source,
        directory,
        account,
        spareRequests: budget.spareRequests,
        pause,
        onStep: vitals.onStep,
        onPrevented: (prevented) => {
          vitals.onBug();
          logPrevented(log, prevented);
          observer.onPrevented(prevented);
        },
      }),
      triggers,
      sinks: [
        clockLog,
        reportLog(log),
        delayLog(log),
        vitals,
        { onReport: passes.onReport },
        { onReport: observer.onReport, onPhase: observer.onPhase },
      ],
      onBug,
      gapMs: budget.listGapMs,
      gracePeriodMs: settings.grace_period,
      stop: stopping.signal,
    });
    clockLog.stop();
    await directory.close();
    log.info({ event: 'stopped' }, 'stopped');
  };
  log.info({ event: 'started' }, 'started');
  const limits = { passTimeoutMs: settings.pass_timeout, freshForMs: settings.fresh_for, rescanMs: settings.rescan };
  const health = () =>
    toHealth(vitals.vitals(), limits, 'simulated', {
      elapsedMs: clock.elapsedMs(),
      timeOf: (elapsedMs) => new Date(timeOf(elapsedMs)).toISOString(),
      budget: budget.windows(),
    });
  const collectVitals = vitalsMetrics(registry, { vitals: vitals.vitals, health, timeOf });
  return {
    health,
    metrics: async () => {
      collectVitals();
      passes.collect();
      requests.collect({ budget: budget.windows(), throttledMs: budget.throttledMs() });
      return registry.metrics();
    },
    budget: budget.windows,
    hangUp: () => hangUps.forEach((hangUp) => hangUp()),
    requestPass: () => void requestPass?.(),
    pauseWrites: (until) => {
      logPause(log, pause.pause({ until, reason: 'simulated' }));
      void requestPass?.();
    },
    resumeWrites: () => {
      const wasPaused = pause.current() !== null;
      pause.resume();
      if (wasPaused) logPause(log, null);
      void requestPass?.();
    },
    stop: () => {
      vitals.onStop();
      stopping.abort(new FailureError(failure('interrupted', 'stopped by SIGTERM')));
    },
    ended: run(),
  };
}

/** Converts a time of the monotonic clock to Unix time. */
function timeOf(elapsedMs: number): number {
  return clock.now().getTime() + elapsedMs - clock.elapsedMs();
}
