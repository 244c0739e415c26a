import { FailureError } from '../core/base/failure.ts';
import { sameJson } from '../core/base/json.ts';
import { isUsable } from '../core/service/directory.ts';
import type { Directory, ListedItem, LiveService } from '../core/service/directory.ts';

/**
 * How long after an update a list may still show the previous value. After that, the value counts as drift. An eventually consistent
 * store needs seconds.
 */
const MAX_LAG_MS = 30_000;

/** The last update of a service by this process. */
type OwnWrite = {
  /** The values that this and earlier updates replaced. */
  readonly replaced: readonly LiveService[];
  /** The value after the update, or before it if no answer arrived. */
  readonly latest: LiveService;
  readonly at: number;
};

/** A directory whose lists include the updates of this process. */
export type ConsistentDirectory = Pick<Directory, 'list' | 'update'> & {
  /** The service_ids for which the last list showed a value that an update of this process replaced. */
  readonly unconfirmed: () => ReadonlySet<string>;
};

/**
 * Corrects lists that lag behind an update. Such a list looks like another writer reverting the update; or, after a revert in git, like
 * nothing to do. For a while, a listed value that the update replaced is therefore shown as the API answered the update.
 */
export function withOwnWrites({ list, update }: Directory, now: () => number): ConsistentDirectory {
  const writes = new Map<string, OwnWrite>();
  let unconfirmed = new Set<string>();
  const recentWrite = (id: string) => {
    const write = writes.get(id);
    return write !== undefined && now() - write.at <= MAX_LAG_MS ? write : null;
  };
  const add = (before: LiveService, latest: LiveService) => {
    const id = before.service_id;
    writes.set(id, { replaced: [...(recentWrite(id)?.replaced ?? []), before], latest, at: now() });
  };
  const correct = (service: ListedItem): ListedItem => {
    if (!isUsable(service)) return service;
    const write = recentWrite(service.service_id);
    if (write === null || !isOutdated(service, write)) return service;
    unconfirmed.add(service.service_id);
    return write.latest;
  };

  return {
    list: async (signals) => {
      const services = await list(signals);
      unconfirmed = new Set();
      for (const id of writes.keys()) if (recentWrite(id) === null) writes.delete(id);
      return writes.size === 0 ? services : services.map(correct);
    },
    update: async (service, body, options) => {
      try {
        const updated = await update(service, body, options);
        add(service, updated.live);
        return updated;
      } catch (error) {
        // The API may have carried out an update whose answer was lost.
        if (!(error instanceof FailureError) || error.attempts === 0 || error.failure.kind === 'rejected') throw error;
        const applied = error.failure.kind === 'superseded' ? (options.gate?.applied() ?? null) : null;
        add(service, applied ?? service);
        if (applied === null) throw error;
        return { live: applied, attempts: error.attempts };
      }
    },
    unconfirmed: () => unconfirmed,
  };
}

/** Whether a listed service has a replaced value. Timestamps are compared too: another writer that sets the same value changes them. */
function isOutdated({ value }: LiveService, { replaced, latest }: OwnWrite): boolean {
  // Without an answer, the value before the update is the newest one known.
  const isLatest = sameJson(value, latest.value) && replaced.at(-1) !== latest;
  return !isLatest && replaced.some((each) => sameJson(each.value, value));
}
