import { isObject } from '../base/json.ts';
import type { Json } from '../base/json.ts';

/**
 * Returns the paths of the values that are in `sent` but not in `stored`: keys at any level, and lists with fewer items. A value that is
 * merely different is not lost, because the API may set it, as it does a time or a version.
 */
export function findLostPaths(path: string, sent: Json | undefined, stored: Json | undefined): readonly string[] {
  if (sent === undefined || sent === null) return [];
  if (stored === undefined || stored === null) return [path];
  if (Array.isArray(sent)) return Array.isArray(stored) && stored.length < sent.length ? [path] : [];
  if (!isObject(sent) || !isObject(stored)) return [];
  return Object.entries(sent).flatMap(([key, value]) =>
    findLostPaths(`${path}.${key}`, value, Object.hasOwn(stored, key) ? stored[key] : undefined),
  );
}
