import type { Declared } from '../load/collect.ts';
import { positionOf } from '../load/declaration.ts';
import type { Declaration, DeclarationIdentity } from '../load/declaration.ts';
import type { Problem } from '../load/problem.ts';
import { isUsable } from '../service/directory.ts';
import type { ListedItem, LiveService } from '../service/directory.ts';

/** Which live services a declaration without a `service_id` is for: one, none, or several that have the same name. */
export type ByName = (key: NameKey) => readonly LiveService[];

/** The names that identify a service without a `service_id`. */
export type NameKey = { readonly name: string; readonly renamedFrom: string | null };

/**
 * Returns a function that finds live services by name. A service whose id is declared is not found: if it still holds the name, it is about
 * to give it up, because `findConflicts` reports all other cases.
 */
export function findByName(declared: Declared, live: readonly LiveService[]): ByName {
  const byName = Map.groupBy(hasNameKeys(declared) ? withoutDeclaredIds(declared, live) : [], ({ name }) => name);
  return ({ name, renamedFrom }) => byName.get(name) ?? byName.get(renamedFrom ?? name) ?? [];
}

function withoutDeclaredIds(declared: Declared, live: readonly LiveService[]): readonly LiveService[] {
  const ids = new Set(allOf(declared).map(({ service_id }) => service_id));
  return live.filter(({ service_id }) => !ids.has(service_id));
}

/**
 * Returns a problem for each of several declarations that are for one live service, one by its id and one by its name. The same key twice
 * is found without the account; see `collect`. One case is allowed: a declaration by id gives the service another name, and a declaration
 * without an id takes over the name that it had.
 */
export function findConflicts(
  declared: Declared,
  items: readonly ListedItem[],
): ReadonlyMap<DeclarationIdentity, Problem> {
  const problems = new Map<DeclarationIdentity, Problem>();
  if (!hasNameKeys(declared)) return problems;
  const { declarations, tombstones } = declared;
  const ownersById = Map.groupBy(allOf(declared), ({ service_id }) => service_id);
  const liveByName = Map.groupBy(items.filter(isUsable), ({ name }): string | null => name);
  const liveNamed = (name: string | null) => liveByName.get(name) ?? [];
  const add = (identity: DeclarationIdentity, field: Field, live: LiveService, other: Place) => {
    if (!problems.has(identity)) problems.set(identity, conflictProblem({ identity, field }, live, other));
  };
  const check = (identity: DeclarationIdentity, field: Field, name: string | null) => {
    for (const live of liveNamed(name)) {
      for (const owner of ownersById.get(live.service_id) ?? []) {
        if (field === 'name' && isDeclaration(identity) && givesUpName(owner, live)) continue;
        add(identity, field, live, { identity: owner, field: 'service_id' });
        add(owner, 'service_id', live, { identity, field });
      }
    }
  };
  for (const identity of [...declarations, ...tombstones]) {
    if (identity.service_id !== null) continue;
    check(identity, 'name', identity.name);
    const isRenamed = liveNamed(identity.name).some(({ service_id }) => !ownersById.has(service_id));
    if (!isRenamed) check(identity, 'renamed_from', identity.instructions.renamedFrom);
  }
  return problems;
}

type Field = 'service_id' | 'name' | 'renamed_from';
type Place = { readonly identity: DeclarationIdentity; readonly field: Field };

/** Whether a valid declaration by id gives a service another name than it has. */
function givesUpName(owner: DeclarationIdentity, { name }: LiveService): boolean {
  return isDeclaration(owner) && owner.name !== name;
}

function isDeclaration(identity: DeclarationIdentity): identity is Declaration {
  return 'instructions' in identity && !('fieldPositions' in identity);
}

function hasNameKeys({ declarations, tombstones, skipped }: Declared): boolean {
  return [declarations, tombstones, skipped].some((list) => list.some(({ service_id }) => service_id === null));
}

function allOf({ declarations, tombstones, skipped }: Declared): readonly DeclarationIdentity[] {
  return [...declarations, ...tombstones, ...skipped];
}

function conflictProblem({ identity, field }: Place, { name, service_id }: LiveService, other: Place): Problem {
  const path = field === 'renamed_from' ? 'reconcile.renamed_from' : field;
  const place = `${other.identity.file}:${positionOf(other.identity, other.field).line}`;
  const message = `the live service ${JSON.stringify(name)} (${service_id}) is declared by its id and by its name, also at ${place}; keep one of the declarations`;
  return { file: identity.file, ...positionOf(identity, field), path, message };
}
