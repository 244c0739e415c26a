import { onTestFinished } from 'vitest';
import { cloudflareDirectory } from '../../../src/cloudflare/directory.ts';
import { fixedCredentials } from '../../../src/core/base/credentials.ts';
import { failure, FailureError } from '../../../src/core/base/failure.ts';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { parseRate } from '../../../src/core/base/rate.ts';
import type { WatchState } from '../../../src/core/load/source.ts';
import type { Report } from '../../../src/core/report/report.ts';
import { daemon } from '../../../src/daemon/daemon.ts';
import {
  folderChangeTrigger,
  intervalTrigger,
  startupTrigger,
  supersededTrigger,
} from '../../../src/daemon/triggers.ts';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import type { Emulator } from '../../../src/emulator/emulator.ts';
import type { Scenario } from '../../../src/emulator/scenario/scenario.ts';
import { reconciler } from '../../../src/pass/reconcile.ts';
import { folderSource } from '../../../src/source/folder-source.ts';
import { localFolder } from '../../../src/source/local/local-folder.ts';
import { threadedFolder } from '../../../src/source/thread/threaded-folder.ts';
import { watchFolder } from '../../../src/source/watch/watch-folder.ts';
import { budgetOf } from '../../cloudflare/client.ts';
import { idOf } from './web-service.ts';

/** A daemon that runs in the process of the test: everything is real except the API, which is an emulator without latency. */
export type RunningDaemon = {
  readonly emulator: Emulator;
  readonly reports: readonly Report[];
  readonly watchStates: readonly WatchState[];
  /** Waits for the PUT that sets this port of this service. Returns its time in milliseconds of `performance.now`. */
  readonly untilUpdated: (number: number, port: number) => Promise<number>;
  /** Waits for the next report that matches. Earlier reports are ignored. */
  readonly nextReport: (matches: (report: Report) => boolean) => Promise<Report>;
  readonly stop: () => Promise<void>;
};

export type DaemonSetup = {
  readonly services: readonly JsonObject[];
  readonly settleMs?: number;
  readonly rescanMs?: number;
  readonly scenario?: Scenario;
  /** The request budget, for example `1100/5m`; unlimited by default. */
  readonly rates?: readonly string[];
  readonly concurrency?: number;
  /** Called for every PUT with its service_id, its http_port and its time of arrival. */
  readonly onPut?: (put: Put) => void;
  /** Called with the body of every PUT. */
  readonly onBody?: (body: unknown) => void;
};

export type Put = { readonly id: string; readonly port: unknown; readonly at: Date };

const TIMEOUT_MS = 20_000;

/** Starts a daemon on a folder. It is stopped when the test ends. */
export async function startDaemon(
  path: string,
  {
    services,
    settleMs = 50,
    rescanMs = 30_000,
    scenario = {},
    rates = [],
    concurrency = 30,
    onPut = () => {},
    onBody = () => {},
  }: DaemonSetup,
): Promise<RunningDaemon> {
  const updateTimes = new Map<string, number>();
  const pendingChecks = new Set<() => void>();
  const reports: Report[] = [];
  const watchStates: WatchState[] = [];
  const runChecks = () => {
    for (const check of pendingChecks) check();
  };
  const emulator = await startEmulator({
    services,
    scenario,
    onRequest: ({ method, path: target, body, at }) => {
      if (method !== 'PUT') return;
      onBody(body);
      const port = typeof body === 'object' && body !== null && 'http_port' in body ? body.http_port : undefined;
      onPut({ id: target.split('/').at(-1) ?? '', port, at });
      updateTimes.set(`${target.split('/').at(-1)} ${JSON.stringify(port)}`, performance.now());
      runChecks();
    },
  });
  const budget = budgetOf(...rates.flatMap((rate) => parseRate(rate) ?? []));
  const directory = cloudflareDirectory({
    baseUrl: emulator.url,
    accountId: emulator.accountId,
    credentials: fixedCredentials({ token: emulator.token }),
    budget,
    connections: concurrency,
    requestTimeoutMs: 10_000,
    userAgent: 'test',
    attempts: 3,
    random: Math.random,
  });
  const rules = { include: ['**/*.{yaml,yml,json}'] };
  const folder = localFolder({ path, rules, threaded: threadedFolder({ path, rules }) });
  const source = folderSource({ path, rules, allowEmpty: false, reader: folder.reader });
  const controller = new AbortController();
  let runs = 0;
  const running = daemon({
    pass: reconciler({
      source,
      directory,
      accountId: emulator.accountId,
      mode: 'apply',
      rules: {
        unknownFields: 'preserve',
        maxChanges: null,
        maxChangePercent: null,
        maxDeletes: 3,
        canary: 0,
        policy: 'update',
      },
      concurrency,
      passTimeoutMs: 60_000,
      clock: { now: () => new Date(), elapsedMs: () => performance.now() },
      newId: () => `run-${(runs += 1)}`,
    }),
    triggers: [
      startupTrigger(),
      folderChangeTrigger((onChange) =>
        watchFolder({
          openWatcher: folder.openWatcher,
          settleMs,
          rescanMs,
          findChange: source.findChange,
          readCount: source.readCount,
          unfinishedMs: source.unfinishedMs,
          onChange,
          onState: (state) => void watchStates.push(state),
        }),
      ),
      supersededTrigger(settleMs),
      intervalTrigger({ intervalMs: 0, heldMs: budget.heldMs, random: Math.random }),
    ],
    sinks: [
      {
        onReport: (report) => {
          reports.push(report);
          runChecks();
        },
      },
    ],
    onBug: (error) => {
      throw error;
    },
    gracePeriodMs: 1000,
    stop: controller.signal,
  });
  const stop = async () => {
    controller.abort(new FailureError(failure('interrupted', 'the test is over')));
    await running;
    await directory.close();
    await emulator.close();
    await folder.close();
  };
  onTestFinished(stop);

  const until = <Found>(find: () => Found | undefined, what: string): Promise<Found> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        pendingChecks.delete(check);
        reject(new Error(`timed out waiting for ${what}; last report: ${JSON.stringify(reports.at(-1))}`));
      }, TIMEOUT_MS);
      const check = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        pendingChecks.delete(check);
        resolve(found);
      };
      pendingChecks.add(check);
      check();
    });

  return {
    emulator,
    reports,
    watchStates,
    untilUpdated: (number, port) =>
      until(() => updateTimes.get(`${idOf(number)} ${port}`), `service ${number} on port ${port}`),
    nextReport: (matches) => {
      const from = reports.length;
      return until(() => reports.slice(from).find(matches), 'a matching report');
    },
    stop,
  };
}
