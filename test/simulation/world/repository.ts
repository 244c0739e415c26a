import type { Random } from '../time/random.ts';
import { valuesIn } from './files.ts';
import type { Commit, WorldFile } from './files.ts';
import { changed, idOf, IGNORED_PATHS, newService, noReferences } from './service.ts';
import type { Term, Wanted } from './service.ts';
import { changedValues, completeValues, isComplete, newValues, resolve, withReferences } from './values.ts';

/** The git repository in which people commit. */
export type Repository = {
  readonly head: () => Commit;
  /** Every service that the head declares. */
  readonly services: () => readonly Wanted[];
  /** Commits random changes. Returns what they are. */
  readonly change: (random: Random) => string;
  /** Declares a service that has no id. Returns it. */
  readonly addNamed: (random: Random) => Wanted;
  readonly breakFiles: (random: Random) => string;
  readonly mendFiles: (random: Random) => string;
  readonly revert: (random: Random) => void;
  /** Lets every pause and every ignored difference that ends later than `at` have no end. */
  readonly endTermsBefore: (at: number) => void;
  /** Gives each of these services a name that nothing else has. */
  readonly renameApart: (ids: ReadonlySet<string>) => void;
};

export type RepositoryOptions = {
  /** With so many services, the repository begins, in one file each or together. */
  readonly count: number;
  /** The paths of the files of values; without any, no declaration refers to a value. */
  readonly values: readonly string[];
  readonly random: Random;
  /** Returns Unix time in milliseconds, as far as people know. */
  readonly wallNow: () => number;
};

export function worldRepository({ count, values: valuesPaths, random, wallNow }: RepositoryOptions): Repository {
  const written = (service: Wanted, how: Random) =>
    valuesPaths.length > 0 && how.chance(0.6) ? withReferences(service, how) : service;
  const first = Array.from({ length: count }, (_, index) =>
    written(newService(idOf(index), `service-${index}`, random), random),
  );
  const perFile = random.pick([1, 1, 1, 3]);
  const history: Commit[] = [
    new Map([
      ...chunked(first, perFile).map((services, index) => fileAt(index, services)),
      ...valuesPaths.map((path) => [path, { path, services: [], values: newValues(random), fault: null }] as const),
    ]),
  ];
  let created = count;
  const head = (): Commit => history.at(-1) ?? new Map();
  /** The services as they are written. */
  const all = () => [...head().values()].flatMap(({ services }) => services);
  const known = () => valuesIn([...head().values()], new Set(), valuesPaths);
  const commit = (files: Iterable<readonly [string, WorldFile]>) => {
    history.push(new Map([...files].filter(([, { services, values }]) => services.length > 0 || values !== null)));
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
    commit([...head(), [path, { path, services: [service], values: null, fault: null }]]);
  };

  /** For ever, or until a time that may be near. */
  const newTerm = (how: Random): Term => ({
    until: how.chance(0.3) ? null : Math.floor(wallNow() + how.log(60_000, 86_400_000)),
  });
  const changeValues = (how: Random): string => {
    const file = head().get(how.pick(valuesPaths));
    if (file?.values == null) return mendFiles(how);
    const { values, what } = changedValues(file.values, how);
    commit([...head(), [file.path, { ...file, values }]]);
    return what;
  };

  const addNamed = (how: Random): Wanted => {
    const name = `named-${(created += 1)}`;
    const service = { ...newService(idOf(9000 + created), name, how), isByName: true };
    add(written(service, how));
    return service;
  };

  const change = (how: Random): string => {
    if (valuesPaths.length > 0 && how.chance(0.15)) return changeValues(how);
    const services = all();
    const chosen = how.sample(services, how.log(1, Math.max(1, services.length)));
    const [one, other] = chosen;
    if (one === undefined) {
      add(newService(idOf(how.int(0, count - 1)), `again-${created}`, how));
      return 'declares a service again';
    }
    switch (how.int(0, 21)) {
      case 0: {
        const renamedFrom = one.isByName ? one.name : null;
        replace(new Map([[one.id, { ...one, name: `renamed-${(created += 1)}`, renamedFrom }]]));
        return `renames ${one.name}`;
      }
      case 12:
      case 13:
        return `declares ${addNamed(how).name} without an id`;
      case 14:
      case 16:
      case 17:
        replace(new Map([[one.id, { ...one, isAbsent: !one.isAbsent, renamedFrom: null }]]));
        return one.isAbsent ? `wants ${one.name} again` : `declares ${one.name} absent`;
      case 15:
      case 18:
        replace(new Map([[one.id, { ...one, pause: one.pause === null ? newTerm(how) : null }]]));
        return `${one.pause === null ? 'pauses' : 'continues'} ${one.name}`;
      case 19:
      case 20: {
        const paths = one.ignore.length > 0 && how.chance(0.5) ? [] : how.sample(IGNORED_PATHS, how.int(1, 2));
        // An ignored difference matters when the service is updated for another reason.
        const service = changed(changed(changed(one, how), how), how);
        replace(new Map([[one.id, { ...service, ignore: paths.map((path) => ({ path, ...newTerm(how) })) }]]));
        return `ignores ${paths.join(', ') || 'nothing'} of ${one.name}`;
      }
      case 21:
        if (valuesPaths.length === 0) break;
        replace(new Map([[one.id, withReferences(one, how)]]));
        return `lets ${one.name} refer to values`;
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

  const mendFiles = (how: Random): string => {
    const seen = new Set<string>();
    const whole = new Map(
      valuesPaths.map((path) => [path, completeValues(head().get(path)?.values ?? new Map(), how)]),
    );
    const values = [...whole].map(([path, content]): readonly [string, WorldFile] => [
      path,
      { path, services: [], values: content, fault: null },
    ]);
    const mended = [...head()].map(([path, file]): readonly [string, WorldFile] => {
      const services = file.services
        .filter(({ id }) => !seen.has(id) && seen.add(id).size > 0)
        .map((service) => {
          const isDefined = resolve(service, whole.get(valuesPaths.at(-1) ?? '') ?? new Map()) !== null;
          return isDefined ? service : { ...service, references: noReferences };
        });
      const isSame =
        services.length === file.services.length && services.every((each, at) => each === file.services[at]);
      return [path, file.fault === null && isSame ? file : { ...file, services, fault: null }];
    });
    commit([...mended, ...values.filter(([path]) => !isWhole(head().get(path)))]);
    return 'mends everything';
  };

  return {
    head,
    services: () => {
      const values = known();
      return all().map((service) => resolve(service, values) ?? service);
    },
    change,
    addNamed,
    breakFiles: (how) => {
      // Nothing is deleted while a file may declare the same service.
      const [one] = how.sample(all(), 1);
      if (one !== undefined && how.chance(0.3))
        replace(new Map([[one.id, { ...one, isAbsent: true, renamedFrom: null }]]));
      const paths = how.sample([...head().keys()], how.int(1, 2));
      const fault = how.pick(['syntax', 'syntax', 'value'] as const);
      commit([...head()].map(([path, file]) => [path, paths.includes(path) ? { ...file, fault } : file]));
      return `breaks ${paths.join(', ')} (${fault})`;
    },
    mendFiles,
    revert: (how) => {
      const before = history[Math.max(0, history.length - 1 - how.int(1, 3))];
      if (before !== undefined) commit(before);
    },
    endTermsBefore: (at) => {
      const settled = <Some extends Term>(term: Some): Some =>
        term.until === null || term.until < at ? term : { ...term, until: null };
      replace(
        new Map(
          all()
            .filter(({ pause, ignore }) =>
              [...ignore, ...(pause === null ? [] : [pause])].some((term) => settled(term) !== term),
            )
            .map((service) => [
              service.id,
              {
                ...service,
                pause: service.pause === null ? null : settled(service.pause),
                ignore: service.ignore.map(settled),
              },
            ]),
        ),
      );
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
  return [path, { path, services, values: null, fault: null }];
}

function isWhole(file: WorldFile | undefined): boolean {
  return file?.values != null && file.fault === null && isComplete(file.values);
}

function chunked<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
