import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { cloudflareDirectory } from '../../src/cloudflare/directory.ts';
import type { DirectoryOptions } from '../../src/cloudflare/directory.ts';
import type { Signals } from '../../src/core/base/abort.ts';
import { fixedCredentials } from '../../src/core/base/credentials.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { parseRate } from '../../src/core/base/rate.ts';
import type { Mode, Trigger } from '../../src/core/report/pass.ts';
import type { Report } from '../../src/core/report/report.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { Emulator, EmulatorOptions } from '../../src/emulator/emulator.ts';
import { reconciler } from '../../src/pass/reconcile.ts';
import type { ReconcilerOptions } from '../../src/pass/reconcile.ts';
import { folderSource } from '../../src/source/folder-source.ts';
import { budgetOf } from '../cloudflare/client.ts';
import { documents } from './fleet.ts';

/** A folder of declarations, an emulated account, and a reconciler between them. */
export type PassFixture = {
  readonly folder: string;
  readonly emulator: Emulator;
  /** Writes a file in the folder. */
  readonly write: (name: string, content: string | readonly JsonObject[]) => void;
  /** Runs a pass. */
  readonly pass: (options?: Partial<Signals> & { readonly trigger?: Trigger }) => Promise<Report>;
  /** Advances the clock of the reconciler. Timers are not affected. */
  readonly advanceClock: (ms: number) => void;
  /** Returns the bodies of all PUTs so far, by the id in their path. */
  readonly puts: () => ReadonlyMap<string, unknown>;
  readonly putCount: () => number;
};

type FixtureOptions = EmulatorOptions & {
  readonly mode?: Mode;
  readonly credential?: string;
  readonly rules?: Partial<ReconcilerOptions['rules']>;
  /** The request budget, for example `1100/5m`; unlimited by default. */
  readonly rates?: readonly string[];
  readonly client?: Partial<
    Pick<DirectoryOptions, 'baseUrl' | 'connections' | 'requestTimeoutMs' | 'attempts' | 'random'>
  >;
  readonly passTimeoutMs?: number;
  readonly spareRequests?: () => number;
  readonly pause?: NonNullable<ReconcilerOptions['pause']>;
  readonly onPlan?: ReconcilerOptions['onPlan'];
  readonly onPrevented?: NonNullable<ReconcilerOptions['onPrevented']>;
};

/** A reconciler of an emulated account. */
export type RunningReconciler = Pick<PassFixture, 'pass' | 'advanceClock'> & {
  readonly close: () => Promise<void>;
};

type ReconcilerSetup = Pick<
  FixtureOptions,
  | 'mode'
  | 'credential'
  | 'rules'
  | 'rates'
  | 'client'
  | 'passTimeoutMs'
  | 'spareRequests'
  | 'pause'
  | 'onPlan'
  | 'onPrevented'
> & {
  readonly folder: string;
  readonly emulator: Emulator;
  /** That of the emulator by default. */
  readonly accountId?: string;
};

/** Opens a fixture. It is closed when the test ends. */
export async function openFixture(options: FixtureOptions = {}): Promise<PassFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-pass-'));
  const emulator = await startEmulator(options);
  const { pass, advanceClock, close } = openReconciler({ ...options, accountId: emulator.accountId, folder, emulator });
  onTestFinished(async () => {
    await close();
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const putRequests = () => emulator.requests.filter(({ method }) => method === 'PUT');
  return {
    folder,
    emulator,
    write: (name, content) =>
      writeFileSync(join(folder, name), typeof content === 'string' ? content : documents(content)),
    pass,
    advanceClock,
    puts: () => new Map(putRequests().map(({ path, body }) => [path.split('/').at(-1) ?? '', body])),
    putCount: () => putRequests().length,
  };
}

/** Opens a reconciler between a folder and an emulated account. The caller closes it. */
export function openReconciler({
  folder,
  emulator,
  accountId = emulator.accountId,
  mode = 'apply',
  credential,
  rules = {},
  rates = [],
  client = {},
  passTimeoutMs = 60_000,
  onPlan = () => {},
  onPrevented = () => {},
  spareRequests = () => Infinity,
  pause,
}: ReconcilerSetup): RunningReconciler {
  const directory = cloudflareDirectory({
    baseUrl: emulator.url,
    accountId,
    credentials: fixedCredentials({ token: credential ?? emulator.token }),
    budget: budgetOf(...rates.flatMap((rate) => parseRate(rate) ?? [])),
    connections: 10,
    requestTimeoutMs: 10_000,
    userAgent: 'test',
    attempts: 3,
    random: () => 0,
    ...client,
  });
  let runs = 0;
  let advancedMs = 0;
  const run = reconciler({
    source: folderSource({ path: folder, rules: { include: ['**/*.{yaml,yml,json}'] }, allowEmpty: false }),
    directory,
    accountId,
    mode,
    rules: {
      unknownFields: 'preserve',
      maxChanges: null,
      maxChangePercent: null,
      policy: 'update',
      maxDeletes: 3,
      canary: 0,
      ...rules,
    },
    concurrency: client.connections ?? 10,
    passTimeoutMs,
    onPlan,
    onPrevented,
    spareRequests,
    ...(pause === undefined ? {} : { pause }),
    clock: { now: () => new Date('2026-01-02T03:04:05Z'), elapsedMs: () => performance.now() + advancedMs },
    newId: () => `run-${(runs += 1)}`,
  });
  const never = new AbortController().signal;
  return {
    pass: async ({ stop = never, kill = never, trigger = 'command' } = {}) => run(trigger, { stop, kill }),
    advanceClock: (ms) => {
      advancedMs += ms;
    },
    close: directory.close,
  };
}
