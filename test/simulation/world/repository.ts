import type { Random } from '../time/random.ts';
import type { Commit, WorldFile } from './files.ts';
import { changed, idOf, newService } from './service.ts';
import type { Wanted } from './service.ts';

/** The git repository in which people commit. */
export type Repository = {
  readonly head: () => Commit;
  /** Every service that the head declares. */
  readonly services: () => readonly Wanted[];
  /** Commits random changes. Returns what they are. */
  readonly change: (random: Random) => string;
  readonly breakFiles: (random: Random) => string;
  readonly mendFiles: () => void;
  readonly revert: (random: Random) => void;
  /** Gives each of these services a name that nothing else has. */
  readonly renameApart: (ids: ReadonlySet<string>) => void;
};

/** How a repository begins: with so many services, in one file each or together. */
export function worldRepository(count: number, random: Random): Repository {
  const first = Array.from({ length: count }, (_, index) => newService(idOf(index), `service-${index}`, random));
  const perFile = random.pick([1, 1, 1, 3]);
  const history: Commit[] = [new Map(chunked(first, perFile).map((services, index) => fileAt(index, services)))];
  let created = count;
  const head = (): Commit => history.at(-1) ?? new Map();
  const all = () => [...head().values()].flatMap(({ services }) => services);
  const commit = (files: Iterable<readonly [string, WorldFile]>) => {
    history.push(new Map([...files].filter(([, { services }]) => services.length > 0)));
    if (history.length > 20) history.shift();
  };
  const replace = (replacements: ReadonlyMap<string, Wanted | null>) => {
    commit(
      [...head()].map(([path, file]) => {
        const isAffected = file.services.some(({ id }) => replacements.has(id));
        if (!isAffected) return [path, file] as const;
        const services = file.services.flatMap((service) => {
          const replacement = replacements.get(service.id);
          return replacement === undefined ? [service] : (replacement ?? []);
        });
        return [path, { ...file, services }] as const;
      }),
    );
  };
  const add = (service: Wanted) => {
    const path = `added-${(created += 1)}.yaml`;
    commit([...head(), [path, { path, services: [service], fault: null }]]);
  };

  const change = (how: Random): string => {
    const services = all();
    const chosen = how.sample(services, how.log(1, Math.max(1, services.length)));
    const [one, other] = chosen;
    if (one === undefined) {
      add(newService(idOf(how.int(0, count - 1)), `again-${created}`, how));
      return 'declares a service again';
    }
    switch (how.int(0, 17)) {
      case 0: {
        const renamedFrom = one.isByName ? one.name : null;
        replace(new Map([[one.id, { ...one, name: `renamed-${(created += 1)}`, renamedFrom }]]));
        return `renames ${one.name}`;
      }
      case 12:
      case 13: {
        const name = `named-${(created += 1)}`;
        add({ ...newService(idOf(9000 + created), name, how), isByName: true });
        return `declares ${name} without an id`;
      }
      case 14:
      case 16:
      case 17:
        replace(new Map([[one.id, { ...one, isAbsent: !one.isAbsent, renamedFrom: null }]]));
        return one.isAbsent ? `wants ${one.name} again` : `declares ${one.name} absent`;
      case 15:
        replace(new Map([[one.id, { ...one, isPaused: !one.isPaused }]]));
        return `${one.isPaused ? 'continues' : 'pauses'} ${one.name}`;
      case 1: {
        if (other === undefined || one.isByName || other.isByName) break;
        const isSwap = how.chance(0.5);
        const free = `free-${(created += 1)}`;
        replace(
          new Map([
            [one.id, { ...one, name: other.name }],
            [other.id, { ...other, name: isSwap ? one.name : free }],
          ]),
        );
        return isSwap
          ? `swaps the names of ${one.name} and ${other.name}`
          : `gives ${one.name} the name of ${other.name}`;
      }
      case 2:
        replace(new Map([[one.id, null]]));
        return `retires ${one.name}`;
      case 3: {
        const declared = new Set(services.map(({ id }) => id));
        const free = Array.from({ length: count }, (_, index) => idOf(index)).filter((id) => !declared.has(id));
        const [id] = how.sample(free, 1);
        if (id === undefined) break;
        add(newService(id, `again-${created}`, how));
        return 'declares a service again';
      }
      case 4:
        add(newService(idOf(1000 + created), `missing-${created}`, how));
        return 'declares a service that is not live';
      case 5:
        add(one.isByName ? one : { ...one, name: `double-${created}` });
        return `declares ${one.name} twice`;
      default:
    }
    replace(new Map(chosen.map((service) => [service.id, { ...changed(service, how), renamedFrom: null }])));
    return `changes ${chosen.map(({ name }) => name).join(', ')}`;
  };

  return {
    head,
    services: all,
    change,
    breakFiles: (how) => {
      const paths = how.sample([...head().keys()], how.int(1, 2));
      const fault = how.pick(['syntax', 'value'] as const);
      commit([...head()].map(([path, file]) => [path, paths.includes(path) ? { ...file, fault } : file]));
      return `breaks ${paths.join(', ')} (${fault})`;
    },
    mendFiles: () => {
      const seen = new Set<string>();
      commit(
        [...head()].map(([path, file]) => {
          const services = file.services.filter(({ id }) => !seen.has(id) && seen.add(id).size > 0);
          const isWhole = file.fault === null && services.length === file.services.length;
          return [path, isWhole ? file : { ...file, services, fault: null }];
        }),
      );
    },
    revert: (how) => {
      const before = history[Math.max(0, history.length - 1 - how.int(1, 3))];
      if (before !== undefined) commit(before);
    },
    renameApart: (ids) => {
      replace(
        new Map(
          all()
            .filter(({ id }) => ids.has(id))
            .map((service) => [service.id, { ...service, name: `apart-${(created += 1)}`, renamedFrom: null }]),
        ),
      );
    },
  };
}

function fileAt(index: number, services: readonly Wanted[]): readonly [string, WorldFile] {
  const path = `team/file-${index}.yaml`;
  return [path, { path, services, fault: null }];
}

function chunked<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
