import { isObject } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { declarationPaths } from '../service/fields.ts';
import type { Path } from './yaml.ts';

/** A service somewhere in a document, whether or not it may stand there. */
export type Found = { readonly path: Path; readonly value: JsonObject };

/** The mappings with a `service_id` in a document that is no declaration itself: items of a list, or below a key or two. */
export function services(value: Json, path: Path = []): readonly Found[] {
  if (isObject(value) && typeof value['service_id'] === 'string') return [{ path, value }];
  if (path.length === LEVELS || typeof value !== 'object' || value === null) return [];
  return Array.isArray(value)
    ? value.flatMap((item: Json, index) => services(item, [...path, index]))
    : Object.entries(value).flatMap(([key, item]) => services(item, [...path, key]));
}

const LEVELS = 3;

/**
 * What is wrong with a mapping that has not a single key of a declaration, told once: each of its keys would be unknown, and everything
 * missing. Null for a mapping that has one.
 */
export function foreignShape(value: JsonObject): { readonly path: Path; readonly message: string } | null {
  const keys = Object.keys(value);
  const ours = new Set(declarationPaths(null));
  if (keys.length === 0 || keys.some((key) => ours.has(key))) return null;
  const [first] = services(value);
  if (first !== undefined) {
    const path = first.path.slice(0, 1);
    const listed = first.path.some((step) => typeof step === 'number');
    const way = listed
      ? 'write each service as a document of its own, separated by a line of ---'
      : 'move what is below to the top level';
    return {
      path,
      message: `expected a service at the top level, found ${listed ? 'a list' : 'one'} under "${String(path[0])}"; ${way}`,
    };
  }
  // A slip of spelling is told key by key.
  if (keys.some((key) => isNear(key))) return null;
  const named = keys
    .slice(0, 3)
    .map((key) => `"${key.slice(0, 40)}"`)
    .join(', ');
  const kind =
    'apiVersion' in value && 'kind' in value ? 'a Kubernetes object' : `${named}${keys.length > 3 ? ' …' : ''}`;
  return {
    path: [],
    message: `expected a service (service_id, name, type, host …), found ${kind}; if it is no declaration, keep it out of the folder or of include`,
  };
}

/** Whether a key is ours but for its case and its separators, or ours in another place. */
function isNear(key: string): boolean {
  const plain = key.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return declarationPaths(null).some((path) => path.slice(path.lastIndexOf('.') + 1).replaceAll('_', '') === plain);
}
