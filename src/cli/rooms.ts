import { randomUUID } from 'node:crypto';
import type { Account } from '../account.ts';
import { cloudflareDirectory } from '../cloudflare/directory.ts';
import type { Directory } from '../cloudflare/directory.ts';
import type { Settings } from '../config.ts';
import type { Mode } from '../core/report.ts';
import { reconciler } from '../reconcile.ts';
import type { Pass } from '../reconcile.ts';
import { folderSource } from '../source/folder.ts';
import type { Source } from '../source/folder.ts';
import { version } from './version.ts';

/** Requests for one call at the most, the first among them. */
const ATTEMPTS = 5;

export function openSource(settings: Settings): Source {
  return folderSource({ path: settings.services, include: settings.include, allowEmpty: settings.allow_empty });
}

export function openDirectory(settings: Settings, account: Account): Directory {
  return cloudflareDirectory({
    ...account,
    connections: settings.concurrency,
    requestTimeoutMs: settings.request_timeout,
    userAgent: `vpc-reconciler/${version}`,
    attempts: ATTEMPTS,
    random: Math.random,
  });
}

/** The rooms, joined for passes in this mode. */
export function openReconciler(
  settings: Settings,
  rooms: { readonly source: Source; readonly directory: Directory; readonly account: Account; readonly mode: Mode },
): Pass {
  return reconciler({
    source: rooms.source,
    directory: rooms.directory,
    accountId: rooms.account.accountId,
    mode: rooms.mode,
    unknownFields: settings.unknown_fields,
    concurrency: settings.concurrency,
    passTimeoutMs: settings.pass_timeout,
    clock: { now: () => new Date(), elapsedMs: () => performance.now() },
    newId: randomUUID,
  });
}
