import type { Budget } from '../cloudflare/budget.ts';
import { ConfigError } from '../config/load-config.ts';
import { SHORTEST_TOKEN } from '../config/setting-values.ts';
import type { Settings } from '../config/settings.ts';
import { readToken, whyNoToken } from '../config/token-file.ts';
import type { EndedRequest } from '../core/base/api-usage.ts';
import { errorCode } from '../core/base/errno.ts';
import { healthOf } from '../core/report/health.ts';
import { summaryOf } from '../core/report/report.ts';
import type { Report } from '../core/report/report.ts';
import { routesOf } from '../server/routes.ts';
import type { RoutesOptions } from '../server/routes.ts';
import { serve } from '../server/server.ts';
import { keepHistory } from '../sinks/history.ts';
import { openMetrics } from '../sinks/metrics.ts';
import type { VitalsKeeper } from '../sinks/vitals.ts';
import type { Context } from './context.ts';
import { version } from './version.ts';
import { clock } from './wiring.ts';

/** What others see of a daemon over HTTP, and by what they ask it for a pass. */
export type Station = {
  /** Where it is found. */
  readonly url: string;
  readonly onReport: (report: Report) => void;
  readonly onRequest: (request: EndedRequest) => void;
  /** A pass began, or the daemon waits again, or for another time. */
  readonly onPhase: () => void;
  /** Takes by what a pass is asked for, as soon as somebody has it. */
  readonly onRequests: (ask: Ask) => void;
  readonly close: () => Promise<void>;
};

export type StationOptions = {
  readonly settings: Settings;
  readonly listen: NonNullable<Settings['http_listen']>;
  readonly vitals: VitalsKeeper['vitals'];
  readonly budget: Budget;
  readonly context: Context;
  readonly onBug: (error: unknown) => void;
  /** Told why the file of the reconcile token holds none any more, once; and null when it does again. */
  readonly onTokenFile: (fault: string | null) => void;
};

/** Asks for a pass; null is none. */
type Ask = () => Promise<Report | null> | null;
const nobodyYet: Ask = () => null;

type Send = (event: string, data: unknown) => void;

/** Opens it. Throws a `ConfigError` where it cannot listen there, or the file of the token holds none. */
export async function openStation(options: StationOptions): Promise<Station> {
  const { settings, listen, vitals, budget, context, onBug } = options;
  const patience = {
    passTimeoutMs: settings.pass_timeout,
    freshForMs: settings.fresh_for,
    rescanMs: settings.rescan,
  };
  const health = () =>
    healthOf(vitals(), patience, version, {
      elapsedMs: clock.elapsedMs(),
      timeOf: (elapsed) => new Date(timeOf(elapsed)).toISOString(),
    });
  const metrics = openMetrics({
    version,
    vitals,
    health,
    now: clock.elapsedMs,
    timeOf,
    budget: budget.left,
    throttledMs: budget.throttledMs,
  });
  const history = keepHistory();
  const listeners = new Set<Send>();
  const tellAll: Send = (event, data) => {
    for (const send of listeners) send(event, data);
  };
  let ask: Ask = nobodyYet;

  const server = await serve({
    listen,
    routes: routesOf({
      health,
      metrics: metrics.read,
      page: () => ({ latest: history.latest(), lastGood: history.lastGood(), passes: history.passes() }),
      reports: history.reports,
      subscribe: (send) => {
        listeners.add(send);
        return () => void listeners.delete(send);
      },
      reconcile: () => ask(),
      token: tokenReader(options),
    }),
    hide: context.secrets.hide,
    onBug,
  }).catch((error: unknown) => {
    const { host, port } = listen;
    const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    throw new ConfigError(`http_listen: ${place}: ${whyNot(error)}`, { cause: error });
  });

  return {
    url: server.url,
    onReport: (report) => {
      history.add(report);
      metrics.onReport(report);
      tellAll('report', summaryOf(report));
    },
    onRequest: metrics.onRequest,
    onPhase: () => tellAll('phase', {}),
    onRequests: (asking) => {
      ask = asking;
    },
    close: server.close,
  };
}

/**
 * The Unix time, in milliseconds, of a moment on the clock that never jumps: by the difference of the two as it is now, so that after
 * the time of day was set all times are told by the new one.
 */
function timeOf(elapsedMs: number): number {
  return clock.now().getTime() + elapsedMs - clock.elapsedMs();
}

/**
 * Gives the token of the moment, if any: its file is looked at again each time. Whoever takes it away, or empties it, closes the door;
 * in the middle of a swap that is so for a moment.
 */
function tokenReader({ settings, context: { secrets }, onTokenFile }: StationOptions): RoutesOptions['token'] {
  const { reconcile_token: token, reconcile_token_file: file } = settings;
  secrets.add(token ?? undefined);
  if (token !== null || file === null) return token === null ? null : () => token;
  const read = () => readToken(file, secrets.add, SHORTEST_TOKEN);
  try {
    read();
  } catch (error) {
    throw new ConfigError(`reconcile_token_file: ${whyNoToken(error)}`, { cause: error });
  }
  let told: string | null = null;
  const tell = (fault: string | null) => {
    if (fault !== told) onTokenFile(fault);
    told = fault;
  };
  return () => {
    try {
      const now = read();
      tell(null);
      return now;
    } catch (error) {
      tell(whyNoToken(error));
      return null;
    }
  };
}

function whyNot(error: unknown): string {
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return 'another program listens there already, perhaps another vpc-reconciler; name another port, or none';
    case 'EACCES':
      return 'this user may not listen there; take a port from 1024 upwards';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'this machine has no such address';
    default:
      return `it is impossible to listen there: ${errorCode(error)}`;
  }
}
