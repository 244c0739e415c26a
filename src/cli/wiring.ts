import { randomUUID } from 'node:crypto';
import { requestBudget } from '../cloudflare/budget/request-budget.ts';
import type { Budget, Wait } from '../cloudflare/budget/request-budget.ts';
import { cloudflareDirectory } from '../cloudflare/directory.ts';
import type { Account } from '../config/account.ts';
import type { Settings } from '../config/settings.ts';
import type { EndedRequest } from '../core/base/api-usage.ts';
import type { Clock } from '../core/base/clock.ts';
import { formatDuration } from '../core/base/duration.ts';
import type { Source } from '../core/load/source.ts';
import type { Directory } from '../core/service/directory.ts';
import { reconciler } from '../pass/reconcile.ts';
import type { Pass, ReconcilerOptions } from '../pass/reconcile.ts';
import { folderSource } from '../source/folder-source.ts';
import type { FolderSource } from '../source/folder-source.ts';
import { localFolder } from '../source/local/local-folder.ts';
import { threadedFolder } from '../source/thread/threaded-folder.ts';
import type { ThreadedFolder } from '../source/thread/threaded-folder.ts';
import { fileRules } from './options.ts';
import { version } from './version.ts';

/** At most this many attempts per request, including the first. */
const MAX_ATTEMPTS = 5;

export const clock: Clock = { now: () => new Date(), elapsedMs: () => performance.now() };

export type Folder = Pick<ThreadedFolder, 'openWatcher' | 'close'> & { readonly source: FolderSource };

/** Opens the folder of declarations. Close it when it is no longer used. */
export function openFolder(settings: Settings): Folder {
  const { services: path, allow_empty: allowEmpty } = settings;
  const rules = fileRules(settings);
  const folder = localFolder({ path, rules, threaded: threadedFolder({ path, rules }) });
  return { ...folder, source: folderSource({ path, rules, allowEmpty, reader: folder.reader }) };
}

export function createBudget(settings: Settings, onWait: (wait: Wait) => void): Budget {
  return requestBudget({ rates: settings.request_budget, random: Math.random, onWait });
}

/** Returns a message that says how long the program waits, and why. */
export function describeWait({ ms, reason }: Wait): string {
  return `waiting ${formatDuration(ms)}: ${reason}`;
}

/** Creates the directory of an account. Close it when it is no longer used. */
export function createDirectory(
  settings: Settings,
  account: Account,
  budget: Budget,
  onRequest: (request: EndedRequest) => void = () => {},
): Directory {
  return cloudflareDirectory({
    ...account,
    budget,
    onRequest,
    connections: settings.concurrency,
    requestTimeoutMs: settings.request_timeout,
    userAgent: `vpc-reconciler/${version}`,
    attempts: MAX_ATTEMPTS,
    random: Math.random,
  });
}

export type PassWiring = Pick<
  ReconcilerOptions,
  | 'declaredBefore'
  | 'only'
  | 'savedPlan'
  | 'pause'
  | 'onFindings'
  | 'onPlan'
  | 'onPrevented'
  | 'onProgress'
  | 'onSource'
  | 'onStep'
  | 'spareRequests'
> & {
  /** Whether to write nothing whatever the settings say. */
  readonly planOnly?: boolean;
  readonly source: Source;
  readonly directory: Directory;
  readonly account: Account;
};

/**
 * Returns the function that runs a pass, with the limits of the settings. Only the setting `mode` allows it to write, so that
 * `mode: detect` holds for every command.
 */
export function createPass(settings: Settings, { account, planOnly = false, ...wiring }: PassWiring): Pass {
  return reconciler({
    ...wiring,
    mode: planOnly ? 'plan' : settings.mode,
    accountId: account.accountId,
    rules: {
      unknownFields: settings.unknown_fields,
      maxChanges: settings.max_changes,
      maxChangePercent: settings.max_change_percent,
      maxDeletes: settings.max_deletes,
      canary: settings.canary,
      policy: settings.policy,
    },
    concurrency: settings.concurrency,
    passTimeoutMs: settings.pass_timeout,
    clock,
    newId: randomUUID,
  });
}
