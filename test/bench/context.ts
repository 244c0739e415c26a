import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { settingDocs } from '../../src/config/setting-docs.ts';
import { flagOf } from '../../src/config/settings.ts';
import type { Accounts } from './accounts.ts';
import type { Result } from './figures.ts';

/** The input of every benchmark. */
export type BenchContext = {
  /** Fewer repetitions and smaller sizes, to check that everything works. */
  readonly quick: boolean;
  /** The path of the program as it is shipped. */
  readonly bundle: string;
  readonly accounts: Accounts;
  /** Called with the name of the next measurement. */
  readonly announce: (what: string) => void;
  /** Creates an empty folder, which is removed after the run. */
  readonly newFolder: () => string;
};

export type Bench = (context: BenchContext) => Promise<Result>;

/** Returns a function that creates empty folders below a folder. The caller removes that folder. */
export function foldersIn(scratch: string): () => string {
  return () => mkdtempSync(join(scratch, 'folder-'));
}

/** The settings of a measured daemon: no interval or rescan, no HTTP, and a large request budget. */
export const DAEMON_LINE = [
  'run',
  '--interval=0',
  '--rescan=1h',
  '--request-budget=1000000/1s',
  '--log-format=json',
  ...(settingDocs.some(({ name }) => flagOf(name) === '--http-listen') ? ['--http-listen='] : []),
] as const;
