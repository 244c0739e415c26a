import { isObject } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { declarationPaths } from '../service/fields.ts';
import { describeValue } from './explain-issue.ts';
import type { FieldPath } from './field-path.ts';

/** A mapping with a `service_id`, anywhere in a document. */
export type ServiceInDocument = { readonly path: FieldPath; readonly value: JsonObject };

/** Finds the services in a document that is not a declaration itself: items of a list, or values below a key or two. */
export function findServices(value: Json, path: FieldPath = []): readonly ServiceInDocument[] {
  if (isObject(value) && typeof value['service_id'] === 'string') return [{ path, value }];
  if (path.length === MAX_DEPTH || typeof value !== 'object' || value === null) return [];
  return Array.isArray(value)
    ? value.flatMap((item: Json, index) => findServices(item, [...path, index]))
    : Object.entries(value).flatMap(([key, item]) => findServices(item, [...path, key]));
}

const MAX_DEPTH = 3;

/** Whether a document is a JSON Schema, such as the one that the command `schema` prints. It may be in the folder, for editors. */
export function isJsonSchema({ $schema, properties }: JsonObject): boolean {
  return typeof $schema === 'string' && /^https?:\/\/json-schema\.org\//.test($schema) && isObject(properties);
}

/** Explains a document that is not a mapping. */
export function explainNonMapping(value: Json): string {
  return `expected a mapping that declares one service, found ${describeValue(value)}${nonMappingFix(value)}`;
}

function nonMappingFix(value: Json): string {
  if (Array.isArray(value)) return '; separate services with a line of ---';
  const text = typeof value === 'string' ? value : '';
  if (text.startsWith('$ANSIBLE_VAULT')) return '; decrypt the file';
  return /^[\w-]+\s*=/.test(text) ? '; write "key: value" instead of "key = value"' : '';
}

/**
 * Explains a mapping without any key of a declaration in one message. Otherwise, each of its keys would be reported as unknown, and
 * each required field as missing. Returns null for any other mapping.
 */
export function explainUnrelatedMapping(
  value: JsonObject,
): { readonly path: FieldPath; readonly message: string } | null {
  const keys = Object.keys(value);
  const known = new Set(declarationPaths(null));
  if (keys.length === 0 || keys.some((key) => known.has(key))) return null;
  const [service] = findServices(value);
  if (service !== undefined) return explainNestedService(service);
  // Misspelled keys are reported one by one.
  if (keys.some(resemblesField)) return null;
  return {
    path: [],
    message: `expected a service (service_id, name, type, host …), found ${describeUnrelated(value, keys)}; if it is not a declaration, move the file out of the folder or list it in "exclude"`,
  };
}

function explainNestedService({ path }: ServiceInDocument) {
  const isListed = path.some((step) => typeof step === 'number');
  const found = isListed ? 'a list' : 'one';
  const fix = isListed
    ? 'write each service as a document of its own, separated by a line of ---'
    : 'move its fields to the top level';
  return {
    path: path.slice(0, 1),
    message: `expected a service at the top level, found ${found} under "${String(path[0])}"; ${fix}`,
  };
}

function describeUnrelated(value: JsonObject, keys: readonly string[]): string {
  if ('apiVersion' in value && 'kind' in value) return 'a Kubernetes object';
  const names = keys.slice(0, 3).map((key) => `"${key.slice(0, 40)}"`);
  return `the ${keys.length === 1 ? 'key' : 'keys'} ${names.join(', ')}${keys.length > names.length ? ' …' : ''}`;
}

/** Whether a key is a field of any mapping, apart from its case and separators. */
function resemblesField(key: string): boolean {
  const plain = key.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return declarationPaths(null).some((path) => path.slice(path.lastIndexOf('.') + 1).replaceAll('_', '') === plain);
}
