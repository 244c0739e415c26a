import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { flagOf, settingFacts } from '../../src/config/settings.ts';
import type { Accounts } from './accounts.ts';
import type { Result } from './figures.ts';

/** What every benchmark is given. */
export type BenchContext = {
  /** Fewer repeats and smaller sizes: to see that all works. */
  readonly quick: boolean;
  /** The program, as it is shipped. */
  readonly bundle: string;
  readonly accounts: Accounts;
  /** Told of what is about to be measured. */
  readonly tell: (what: string) => void;
  /** An empty folder, gone with the run. */
  readonly newFolder: () => string;
};

export type Bench = (context: BenchContext) => Promise<Result>;

/** Empty folders below one that whoever made it removes. */
export function foldersIn(scratch: string): () => string {
  return () => mkdtempSync(join(scratch, 'folder-'));
}

/** The shared settings of a daemon that is measured: it looks at nothing by itself, listens nowhere, and has plenty to spend. */
export const DAEMON_LINE = [
  'run',
  '--interval=0',
  '--rescan=1h',
  '--request-budget=1000000/1s',
  '--log-format=json',
  ...(settingFacts.some(({ name }) => flagOf(name) === '--http-listen') ? ['--http-listen='] : []),
] as const;
