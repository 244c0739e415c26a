import { openBudget, openDirectory, openReconciler, openSource } from '../../src/cli/wiring.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { SettingName, Settings } from '../../src/config/settings.ts';
import { constant } from '../../src/core/base/credentials.ts';
import type { LiveAccount } from './accounts.ts';
import { nodeHttpFloor, undiciFloor } from './floor.ts';
import type { Floor } from './floor.ts';
import type { Material } from './material.ts';
import { environmentFor, ranNode } from './processes.ts';

/** One way to bring an account in line with a folder. */
export type Contender = {
  readonly name: string;
  /** Whether each run begins anew, in a process of its own: there is nothing to warm up. */
  readonly startsAnew?: boolean;
  /** Does it once; gives the CPU time where it is that of a process. */
  readonly run: () => Promise<{ readonly cpuMs: number | null }>;
  /** What it needs before it is to do the same again, and which is not counted. */
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

/** All of them, on one account and one folder. */
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

/** The rooms as `run` joins them, of a daemon that has been at work for a while. */
function daemonPass({ url, accountId, token }: LiveAccount, settings: Settings): Floor & Pick<Contender, 'rest'> {
  const source = openSource(settings);
  const account = { accountId, baseUrl: url, credentials: constant({ token }) };
  const directory = openDirectory(
    settings,
    account,
    openBudget(settings, () => {}),
  );
  const pass = openReconciler(settings, { mode: 'apply', source, directory, account });
  const never = new AbortController().signal;
  const run = async () => {
    const { outcome, error } = await pass('interval', { stop: never, kill: never });
    if (outcome !== 'in_sync' && outcome !== 'converged') throw new Error(`the pass is ${outcome}: ${error?.message}`);
  };
  return {
    run,
    // Who finds the same drift time after time, and never sees it gone, takes it that updates do not last, and sends no more.
    rest: run,
    close: directory.close,
  };
}
