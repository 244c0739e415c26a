import { createBudget, createDirectory, createPass, openFolder } from '../../src/cli/wiring.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { SettingName, Settings } from '../../src/config/settings.ts';
import { fixedCredentials } from '../../src/core/base/credentials.ts';
import type { LiveAccount } from './accounts.ts';
import { nodeHttpFloor, undiciFloor } from './floor.ts';
import type { Floor } from './floor.ts';
import type { Material } from './material.ts';
import { environmentFor, ranNode } from './processes.ts';

/** A way to make an account match a folder. */
export type Contender = {
  readonly name: string;
  /** Whether each run is a new process, so that there is nothing to warm up. */
  readonly startsAnew?: boolean;
  /** Runs once; returns the CPU time if it is a process. */
  readonly run: () => Promise<{ readonly cpuMs: number | null }>;
  /** Prepares the next run. Not measured. */
  readonly rest?: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export type ContenderOptions = {
  readonly account: LiveAccount;
  readonly material: Material;
  readonly bundle: string;
  readonly budget: { readonly ofPass: string; readonly ofProcess: string };
};

export const NAMES = {
  pass: 'pass of the daemon',
  process: 'process `apply`',
  sdk: 'SDK script',
  undici: 'floor, undici',
  http: 'floor, node:http',
} as const;

const SDK_SCRIPT = new URL('sdk-script.js', import.meta.url).pathname;

/** Returns all contenders, for one account and one folder. */
export function contenders(options: ContenderOptions): readonly Contender[] {
  const { account, material, bundle, budget } = options;
  const environment = environmentFor(account);
  const { concurrency } = settingsWith({});
  const line = [bundle, 'apply', '--output=json', `--services=${material.folder}`];
  return [
    inProcess(
      NAMES.pass,
      daemonPass(account, settingsWith({ services: material.folder, request_budget: budget.ofPass })),
    ),
    {
      name: NAMES.process,
      startsAnew: true,
      run: async () => ranNode([...line, `--request-budget=${budget.ofProcess}`], environment),
      close: async () => {},
    },
    {
      name: NAMES.sdk,
      startsAnew: true,
      run: async () => ranNode([SDK_SCRIPT, material.folder], environment),
      close: async () => {},
    },
    inProcess(NAMES.undici, undiciFloor(account, material, concurrency)),
    inProcess(NAMES.http, nodeHttpFloor(account, material, concurrency)),
  ];
}

function inProcess(name: string, { run, ...others }: Floor): Contender {
  return {
    ...others,
    name,
    run: async () => {
      await run();
      return { cpuMs: null };
    },
  };
}

export function settingsWith(flags: Partial<Record<SettingName, string>>): Settings {
  return loadConfig({ environment: {}, flags }).settings;
}

/** A pass of a warmed-up daemon, with the parts that `run` uses. */
function daemonPass({ url, accountId, token }: LiveAccount, settings: Settings): Floor & Pick<Contender, 'rest'> {
  const { source } = openFolder(settings);
  const account = { accountId, baseUrl: url, credentials: fixedCredentials({ token }) };
  const directory = createDirectory(
    settings,
    account,
    createBudget(settings, () => {}),
  );
  const pass = createPass(settings, { source, directory, account });
  const never = new AbortController().signal;
  const run = async () => {
    const { outcome, error } = await pass('interval', { stop: never, kill: never });
    if (outcome !== 'in_sync' && outcome !== 'converged') throw new Error(`the pass is ${outcome}: ${error?.message}`);
  };
  return {
    run,
    // A daemon that finds the same drift again and again stops sending updates that do not last.
    rest: run,
    close: directory.close,
  };
}
