import { cachedByIdentity } from '../base/identity-cache.ts';
import { isObject } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { compareText } from '../base/order.ts';

/*
 * Both sides of a comparison, and the body of a PUT, in one form. Whatever the API is free to spell differently
 * (https://developers.cloudflare.com/api/resources/connectivity/subresources/directory/subresources/services/, and as
 * observed) is spelt one way here, so that a service is never written only because it is written differently.
 */

type Field = {
  /** One spelling for values that mean the same; null for a value that means "unset". */
  readonly canonical?: (value: Json) => Json;
  /** What an omitted field means, where that is a value. */
  readonly unset?: Json;
};

/** Every settable field of a service that this version knows, in the order in which they are shown. */
const FIELDS: ReadonlyMap<string, Field> = new Map(
  Object.entries<Field>({
    name: {},
    type: {},
    // Never a default port: one port alone enforces its scheme, none allows both.
    http_port: {},
    https_port: {},
    tcp_port: {},
    app_protocol: {},
    // The mappings are fields of their own only where the API has something else in their place, which is drift.
    host: {},
    'host.ipv4': {},
    'host.ipv6': { canonical: canonicalAddress },
    'host.network': {},
    'host.network.tunnel_id': { canonical: lowerCase },
    // The API lower-cases host names (observed).
    'host.hostname': { canonical: lowerCase },
    'host.resolver_network': {},
    'host.resolver_network.tunnel_id': { canonical: lowerCase },
    'host.resolver_network.resolver_ips': { canonical: canonicalResolvers },
    tls_settings: {},
    // An omitted mode is verify_full (reference); whether the API stores the difference is not documented.
    'tls_settings.cert_verification_mode': { unset: 'verify_full' },
    'tls_settings.certificate_authority': { canonical: lowerCase },
    'tls_settings.client_certificate': { canonical: lowerCase },
  }),
);

/** Their paths, in that order. */
export const FIELD_PATHS: readonly string[] = [...FIELDS.keys()];

/** Chosen by the API; never compared (a PUT that changes nothing resets both times) and never sent. */
const READ_ONLY = new Set(['service_id', 'created_at', 'updated_at']);

/** The mappings of a service: what fields stand in. */
const BRANCHES: ReadonlySet<string> = new Set(['host', 'host.network', 'host.resolver_network', 'tls_settings']);

/** A key of the object, or of a mapping in it: the field that stands there, and the keys of the mapping that may. */
type Place = {
  readonly field: Field;
  /** Among all fields, as they are shown. */
  readonly index: number;
  readonly below: Places | null;
};
type Places = ReadonlyMap<string, Place>;

/** The fields as a tree, so that to normalize a thousand services no path has to be put together. */
const PLACES = placesIn('');

/** A service as a table from dotted path to value; what is unset is not in it. */
export type Fields = ReadonlyMap<string, Json>;

export type Normalized = {
  /** The fields that this version knows. */
  readonly known: Fields;
  /** What else the object holds, unchanged, under the path of its outermost unknown key; sorted by path. */
  readonly unknown: Fields;
};

/** Normalizes a service as a file declares it or as the API returns it. Null, `[]` of resolvers, and absent are the same. */
export const normalize = cachedByIdentity((service: JsonObject): Normalized => {
  const values: (Json | undefined)[] = [];
  const unknown: [string, Json][] = [];
  collect(service, { prefix: '', places: PLACES }, values, unknown);
  const known = new Map<string, Json>();
  let index = 0;
  for (const [path, { unset }] of FIELDS) {
    const value = values[index] ?? unset;
    if (value !== undefined) known.set(path, value);
    index += 1;
  }
  return { known, unknown: new Map(unknown.sort(([a], [b]) => compareText(a, b))) };
});

/**
 * The body of a PUT that makes a live object what the declaration says: the declared fields, and the live object's unknown ones,
 * which the full replacement would otherwise wipe. Without read-only keys, without nulls, and without what an omission says as well.
 */
export function toBody(declared: Fields, carriedOver: Fields): JsonObject {
  const fields = [...declared, ...carriedOver];
  const tls = fields.filter(([path]) => branchOf(path) === 'tls_settings');
  // A lone verify_full is what an omitted tls_settings means.
  const omitted = tls.length === 1 && declared.get('tls_settings.cert_verification_mode') === 'verify_full';
  return toTree(omitted ? fields.filter((field) => !tls.includes(field)) : fields);
}

/**
 * The unknown fields that have no place in the declared shape: inside a network that the declaration does not have.
 * They would be lost whatever is sent.
 */
export function withoutPlace(declared: Fields, unknown: Fields): readonly string[] {
  return [...unknown.keys()].filter((path) => {
    const branch = branchOf(path);
    return branch?.startsWith('host.') && ![...declared.keys()].some((known) => branchOf(known) === branch);
  });
}

type Mapping = { readonly prefix: string; readonly places: Places };

/** Puts the value of every known field at its index, and everything else under its path. */
function collect(
  object: JsonObject,
  { prefix, places }: Mapping,
  values: (Json | undefined)[],
  unknown: [string, Json][],
): void {
  for (const [key, value] of Object.entries(object)) {
    if (value === null || (prefix === '' && READ_ONLY.has(key))) continue;
    const place = places.get(key);
    if (place === undefined) {
      // A dot in a key parts no path.
      unknown.push([prefix + (key.includes('.') ? JSON.stringify(key) : key), value]);
    } else if (place.below !== null && isObject(value)) {
      collect(value, { prefix: `${prefix}${key}.`, places: place.below }, values, unknown);
    } else {
      const { canonical } = place.field;
      const spelt = canonical === undefined ? value : canonical(value);
      if (spelt !== null) values[place.index] = spelt;
    }
  }
}

/** The keys of a mapping, by its path with a dot behind it. */
function placesIn(prefix: string): Places {
  const places = new Map<string, Place>();
  for (const [index, [path, field]] of [...FIELDS].entries()) {
    const key = path.slice(prefix.length);
    if (!path.startsWith(prefix) || key.includes('.')) continue;
    places.set(key, { field, index, below: BRANCHES.has(path) ? placesIn(`${path}.`) : null });
  }
  return places;
}

/** The object whose fields these are. Made of entries, for a key that we do not know may be any, `__proto__` too. */
function toTree(fields: readonly (readonly [string, Json])[], branch?: string): JsonObject {
  const here = fields.filter(([path]) => branchOf(path) === branch);
  const below = [...BRANCHES].filter(
    (each) => branchOf(each) === branch && fields.some(([path]) => path.startsWith(`${each}.`)),
  );
  const start = branch === undefined ? 0 : branch.length + 1;
  return Object.fromEntries<Json>([
    ...here.map(([path, value]) => [keyOf(path.slice(start)), value] as const),
    ...below.map((each) => [each.slice(start), toTree(fields, each)] as const),
  ]);
}

/** The key as the object has it: one that holds a dot stands in quotes in its path. */
function keyOf(step: string): string {
  return step.startsWith('"') && step.includes('.') ? String(JSON.parse(step)) : step;
}

/** The mapping in which a field stands. */
function branchOf(path: string): string | undefined {
  return [...BRANCHES].findLast((branch) => path.startsWith(`${branch}.`));
}

function lowerCase(value: Json): Json {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

/** IPv6 in the form that the URL standard gives it (RFC 5952 but for embedded IPv4). Anything else stays as it is. */
function canonicalAddress(value: Json): Json {
  if (typeof value !== 'string' || !/^[\da-f.]*:[\da-f.:]*$/i.test(value)) return value;
  return URL.parse(`http://[${value}]/`)?.hostname.slice(1, -1) ?? value;
}

/** The order of resolvers is kept: it is the order in which they are asked. */
function canonicalResolvers(value: Json): Json {
  if (!Array.isArray(value)) return value;
  return value.length === 0 ? null : value.map(canonicalAddress);
}
