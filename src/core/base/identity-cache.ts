/**
 * Returns a function that calls `compute` once for each object and returns the same result for that same object again. Objects that are
 * equal but not identical are computed separately. A result is freed together with its object.
 *
 * A pass over an unchanged account costs almost nothing, because each step returns the very object that the next step looks up:
 *
 *   same response text              → same parsed page                  cloudflare/http/envelope.ts (keeps the last response)
 *   same parsed page                → same LiveServices                 cloudflare/live-services.ts
 *   same file content               → same Declarations                 source/folder-source.ts (keeps the last content)
 *   same Declaration, LiveService   → same normalized fields            core/service/normalize.ts
 *                                   → same finding                      core/compare/compare.ts
 *   same normalized fields          → same fingerprint                  core/plan/fingerprint.ts
 *
 * A step that copies an object breaks this chain without changing any result, so `test/pass/identity.test.ts` checks the whole chain.
 * The HTML templates of server/page/html.ts use the same cache.
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
