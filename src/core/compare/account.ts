import type { Declared } from '../load/collect.ts';
import type { Declaration, DeclarationIdentity } from '../load/declaration.ts';
import { isUsable } from '../service/directory.ts';
import type { ListedItem, LiveService, UnusableItem } from '../service/directory.ts';
import { findByName } from './claims.ts';

/** The list of an account, and how to find the service of a declaration in it. */
export type Account = {
  readonly unusable: readonly UnusableItem[];
  /** The ids of all services that are declared, validly or not. */
  readonly claimed: ReadonlySet<string | null>;
  readonly unmanaged: readonly LiveService[];
  /** Returns the live service of a declaration; several if they share its name; none if it is not live. */
  readonly liveOf: (identity: DeclarationIdentity, renamedFrom?: string | null) => readonly LiveService[];
  readonly unusableOf: (identity: DeclarationIdentity, renamedFrom?: string | null) => UnusableItem | undefined;
  readonly hintFor: (declaration: Declaration) => string | null;
};

/** Finds the service of every declaration in a list. */
export function openAccount(declared: Declared, items: readonly ListedItem[]): Account {
  const live = items.filter(isUsable);
  const unusable = items.filter((item) => !isUsable(item));
  const unusableById = new Map(unusable.map((item) => [item.service_id, item]));
  const liveById = new Map(live.map((service) => [service.service_id, service]));
  const byName = findByName(declared, live);
  const liveOf: Account['liveOf'] = ({ service_id, name }, renamedFrom = null) => {
    if (service_id === null) return name === null ? [] : byName({ name, renamedFrom });
    const service = liveById.get(service_id);
    return service === undefined ? [] : [service];
  };
  const unusableOf: Account['unusableOf'] = ({ service_id, name }, renamedFrom = null) =>
    service_id === null
      ? unusable.find((item) => item.service_id !== null && hasName(item, name, renamedFrom))
      : unusableById.get(service_id);
  const { declarations, tombstones, skipped } = declared;
  const claimed = new Set([
    ...declarations.map(
      (each) => each.service_id ?? unusableOf(each, each.instructions.renamedFrom)?.service_id ?? null,
    ),
    ...[...tombstones, ...skipped].map((identity) => identity.service_id ?? unusableOf(identity)?.service_id ?? null),
    ...declarations.flatMap((each) => idsWithoutKey(each, liveOf(each, each.instructions.renamedFrom))),
    ...[...tombstones, ...skipped].flatMap((each) => idsWithoutKey(each, liveOf(each))),
  ]);
  const unmanaged = live.filter(({ service_id }) => !claimed.has(service_id));
  const idByName = new Map(unmanaged.map(({ service_id, name }) => [name, service_id]));
  const noneLive =
    declarations.length > 1 && !declarations.some((each) => liveOf(each, each.instructions.renamedFrom).length > 0);
  const hintFor: Account['hintFor'] = (declaration) => {
    const { name, service_id, instructions } = declaration;
    const sameName = unusable.find((item) => item.service_id === null && hasName(item, name, instructions.renamedFrom));
    if (sameName !== undefined) return sameName.reason;
    if (service_id !== null) return missingHint(idByName.get(name), noneLive);
    // Any of them could be the service, and then a create would fail or make a second one.
    const isNameless = items.some((item) => item.name === null || item.name === '');
    return isNameless ? 'the API lists a service whose name cannot be read, which could be this one' : null;
  };
  return { unusable, claimed, unmanaged, liveOf, unusableOf, hintFor };
}

/** Whether an item has the name of a declaration, or its previous one. A declared name of null is that of no item. */
function hasName(item: UnusableItem, name: string | null, renamedFrom: string | null): boolean {
  return item.name !== null && (item.name === name || item.name === renamedFrom);
}

function idsWithoutKey({ service_id }: DeclarationIdentity, live: readonly LiveService[]): readonly string[] {
  return service_id === null ? live.map((service) => service.service_id) : [];
}

function missingHint(idOfSameName: string | undefined, noneLive: boolean): string {
  if (idOfSameName !== undefined) {
    return `an unmanaged service has the same name: ${idOfSameName}; if it replaces this service, run: vpc-reconciler accept --ids ${idOfSameName}`;
  }
  return noneLive
    ? 'none of the declared services is live; is this the right account?'
    : 'to create it, remove the service_id and set policy to upsert; or remove the declaration';
}
