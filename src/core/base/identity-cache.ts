/**
 * Returns a function that calls `compute` once for each object and then returns the same result for that same object. Two objects
 * that are equal but not identical are computed separately. A result is freed together with its object.
 *
 * A pass over an account that has not changed costs almost nothing, because each step keeps the identity that the next one looks up:
 *
 *   same response text      the last response is not parsed again                 cloudflare/http/envelope.ts
 *   → same parsed page      its services are not checked again                    cloudflare/live-services.ts
 *   → same LiveService      its fields are not normalized again                   core/service/normalize.ts
 *   → same fields           it is not compared with its declaration again         core/compare/compare.ts
 *   → same finding, fields  its fingerprint is not computed again                 core/plan/fingerprint.ts
 *
 * On the other side, a file with the same content is the same `Declaration` (source/folder.ts). `test/pass/identity.test.ts` checks
 * the whole chain: a step that copies an object breaks it without changing any result.
 */
export function cachedByIdentity<Key extends object, Result extends {}>(
  compute: (key: Key) => Result,
): (key: Key) => Result {
  const results = new WeakMap<Key, Result>();
  return (key) => {
    const cached = results.get(key);
    if (cached !== undefined) return cached;
    const result = compute(key);
    results.set(key, result);
    return result;
  };
}
