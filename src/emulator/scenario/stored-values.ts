import { isObject } from '../../core/base/json.ts';
import type { Json, JsonObject } from '../../core/base/json.ts';
import { formatSuggestions, suggest } from '../../core/base/text/suggest.ts';
import type { ServiceStore, StoreResult } from '../service-store.ts';

/** Values that the server stores instead of those that were sent, by dotted path; null unsets. */
export type StoredValues = { readonly [path: string]: Json };

/** Fields that identify a service. A scenario cannot change them. */
const IDENTITY = new Set(['service_id', 'name', 'type', 'created_at', 'updated_at']);

const FIELDS = [
  'http_port',
  'https_port',
  'tcp_port',
  'app_protocol',
  'host.ipv4',
  'host.ipv6',
  'host.hostname',
  'host.network.tunnel_id',
  'host.resolver_network.tunnel_id',
  'host.resolver_network.resolver_ips',
  'tls_settings',
  'tls_settings.cert_verification_mode',
  'tls_settings.certificate_authority',
  'tls_settings.client_certificate',
];

/** Returns what is wrong with a path, or null. Accepts unknown fields, which a newer API may have, unless they look like a typo. */
export function storedValueFault(path: string): string | null {
  if (IDENTITY.has(path)) return 'expected a field that does not identify the service';
  if (path.split('.').includes('')) return 'expected field names separated by dots, such as host.hostname';
  if (FIELDS.includes(path)) return null;
  if (FIELDS.some((field) => field.startsWith(`${path}.`)))
    return 'expected a single field, found a group of fields; name one of them';
  const parent = path.slice(0, path.lastIndexOf('.') + 1);
  const siblings = FIELDS.filter((field) => field.startsWith(parent)).map(
    (field) => field.slice(parent.length).split('.', 1)[0] ?? '',
  );
  const meant = suggest(path.slice(parent.length), [...new Set(siblings)]);
  return meant.length === 0 ? null : `unknown field${formatSuggestions(meant.map((name) => parent + name))}`;
}

/** Wraps a store so that it stores other values than those that were sent. Bodies are validated before values are replaced. */
export function withStoredValues(store: ServiceStore, values: StoredValues): ServiceStore {
  if (Object.keys(values).length === 0) return store;
  const replaceIn = (written: StoreResult): StoreResult => {
    const id = written.kind === 'done' ? written.result?.service_id : undefined;
    if (typeof id !== 'string') return written;
    store.change(id, (service) => replaceValues(service, values));
    return store.get(id);
  };
  return {
    ...store,
    create: (body) => replaceIn(store.create(body)),
    replace: (serviceId, body) => replaceIn(store.replace(serviceId, body)),
  };
}

/** Returns the service with these values. Skips fields that its type or host shape cannot have. */
export function replaceValues(service: JsonObject, values: StoredValues): JsonObject {
  return Object.entries(values).reduce(
    (changed, [path, value]) => (applies(changed, path) ? put(changed, path.split('.'), value) : changed),
    service,
  );
}

function applies(service: JsonObject, path: string): boolean {
  if (path === 'http_port' || path === 'https_port') return service.type === 'http';
  if (path === 'tcp_port' || path === 'app_protocol') return service.type === 'tcp';
  // Adding an address, or another kind of host, would change the shape.
  if (/^host\.(ipv4|ipv6|hostname)$/.test(path))
    return isObject(service.host) && (service.host[path.slice(5)] ?? null) !== null;
  return true;
}

function put(object: JsonObject, [key = '', ...rest]: readonly string[], value: Json): JsonObject {
  if (rest.length > 0) {
    const within = object[key];
    return isObject(within) ? { ...object, [key]: put(within, rest, value) } : object;
  }
  const others = Object.entries(object).filter(([name]) => name !== key);
  return Object.fromEntries(value === null ? others : [...others, [key, value]]);
}
