import { createBudget, createDirectory, createPass } from '../../../src/cli/wiring.ts';
import { fileRules } from '../../../src/cli/options.ts';
import { settingsSchema } from '../../../src/config/settings.ts';
import { fixedCredentials } from '../../../src/core/base/credentials.ts';
import type { Report } from '../../../src/core/report/report.ts';
import { folderReader } from '../../../src/source/folder-reader.ts';
import { folderSource } from '../../../src/source/folder-source.ts';
import type { HeldNetwork } from './held-network.ts';

/** A copy of the program, with passes that are started from outside, and a folder that consists of one file. */
export type Writer = {
  readonly name: string;
  /** Runs a pass. */
  readonly pass: () => Promise<Report>;
};

type WriterOptions = {
  readonly name: string;
  readonly accountId: string;
  readonly network: HeldNetwork;
  /** Returns what the folder contains now. */
  readonly read: () => string;
};

/** Starts a copy of the program. It remembers nothing of the copies before it. */
export function startWriter({ name, accountId, network, read }: WriterOptions): Writer {
  const settings = settingsSchema.parse({ services: '/services', policy: 'sync', request_timeout: '10s' });
  const rules = fileRules(settings);
  let versions = 0;
  let last = '';
  const readFiles = async () => {
    const text = read();
    if (text !== last) versions += 1;
    last = text;
    const stamp = { ino: versions, birthtimeMs: versions, mtimeMs: versions, ctimeMs: versions };
    const file = { path: 'services.yaml', bytes: Buffer.from(text), stamp };
    const identity = String(versions);
    return { root: '/services', revision: null, identity, isReplacedAsWhole: true, unread: [], files: [file] };
  };
  const account = {
    accountId,
    baseUrl: 'https://api.cloudflare.com/client/v4',
    credentials: fixedCredentials({ token: 'a-token' }),
    openDispatcher: network.openDispatcher(name),
  };
  const budget = createBudget(settings, () => {});
  const directory = createDirectory(settings, account, budget);
  const reader = folderReader({ path: '/services', rules, readFiles });
  const source = folderSource({ path: '/services', rules, allowEmpty: true, reader });
  const pass = createPass(settings, { source, directory, account, spareRequests: budget.spareRequests });
  const never = new AbortController().signal;
  return { name, pass: async () => pass('interval', { stop: never, kill: never }) };
}
