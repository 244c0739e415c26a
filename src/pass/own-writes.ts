import { FailureError } from '../core/base/failure.ts';
import { sameJson } from '../core/base/json.ts';
import { isUsable } from '../core/service/directory.ts';
import type { Directory, ListedItem, LiveService } from '../core/service/directory.ts';

/**
 * How long after a write a list may still show the previous value. After that, the value counts as drift. An eventually consistent
 * store needs seconds.
 */
const MAX_LAG_MS = 30_000;

/** The last write of a service by this process. */
type OwnWrite = {
  /** The values that this and earlier updates replaced. */
  readonly replaced: readonly LiveService[];
  /** The value after the write, or before it if no answer arrived. Null if the service was deleted. */
  readonly latest: LiveService | null;
  /** Whether the service was created recently, so that a list may not contain it yet. */
  readonly isNew: boolean;
  readonly name: string;
  readonly at: number;
};

/** A directory whose lists include the writes of this process. */
export type ConsistentDirectory = Pick<Directory, 'list' | 'update' | 'create' | 'remove'> & {
  /** The services for which the last list did not show the last write of this process: from service_id to name. */
  readonly unconfirmed: () => ReadonlyMap<string, string>;
};

/**
 * Corrects lists that lag behind a write. Such a list looks like another writer reverting the write; or, after a revert in git, like
 * nothing to do. For a while, a listed value that an update replaced is therefore shown as the API answered the update, a service that was
 * created is added, and one that was deleted is left out.
 */
export function withOwnWrites(directory: Directory, now: () => number): ConsistentDirectory {
  const { list, update, create, remove } = directory;
  const writes = new Map<string, OwnWrite>();
  let unconfirmed = new Map<string, string>();
  const recentWrite = (id: string) => {
    const write = writes.get(id);
    return write !== undefined && now() - write.at <= MAX_LAG_MS ? write : null;
  };
  const add = (before: LiveService, latest: LiveService | null) => {
    const { service_id: id, name } = before;
    const last = recentWrite(id);
    const replaced = [...(last?.replaced ?? []), before];
    writes.set(id, { replaced, latest, isNew: last?.isNew === true, name: latest?.name ?? name, at: now() });
  };
  const correct = (service: ListedItem): readonly ListedItem[] => {
    const write = service.service_id === null ? null : recentWrite(service.service_id);
    if (write === null || (write.latest !== null && !isOutdated(service, write))) return [service];
    unconfirmed.set(service.service_id ?? '', write.name);
    return write.latest === null ? [] : [write.latest];
  };
  /** Returns the services that were created recently and are not listed. */
  const addCreated = (services: readonly ListedItem[]): readonly LiveService[] => {
    const created = [...writes.values()].flatMap(({ latest, isNew }) => (isNew && latest !== null ? [latest] : []));
    if (created.length === 0) return [];
    const listed = new Set(services.map(({ service_id }) => service_id));
    const missing = created.filter(({ service_id }) => !listed.has(service_id));
    for (const { service_id, name } of missing) unconfirmed.set(service_id, name);
    return missing;
  };

  return {
    list: async (signals) => {
      const services = await list(signals);
      unconfirmed = new Map();
      for (const id of writes.keys()) if (recentWrite(id) === null) writes.delete(id);
      return writes.size === 0 ? services : [...services.flatMap(correct), ...addCreated(services)];
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
    create: async (body, options) => {
      const created = await create(body, options);
      if (created.kind === 'created') {
        const { live } = created;
        writes.set(live.service_id, { replaced: [], latest: live, isNew: true, name: live.name, at: now() });
      }
      return created;
    },
    remove: async (service, options) => {
      const removed = await remove(service, options);
      add(service, null);
      return removed;
    },
    unconfirmed: () => unconfirmed,
  };
}

/** Whether a listed service has a replaced value. Timestamps are compared too: another writer that sets the same value changes them. */
function isOutdated(item: ListedItem, { replaced, latest }: OwnWrite): boolean {
  if (!isUsable(item) || latest === null) return false;
  const { value } = item;
  // Without an answer, the value before the update is the newest one known.
  const isLatest = sameJson(value, latest.value) && replaced.at(-1) !== latest;
  return !isLatest && replaced.some((each) => sameJson(each.value, value));
}
