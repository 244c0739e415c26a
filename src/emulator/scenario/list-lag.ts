import type { JsonObject } from '../../core/base/json.ts';
import type { ServiceStore } from '../service-store.ts';

/** A list of services, and when it stopped being the current one, in milliseconds. */
type Version = { readonly until: number; readonly services: JsonObject[] };

/** Returns the store of a server whose list shows the services as they were `lagMs` ago, as an eventually consistent store does. */
export function withListLag(store: ServiceStore, lagMs: number, now: () => Date): ServiceStore {
  if (lagMs === 0) return store;
  const versions: Version[] = [];
  const recorded =
    <Arguments extends readonly unknown[], Returned>(change: (...given: Arguments) => Returned) =>
    (...given: Arguments): Returned => {
      const services = store.list();
      const returned = change(...given);
      versions.push({ until: now().getTime(), services });
      return returned;
    };
  return {
    ...store,
    list: () => {
      const shownAt = now().getTime() - lagMs;
      const firstShown = versions.findIndex(({ until }) => until > shownAt);
      versions.splice(0, firstShown === -1 ? versions.length : firstShown);
      return versions[0]?.services ?? store.list();
    },
    create: recorded(store.create),
    replace: recorded(store.replace),
    remove: recorded(store.remove),
    change: recorded(store.change),
  };
}
