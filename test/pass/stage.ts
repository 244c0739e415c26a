import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { constant } from '../../src/cloudflare/credentials.ts';
import { cloudflareDirectory } from '../../src/cloudflare/directory.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Mode, Report } from '../../src/core/report.ts';
import { budgetOf } from '../cloudflare/client.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { Emulator, EmulatorOptions } from '../../src/emulator/emulator.ts';
import { reconciler } from '../../src/reconcile.ts';
import type { ReconcilerOptions } from '../../src/reconcile.ts';
import { folderSource } from '../../src/source/folder.ts';
import { documents } from './fleet.ts';

/** A folder of declarations, an emulated account, and passes between the two; all is gone when the test is over. */
export type Stage = {
  readonly folder: string;
  readonly emulator: Emulator;
  /** Writes a file of the folder. */
  readonly write: (name: string, content: string | readonly JsonObject[]) => void;
  readonly pass: (signals?: { readonly stop?: AbortSignal; readonly kill?: AbortSignal }) => Promise<Report>;
  /** The bodies of all PUTs so far, by the id in their path. */
  readonly puts: () => ReadonlyMap<string, unknown>;
  readonly putCount: () => number;
};

type StageOptions = EmulatorOptions & {
  readonly mode?: Mode;
  readonly credential?: string;
  readonly rules?: Partial<ReconcilerOptions['rules']>;
};

export async function stage({ mode = 'apply', credential, rules = {}, ...options }: StageOptions = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-pass-'));
  const emulator = await startEmulator(options);
  const directory = cloudflareDirectory({
    baseUrl: emulator.url,
    accountId: emulator.accountId,
    credentials: constant({ token: credential ?? emulator.token }),
    budget: budgetOf(),
    connections: 10,
    requestTimeoutMs: 10_000,
    userAgent: 'test',
    attempts: 3,
    random: () => 0,
  });
  onTestFinished(async () => {
    await directory.close();
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  let runs = 0;
  const run = reconciler({
    source: folderSource({ path: folder, include: ['**/*.{yaml,yml,json}'], allowEmpty: false }),
    directory,
    accountId: emulator.accountId,
    mode,
    rules: { unknownFields: 'preserve', maxChanges: null, maxChangePercent: null, ...rules },
    concurrency: 10,
    passTimeoutMs: 60_000,
    clock: { now: () => new Date('2026-01-02T03:04:05Z'), elapsedMs: () => performance.now() },
    newId: () => `run-${(runs += 1)}`,
  });
  const never = new AbortController().signal;
  const putsMade = () => emulator.requests.filter(({ method }) => method === 'PUT');
  return {
    folder,
    emulator,
    write: (name, content) =>
      writeFileSync(join(folder, name), typeof content === 'string' ? content : documents(content)),
    pass: ({ stop = never, kill = never } = {}) => run('command', { stop, kill }),
    puts: () => new Map(putsMade().map(({ path, body }) => [path.split('/').at(-1) ?? '', body])),
    putCount: () => putsMade().length,
  };
}
