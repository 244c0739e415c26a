import { cachedByIdentity } from '../base/identity-cache.ts';
import type { Fields } from '../service/normalize.ts';

/** Returns a text that is equal for equal fields. `normalize` always returns the fields in the same order. */
export const fingerprint = cachedByIdentity((fields: Fields) => JSON.stringify([...fields]));

/** Whether two normalized services have the same fields with the same values. */
export function sameFields(a: Fields, b: Fields): boolean {
  return a === b || fingerprint(a) === fingerprint(b);
}
