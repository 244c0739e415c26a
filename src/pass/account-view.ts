import type { AccountView } from '../core/plan/assertions/write-assertions.ts';
import { isUsable } from '../core/service/directory.ts';
import type { Directory, ListedItem, LiveService } from '../core/service/directory.ts';

/** The calls of a directory that a plan is applied with. */
export type PlanDirectory = Pick<Directory, 'list' | 'update' | 'create' | 'remove'>;

export type ViewedAccount = {
  /** The same directory. The view includes everything that it returns. */
  readonly directory: PlanDirectory;
  readonly view: AccountView;
};

/**
 * Keeps the account as the lists of a pass and the answers to its writes show it. There is one view for each pass, so that no write is
 * decided from an older list than another. `listed` is the list from which the plan was made.
 */
export function viewAccount(directory: PlanDirectory, listed: readonly ListedItem[]): ViewedAccount {
  const { list, update, create, remove } = directory;
  let items = listed;
  let services = byId(listed);
  const seen = new Map(services);
  /** The services that this pass has written, after the write; null if it was a delete. */
  const written = new Map<string, LiveService | null>();
  const created: LiveService[] = [];
  const nameOf = (item: ListedItem): string | null => {
    const after = item.service_id === null ? undefined : written.get(item.service_id);
    return after === undefined ? item.name : (after?.name ?? null);
  };
  return {
    directory: {
      list: async (signals) => {
        items = await list(signals);
        services = byId(items);
        for (const [id, service] of services) seen.set(id, service);
        return items;
      },
      update: async (service, body, options) => {
        const updated = await update(service, body, options);
        written.set(service.service_id, updated.live);
        return updated;
      },
      create: async (body, options) => {
        const result = await create(body, options);
        if (result.kind === 'created') created.push(result.live);
        return result;
      },
      remove: async (service, options) => {
        const removed = await remove(service, options);
        written.set(service.service_id, null);
        return removed;
      },
    },
    view: {
      find: (id) => services.get(id) ?? null,
      lastSeen: (id) => seen.get(id) ?? null,
      holdersOf: (name) => [
        ...items.filter((item) => nameOf(item) === name),
        ...created.filter((service) => service.name === name),
      ],
    },
  };
}

function byId(items: readonly ListedItem[]): ReadonlyMap<string, LiveService> {
  return new Map(items.filter(isUsable).map((service) => [service.service_id, service]));
}
