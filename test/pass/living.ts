import { onTestFinished } from 'vitest';
import { cloudflareDirectory } from '../../src/cloudflare/directory.ts';
import { fixedCredentials } from '../../src/core/base/credentials.ts';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import type { WatchState } from '../../src/core/load/source.ts';
import type { Report } from '../../src/core/report/report.ts';
import { daemon } from '../../src/daemon/daemon.ts';
import { folderChangeTrigger, intervalTrigger, startupTrigger } from '../../src/daemon/triggers.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { reconciler } from '../../src/pass/reconcile.ts';
import { folderSource } from '../../src/source/folder-source.ts';
import { watchFolder } from '../../src/source/watch/watch-folder.ts';
import { budgetOf } from '../cloudflare/client.ts';

const TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';

/** A daemon that lives in the test: the real rooms, an emulator without latency, a folder of the test's own. */
export type Living = {
  readonly emulator: Emulator;
  readonly reports: readonly Report[];
  readonly states: readonly WatchState[];
  /** When a PUT brought this service to this port, on the clock of `performance.now`; throws after a while. */
  readonly arrival: (number: number, port: number) => Promise<number>;
  /** The next report that holds; those of the past do not count. */
  readonly report: (holds: (report: Report) => boolean) => Promise<Report>;
  readonly stop: () => Promise<void>;
};

export type LivingOptions = {
  readonly services: readonly JsonObject[];
  readonly settleMs?: number;
  readonly rescanMs?: number;
};

const PATIENCE_MS = 20_000;

export async function living(
  path: string,
  { services, settleMs = 50, rescanMs = 30_000 }: LivingOptions,
): Promise<Living> {
  const arrivals = new Map<string, number>();
  const waiting = new Set<() => void>();
  const reports: Report[] = [];
  const states: WatchState[] = [];
  const tell = () => {
    for (const look of waiting) look();
  };
  const emulator = await startEmulator({
    services,
    onRequest: ({ method, path: target, body }) => {
      if (method !== 'PUT') return;
      const port = typeof body === 'object' && body !== null && 'http_port' in body ? body.http_port : undefined;
      arrivals.set(`${target.split('/').at(-1)} ${JSON.stringify(port)}`, performance.now());
      tell();
    },
  });
  const directory = cloudflareDirectory({
    baseUrl: emulator.url,
    accountId: emulator.accountId,
    credentials: fixedCredentials({ token: emulator.token }),
    budget: budgetOf(),
    connections: 30,
    requestTimeoutMs: 10_000,
    userAgent: 'test',
    attempts: 3,
    random: Math.random,
  });
  const source = folderSource({ path, include: ['**/*.{yaml,yml,json}'], allowEmpty: false });
  const controller = new AbortController();
  let runs = 0;
  const running = daemon({
    pass: reconciler({
      source,
      directory,
      accountId: emulator.accountId,
      mode: 'apply',
      rules: { unknownFields: 'preserve', maxChanges: null, maxChangePercent: null },
      concurrency: 30,
      passTimeoutMs: 60_000,
      clock: { now: () => new Date(), elapsedMs: () => performance.now() },
      newId: () => `run-${(runs += 1)}`,
    }),
    triggers: [
      startupTrigger(),
      folderChangeTrigger((onChange) =>
        watchFolder({
          path,
          settleMs,
          rescanMs,
          hasChanged: source.hasChanged,
          readCount: source.readCount,
          onChange,
          onState: (state) => void states.push(state),
        }),
      ),
      intervalTrigger({ intervalMs: 0, heldMs: () => 0, random: Math.random }),
    ],
    sinks: [
      {
        onReport: (report) => {
          reports.push(report);
          tell();
        },
      },
    ],
    gracePeriodMs: 1000,
    stop: controller.signal,
  });
  const stop = async () => {
    controller.abort(new FailureError(failure('interrupted', 'the test is over')));
    await running;
    await directory.close();
    await emulator.close();
  };
  onTestFinished(stop);

  const until = <Found>(look: () => Found | undefined, what: string): Promise<Found> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(check);
        reject(new Error(`${what}: not seen; last report: ${JSON.stringify(reports.at(-1))}`));
      }, PATIENCE_MS);
      const check = () => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });

  return {
    emulator,
    reports,
    states,
    arrival: (number, port) =>
      until(() => arrivals.get(`${idOf(number)} ${port}`), `service ${number} on port ${port}`),
    report: (holds) => {
      const from = reports.length;
      return until(() => reports.slice(from).find(holds), 'a report');
    },
    stop,
  };
}

export function idOf(number: number): string {
  return `0199a0c4-2b10-7c3e-8a51-${String(number).padStart(12, '0')}`;
}

/** A declaration in YAML: its number is its key, and its port is what a test changes. */
export function declaration(number: number, port: number): string {
  return [
    `service_id: ${idOf(number)}`,
    `name: web-${number}`,
    'type: http',
    `http_port: ${port}`,
    `host: {ipv4: 10.0.0.1, network: {tunnel_id: ${TUNNEL}}}`,
    '',
  ].join('\n');
}

/** The same as the API has it. */
export function liveService(number: number, port: number): JsonObject {
  return {
    service_id: idOf(number),
    name: `web-${number}`,
    type: 'http',
    http_port: port,
    host: { ipv4: '10.0.0.1', network: { tunnel_id: TUNNEL } },
  };
}
