import { FailureError } from '../core/base/failure.ts';
import { sameJson } from '../core/base/json.ts';
import type { JsonObject } from '../core/base/json.ts';
import { isUsable } from '../core/service/directory.ts';
import type { Directory, ListedItem, LiveService } from '../core/service/directory.ts';

/**
 * How long after a write a list may still show the previous value. After that, the value counts as drift. An eventually consistent
 * store needs seconds.
 */
const MAX_LAG_MS = 30_000;

/** The writes of a service by this process that a list may not show yet. */
type OwnWrites = {
  /** The service that each update replaced, and when. */
  readonly replaced: readonly { readonly service: LiveService; readonly at: number }[];
  /** The value after the last write, or before it if no answer arrived. Null if the service was deleted. */
  readonly latest: LiveService | null;
  /** When the service was created; null if it was not. A list may not contain it for a while. */
  readonly createdAt: number | null;
  readonly name: string;
  /** When the last write was. */
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
export function withOwnWrites({ list, update, create, remove }: Directory, now: () => number): ConsistentDirectory {
  const writes = recentWrites(now);
  return {
    list: async (signals) => writes.correct(await list(signals)),
    update: async (service, body, options) => {
      try {
        const updated = await update(service, body, options);
        writes.add(service, updated.live);
        return updated;
      } catch (error) {
        // The API may have carried out an update whose answer was lost.
        if (!(error instanceof FailureError) || error.attempts === 0 || error.failure.kind === 'rejected') throw error;
        const applied = error.failure.kind === 'superseded' ? options.gate.applied() : null;
        writes.add(service, applied ?? service);
        if (applied === null) throw error;
        return { live: applied, attempts: error.attempts };
      }
    },
    create: async (body, options) => {
      const created = await create(body, options);
      if (created.kind === 'created') writes.addCreated(created.live);
      return created;
    },
    remove: async (service, options) => {
      const removed = await remove(service, options);
      writes.add(service, null);
      return removed;
    },
    unconfirmed: writes.unconfirmed,
  };
}

/** Remembers writes for as long as a list may lag behind them. */
function recentWrites(now: () => number) {
  const writes = new Map<string, OwnWrites>();
  let unconfirmed = new Map<string, string>();
  const isRecent = (at: number) => now() - at <= MAX_LAG_MS;
  const forgetOld = () => {
    for (const [id, own] of writes) {
      if (!isRecent(own.at)) writes.delete(id);
      else writes.set(id, { ...own, replaced: own.replaced.filter(({ at }) => isRecent(at)) });
    }
  };
  const correctItem = (item: ListedItem): readonly ListedItem[] => {
    const own = item.service_id === null ? undefined : writes.get(item.service_id);
    if (own === undefined || (own.latest !== null && !isOutdated(item, own))) return [item];
    unconfirmed.set(item.service_id ?? '', own.name);
    return own.latest === null ? [] : [own.latest];
  };
  /** Returns the services that were created recently and are not listed, among items that are corrected. */
  const findUnlisted = (items: readonly ListedItem[]): readonly LiveService[] => {
    const created = [...writes.values()].flatMap(({ latest, createdAt }) =>
      latest !== null && createdAt !== null && isRecent(createdAt) ? [latest] : [],
    );
    if (created.length === 0) return [];
    const listed = new Set(items.map(({ service_id }) => service_id));
    // Names are unique, so a list with another service of that name is newer than the create.
    const names = new Set(items.map(({ name }) => name));
    const unlisted = created.filter(({ service_id, name }) => !listed.has(service_id) && !names.has(name));
    for (const { service_id, name } of unlisted) unconfirmed.set(service_id, name);
    return unlisted;
  };
  return {
    /** Adds an update, or the deletion of a service if `latest` is null. */
    add: (service: LiveService, latest: LiveService | null): void => {
      const at = now();
      const { replaced = [], createdAt = null } = writes.get(service.service_id) ?? {};
      const { name } = latest ?? service;
      writes.set(service.service_id, { replaced: [...replaced, { service, at }], latest, createdAt, name, at });
    },
    addCreated: (latest: LiveService): void => {
      const at = now();
      writes.set(latest.service_id, { replaced: [], latest, createdAt: at, name: latest.name, at });
    },
    /** Returns the items of a list as they are after the writes. */
    correct: (items: readonly ListedItem[]): readonly ListedItem[] => {
      unconfirmed = new Map();
      forgetOld();
      if (writes.size === 0) return items;
      const corrected = items.flatMap(correctItem);
      return [...corrected, ...findUnlisted(corrected)];
    },
    unconfirmed: () => unconfirmed,
  };
}

/** Whether a listed service has a replaced value. Timestamps are compared too: another writer that sets the same value changes them. */
function isOutdated(item: ListedItem, { replaced, latest }: OwnWrites): boolean {
  if (!isUsable(item) || latest === null) return false;
  const { value } = item;
  // Without an answer, the value before the update is the newest one known.
  const isLatest = replaced.at(-1)?.service !== latest && isSame(value, latest.value);
  return !isLatest && replaced.some(({ service }) => isSame(service.value, value));
}

/** Compares the time first, because it nearly always differs if anything does. */
function isSame(a: JsonObject, b: JsonObject): boolean {
  return sameJson(a['updated_at'] ?? null, b['updated_at'] ?? null) && sameJson(a, b);
}
