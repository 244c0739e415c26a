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
import { version } from './version.ts';

/** Tries of one call at the most, the first among them. */
const ATTEMPTS = 5;

export const clock: Clock = { now: () => new Date(), elapsedMs: () => performance.now() };

export function openSource(settings: Settings): Source {
  return folderSource({ path: settings.services, include: settings.include, allowEmpty: settings.allow_empty });
}

export function openBudget(settings: Settings, onWait: (wait: Wait) => void): Budget {
  return requestBudget({ rates: settings.request_budget, random: Math.random, onWait });
}

/** For people: what is waited for, and how long that will take. */
export function describeWait({ ms, reason }: Wait): string {
  return `waiting ${formatDuration(ms)}: ${reason}`;
}

export function openDirectory(
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
    attempts: ATTEMPTS,
    random: Math.random,
  });
}

export type Rooms = Pick<ReconcilerOptions, 'mode' | 'only' | 'savedPlan' | 'onPlan' | 'onProgress' | 'onStep'> & {
  readonly source: Source;
  readonly directory: Directory;
  readonly account: Account;
};

/** The rooms, joined for passes in this mode. */
export function openReconciler(settings: Settings, { account, ...rooms }: Rooms): Pass {
  return reconciler({
    ...rooms,
    accountId: account.accountId,
    rules: {
      unknownFields: settings.unknown_fields,
      maxChanges: settings.max_changes,
      maxChangePercent: settings.max_change_percent,
    },
    concurrency: settings.concurrency,
    passTimeoutMs: settings.pass_timeout,
    clock,
    newId: randomUUID,
  });
}
