import { cachedByIdentity } from '../base/identity-cache.ts';
import { isObject, toPlainNumber } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { compareText } from '../base/order.ts';
import { fieldByPath, fieldsIn, MAPPING_PATHS } from './fields.ts';
import type { Field } from './fields.ts';

/*
 * Converts both sides of a comparison, and the body of a PUT, to one canonical form. The API may return a value in another form than
 * the declaration has, and no service may be updated only because of that.
 */

/** The paths of the fields that are compared and sent, in the order of the table. */
export const FIELD_PATHS: readonly string[] = [...fieldByPath]
  .filter(([, { readOnly, local }]) => !readOnly && !local)
  .map(([path]) => path);

const READ_ONLY: ReadonlySet<string> = new Set(fieldsIn().flatMap(([key, { readOnly }]) => (readOnly ? [key] : [])));

/** The table of fields as a tree by key, so that normalizing a thousand services joins no paths. */
type Tree = ReadonlyMap<string, Branch>;
type Branch = {
  readonly canonicalize: ((value: Json) => Json) | undefined;
  /** The position of the field in `FIELD_PATHS`. */
  readonly index: number;
  /** The fields in a mapping; null for any other field. */
  readonly fields: Tree | null;
};

const TREE = treeOf();
/** By path of each known field, because every body asks for them many times. */
const MAPPING_OF_FIELD: ReadonlyMap<string, string | undefined> = new Map(
  FIELD_PATHS.map((path) => [path, findMapping(path)]),
);
const UNSET_VALUES = FIELD_PATHS.map((path) => fieldByPath.get(path)?.unset);

/** The fields of a service: from dotted path to value. A field that is unset has no entry. */
export type Fields = ReadonlyMap<string, Json>;

export type Normalized = {
  /** The fields that this version knows, in the order of the table. */
  readonly known: Fields;
  /** All other values of the object, unchanged, by the path of their outermost unknown key; sorted by path. */
  readonly unknown: Fields;
};

/**
 * Normalizes a service as a file declares it or as the API returns it. Null, absent, and an empty list of addresses all mean unset.
 * Returns the same result for the same object.
 */
export const normalize = cachedByIdentity((service: JsonObject): Normalized => {
  const values: (Json | undefined)[] = [];
  const unknown: [string, Json][] = [];
  collectFields(service, { prefix: '', fields: TREE }, values, unknown);
  const known = new Map<string, Json>();
  let index = 0;
  for (const path of FIELD_PATHS) {
    const value = values[index] ?? UNSET_VALUES[index];
    if (value !== undefined) known.set(path, value);
    index += 1;
  }
  return { known, unknown: new Map(unknown.sort(([a], [b]) => compareText(a, b))) };
});

/**
 * Returns the body of the PUT that turns a live service into the declared one: the declared fields, and the unknown fields of the live
 * service, which the full replacement would otherwise remove. Without read-only fields, without nulls, and without mappings that have
 * the same effect when omitted.
 */
export function toBody(declared: Fields, carriedOver: Fields): JsonObject {
  const fields = [...declared, ...carriedOver];
  const redundant = new Set(MAPPING_PATHS.filter((mapping) => isRedundant(mapping, fields)));
  return toObject(fields.filter(([path]) => !redundant.has(mappingOf(path) ?? '')));
}

/** Whether every field of a mapping has the value that it also has when the mapping is omitted. */
function isRedundant(mapping: string, fields: readonly (readonly [string, Json])[]): boolean {
  return fields
    .filter(([path]) => mappingOf(path) === mapping)
    .every(([path, value]) => fieldByPath.get(path)?.unset === value);
}

/**
 * Returns the paths of the unknown fields that do not fit into the declared shape: those inside a network that the declaration does not
 * have. Any PUT removes them.
 */
export function findLostFields(declared: Fields, unknown: Fields): readonly string[] {
  return [...unknown.keys()].filter((path) => {
    const mapping = mappingOf(path);
    return mapping?.startsWith('host.') && ![...declared.keys()].some((other) => mappingOf(other) === mapping);
  });
}

/**
 * Returns the unknown fields of a live service that an update carries over. A field next to `http_port` may exist for one type only, and a
 * field next to `hostname` for one kind of host. If the declaration changes that, the field belongs to the old shape and is left out.
 */
export function fieldsToCarryOver(declared: Fields, live: Fields, unknown: Fields): Fields {
  const sameType = declared.get('type') === live.get('type');
  const sameHost = declared.has('host.hostname') === live.has('host.hostname');
  if (sameType && sameHost) return unknown;
  const isLeftOut = (mapping: string | undefined) =>
    (mapping === undefined && !sameType) || (mapping === 'host' && !sameHost);
  return new Map([...unknown].filter(([path]) => !isLeftOut(mappingOf(path))));
}

type Mapping = { readonly prefix: string; readonly fields: Tree };

/** Puts the value of each known field at its index, and every other value under its path. */
function collectFields(
  object: JsonObject,
  { prefix, fields }: Mapping,
  values: (Json | undefined)[],
  unknown: [string, Json][],
): void {
  for (const [key, value] of Object.entries(object)) {
    if (value === null || (prefix === '' && READ_ONLY.has(key))) continue;
    const field = fields.get(key);
    if (field === undefined) {
      // A dot in a key does not separate two keys of a path.
      unknown.push([prefix + (key.includes('.') ? JSON.stringify(key) : key), value]);
    } else if (field.fields !== null && isObject(value)) {
      collectFields(value, { prefix: `${prefix}${key}.`, fields: field.fields }, values, unknown);
    } else {
      // A mapping for which the API has another value, such as text, is compared as a field.
      const plain = typeof value === 'object' ? toPlainNumber(value) : value;
      const canonical = field.canonicalize === undefined ? plain : field.canonicalize(plain);
      if (canonical !== null) values[field.index] = canonical;
    }
  }
}

function treeOf(mapping?: string): Tree {
  const branch = (path: string, { value }: Field): Branch => ({
    canonicalize: value.canonicalize,
    index: FIELD_PATHS.indexOf(path),
    fields: value.kind === 'mapping' ? treeOf(path) : null,
  });
  return new Map(
    fieldsIn(mapping)
      .filter(([, { readOnly, local }]) => !readOnly && !local)
      .map(([key, field]) => [key, branch(mapping === undefined ? key : `${mapping}.${key}`, field)]),
  );
}

/** Returns the object that has these fields. Made of entries, because an unknown key may be any text, even `__proto__`. */
function toObject(fields: readonly (readonly [string, Json])[], mapping?: string): JsonObject {
  const here = fields.filter(([path]) => mappingOf(path) === mapping);
  const below = MAPPING_PATHS.filter(
    (each) => mappingOf(each) === mapping && fields.some(([path]) => path.startsWith(`${each}.`)),
  );
  const start = mapping === undefined ? 0 : mapping.length + 1;
  return Object.fromEntries<Json>([
    ...here.map(([path, value]) => [keyOf(path.slice(start)), value] as const),
    ...below.map((each) => [each.slice(start), toObject(fields, each)] as const),
  ]);
}

/** Returns the key in the object: a key that contains a dot is in quotes in its path. */
function keyOf(step: string): string {
  return step.startsWith('"') && step.includes('.') ? String(JSON.parse(step)) : step;
}

/** Returns the path of the mapping that directly contains a field; undefined for a field at the top level. */
function mappingOf(path: string): string | undefined {
  return MAPPING_OF_FIELD.has(path) ? MAPPING_OF_FIELD.get(path) : findMapping(path);
}

function findMapping(path: string): string | undefined {
  return MAPPING_PATHS.findLast((mapping) => path.startsWith(`${mapping}.`));
}
