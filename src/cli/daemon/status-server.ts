import type { Budget } from '../../cloudflare/budget/request-budget.ts';
import { ConfigError } from '../../config/config-error.ts';
import { guarded } from '../../core/base/guarded.ts';
import type { Settings } from '../../config/settings.ts';
import type { EndedRequest } from '../../core/base/api-usage.ts';
import type { Finding } from '../../core/compare/compare.ts';
import { errorCodeOrMessage } from '../../core/base/errno.ts';
import type { PreventedWrite } from '../../core/plan/assertions/violation.ts';
import { toHealth } from '../../core/report/health.ts';
import type { Health } from '../../core/report/health.ts';
import { sourceUrl } from '../../core/report/notifications/links.ts';
import { summarize } from '../../core/report/report.ts';
import type { Report } from '../../core/report/report.ts';
import type { Suspension } from '../../core/report/suspension.ts';
import type { SendEvent, Subscribe } from '../../server/route.ts';
import { createRoutes } from '../../server/routes.ts';
import type { PauseOptions, PauseSwitch } from '../../daemon/pause-switch.ts';
import { startServer } from '../../server/server.ts';
import { createHistory } from '../../sinks/history.ts';
import { trackServices } from '../../sinks/known-services.ts';
import { createMetrics } from '../../sinks/metrics.ts';
import type { DeliveryStats } from '../../sinks/notifications/delivery.ts';
import type { VitalsTracker } from '../../sinks/vitals.ts';
import type { Context } from '../context.ts';
import { untilResponsive } from '../input/responsive.ts';
import { readReconcileToken } from './reconcile-token.ts';
import { version } from '../version.ts';
import { clock } from '../wiring.ts';

/** The status page, health, metrics, and API of a running daemon over HTTP. */
export type StatusServer = {
  readonly url: string;
  /** Called with the findings of a pass, before its report. */
  readonly onFindings: (findings: readonly Finding[]) => void;
  readonly onReport: (report: Report) => void;
  readonly onRequest: (request: EndedRequest) => void;
  readonly onPrevented: (prevented: PreventedWrite) => void;
  /** Called when a pass begins, when the daemon starts to wait, and when the time of the next pass changes. */
  readonly onPhase: () => void;
  /** From this call on, passes requests for a pass to the daemon. */
  readonly acceptPassRequests: (requestPass: RequestPass) => void;
  readonly close: () => Promise<void>;
};

export type StatusServerOptions = {
  readonly settings: Settings;
  readonly listen: NonNullable<Settings['http_listen']>;
  readonly vitals: VitalsTracker['vitals'];
  readonly budget: Budget;
  readonly context: Context;
  readonly pause: PauseSwitch;
  /** Called when writes are paused, with the pause, and when they are resumed, with null. */
  readonly onPause: (paused: Suspension | null) => void;
  readonly onBug: (error: unknown) => void;
  /** Returns the state of each receiver of notifications. */
  readonly notificationStats?: (() => readonly (DeliveryStats & { readonly receiver: string })[]) | undefined;
  /** Called with the reason when the token file no longer contains a token, and with null when it does again. */
  readonly onTokenProblem: (problem: string | null) => void;
};

/** Requests a pass. Returns its report, or null if no pass will start. */
type RequestPass = () => Promise<Report | null> | null;

/** Handles requests until the daemon runs. */
const noPass: RequestPass = () => null;

/** Starts the status server. Throws a `ConfigError` if it cannot listen, or if the token file contains no token. */
export async function openStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { settings, listen, vitals, budget, context, onBug, onTokenProblem } = options;
  await untilResponsive([settings.reconcile_token_file], context);
  const health = createHealthReader(options);
  const metrics = createMetrics({
    version,
    vitals,
    health,
    now: clock.elapsedMs,
    timeOf: toUnixTimeMs,
    budget: budget.windows,
    throttledMs: budget.throttledMs,
    serviceSeries: settings.service_metrics,
    ...(options.notificationStats === undefined ? {} : { notifications: options.notificationStats }),
  });
  const [history, services] = [createHistory(), trackServices()];
  const events = createEventHub(onBug);
  const sendReport = (report: Report) => events.send('report', summarize(report));
  const receivers = [history.add, services.onReport, metrics.onReport, sendReport];
  let requestPass = noPass;
  /** Counts reports and phases. */
  let state = 0;

  const routes = createRoutes({
    health,
    metrics: metrics.read,
    pageData: () => ({
      latest: history.latest(),
      lastGood: history.lastGood(),
      inSync: services.inSync(),
      passes: history.passes(),
      sourceUrl: (source, place) => sourceUrl(settings.source_url, source, place),
    }),
    recent: history,
    findService: services.find,
    subscribe: events.subscribe,
    state: () => state,
    requestPass: () => requestPass(),
    ...pauseRoutes(options, () => {
      state += 1;
      // The next pass shows the pause in its report, or catches up.
      void requestPass();
    }),
    reconcileToken: readReconcileToken({ settings, secrets: context.secrets, onTokenProblem }),
  });
  const server = await startServer({ listen, routes, redact: context.secrets.redact, onBug }).catch(
    (error: unknown) => {
      throw listenError(listen, error);
    },
  );

  return {
    url: server.url,
    onFindings: services.onFindings,
    onReport: (report) => {
      state += 1;
      for (const receive of receivers) guarded(receive, onBug)(report);
    },
    onRequest: metrics.onRequest,
    onPrevented: metrics.onPrevented,
    onPhase: () => {
      state += 1;
      events.send('phase', {});
    },
    acceptPassRequests: (handler) => {
      requestPass = handler;
    },
    close: server.close,
  };
}

/** Returns what the routes do to pause and resume. \`onChange\` is called afterwards. */
function pauseRoutes({ pause, onPause }: StatusServerOptions, onChange: () => void) {
  return {
    now: () => clock.now().getTime(),
    pause: (options: PauseOptions) => {
      const paused = pause.pause(options);
      onPause(paused);
      onChange();
      return paused;
    },
    resume: () => {
      const wasPaused = pause.current() !== null;
      pause.resume();
      if (wasPaused) onPause(null);
      onChange();
    },
  };
}

/** Returns a function that returns the current health of the daemon. */
function createHealthReader({ settings, vitals, budget }: StatusServerOptions): () => Health {
  const limits = {
    passTimeoutMs: settings.pass_timeout,
    freshForMs: settings.fresh_for,
    rescanMs: settings.rescan,
  };
  return () =>
    toHealth(vitals(), limits, version, {
      elapsedMs: clock.elapsedMs(),
      timeOf: (elapsedMs) => new Date(toUnixTimeMs(elapsedMs)).toISOString(),
      budget: budget.windows(),
    });
}

/** Returns a hub that sends each event to all subscribers. */
function createEventHub(onBug: StatusServerOptions['onBug']): {
  readonly send: SendEvent;
  readonly subscribe: Subscribe;
} {
  const subscribers = new Set<SendEvent>();
  return {
    send: (event, data) => {
      for (const send of subscribers) guarded(send, onBug)(event, data);
    },
    subscribe: (send) => {
      subscribers.add(send);
      return () => void subscribers.delete(send);
    },
  };
}

/**
 * Converts a time of the monotonic clock to Unix time in milliseconds. The offset between the two clocks is read for every conversion: after
 * the system clock was set, all times follow the new one.
 */
function toUnixTimeMs(elapsedMs: number): number {
  return clock.now().getTime() + elapsedMs - clock.elapsedMs();
}

function listenError({ host, port }: StatusServerOptions['listen'], cause: unknown): ConfigError {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new ConfigError(`http_listen: cannot listen on ${address}: ${describeListenError(cause)}`, { cause });
}

function describeListenError(error: unknown): string {
  const code = errorCodeOrMessage(error);
  switch (code) {
    case 'EADDRINUSE':
      return 'the port is in use, perhaps by another vpc-reconciler; choose another port, or "none" to turn the server off';
    case 'EACCES':
      return 'this user may not listen on the port; choose one from 1024 to 65535';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'this machine has no such address';
    default:
      return code;
  }
}
