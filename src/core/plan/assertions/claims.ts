import { cachedByIdentity } from '../../base/identity-cache.ts';
import { keyOfName } from '../../compare/compare.ts';
import type { Declaration, Tombstone } from '../../load/declaration.ts';

/** The valid declarations of a folder. */
export type Declarations = {
  readonly declarations: readonly Declaration[];
  readonly tombstones: readonly Tombstone[];
};

/** A declaration, and whether its service should exist. */
export type Claim =
  | { readonly ensure: 'present'; readonly declaration: Declaration }
  | { readonly ensure: 'absent'; readonly declaration: Tombstone };

/** A service by its live name, and by its id unless it does not exist yet. */
export type Identity = { readonly service_id: string | null; readonly name: string };

/** Returns the declarations that are for a service: those with its id; or else those without an id that have its name. */
export function claimsOf({ service_id, name }: Identity, declarations: Declarations): readonly Claim[] {
  const claims = claimsByKey(declarations);
  const byId = service_id === null ? [] : (claims.get(service_id) ?? []);
  return byId.length > 0 ? byId : (claims.get(keyOfName(name)) ?? []);
}

const claimsByKey = cachedByIdentity(
  ({ declarations, tombstones }: Declarations): ReadonlyMap<string, readonly Claim[]> => {
    const claims: readonly Claim[] = [
      ...declarations.map((declaration): Claim => ({ ensure: 'present', declaration })),
      ...tombstones.map((declaration): Claim => ({ ensure: 'absent', declaration })),
    ];
    const byKey = new Map<string, Claim[]>();
    for (const claim of claims) {
      for (const key of keysOf(claim)) {
        const others = byKey.get(key);
        if (others === undefined) byKey.set(key, [claim]);
        else others.push(claim);
      }
    }
    return byKey;
  },
);

function keysOf({ declaration: { service_id, name, instructions } }: Claim): readonly string[] {
  if (service_id !== null) return [service_id];
  return [name, instructions.renamedFrom].flatMap((each) => (each === null ? [] : [keyOfName(each)]));
}
