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
import type { Mode, Report, Trigger } from '../../src/core/report/report.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { Emulator, EmulatorOptions } from '../../src/emulator/emulator.ts';
import { reconciler } from '../../src/pass/reconcile.ts';
import type { ReconcilerOptions } from '../../src/pass/reconcile.ts';
import { folderSource } from '../../src/source/folder-source.ts';
import { budgetOf } from '../cloudflare/client.ts';
import { documents } from './fleet.ts';

/** A folder of declarations, an emulated account, and passes between the two; all is gone when the test is over. */
export type Stage = {
  readonly folder: string;
  readonly emulator: Emulator;
  /** Writes a file of the folder. */
  readonly write: (name: string, content: string | readonly JsonObject[]) => void;
  readonly pass: (given?: Partial<Signals> & { readonly trigger?: Trigger }) => Promise<Report>;
  /** Lets so much time go by for the reconciler, which waits for nothing by it. */
  readonly goBy: (ms: number) => void;
  /** The bodies of all PUTs so far, by the id in their path. */
  readonly puts: () => ReadonlyMap<string, unknown>;
  readonly putCount: () => number;
};

type StageOptions = EmulatorOptions & {
  readonly mode?: Mode;
  readonly credential?: string;
  readonly rules?: Partial<ReconcilerOptions['rules']>;
  /** The request budget, `1100/5m`; without one, there is plenty. */
  readonly rates?: readonly string[];
  readonly client?: Partial<
    Pick<DirectoryOptions, 'baseUrl' | 'connections' | 'requestTimeoutMs' | 'attempts' | 'random'>
  >;
  readonly passTimeoutMs?: number;
  readonly onPlan?: ReconcilerOptions['onPlan'];
};

export async function stage({
  mode = 'apply',
  credential,
  rules = {},
  rates = [],
  client = {},
  passTimeoutMs = 60_000,
  onPlan = () => {},
  ...options
}: StageOptions = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-pass-'));
  const emulator = await startEmulator(options);
  const directory = cloudflareDirectory({
    baseUrl: emulator.url,
    accountId: emulator.accountId,
    credentials: fixedCredentials({ token: credential ?? emulator.token }),
    budget: budgetOf(...rates.flatMap((rate) => parseRate(rate) ?? [])),
    connections: 10,
    requestTimeoutMs: 10_000,
    userAgent: 'test',
    attempts: 3,
    random: () => 0,
    ...client,
  });
  onTestFinished(async () => {
    await directory.close();
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  let runs = 0;
  let gone = 0;
  const run = reconciler({
    source: folderSource({ path: folder, include: ['**/*.{yaml,yml,json}'], allowEmpty: false }),
    directory,
    accountId: emulator.accountId,
    mode,
    rules: { unknownFields: 'preserve', maxChanges: null, maxChangePercent: null, ...rules },
    concurrency: client.connections ?? 10,
    passTimeoutMs,
    onPlan,
    clock: { now: () => new Date('2026-01-02T03:04:05Z'), elapsedMs: () => performance.now() + gone },
    newId: () => `run-${(runs += 1)}`,
  });
  const never = new AbortController().signal;
  const putsMade = () => emulator.requests.filter(({ method }) => method === 'PUT');
  return {
    folder,
    emulator,
    write: (name, content) =>
      writeFileSync(join(folder, name), typeof content === 'string' ? content : documents(content)),
    pass: ({ stop = never, kill = never, trigger = 'command' } = {}) => run(trigger, { stop, kill }),
    goBy: (ms) => {
      gone += ms;
    },
    puts: () => new Map(putsMade().map(({ path, body }) => [path.split('/').at(-1) ?? '', body])),
    putCount: () => putsMade().length,
  };
}
