import { isObject } from '../../core/base/json.ts';
import type { Json, JsonObject } from '../../core/base/json.ts';
import { orRather, suggest } from '../../core/base/suggest.ts';
import type { Account, Result } from '../account.ts';

/** Values that the server puts in the place of what is written, by dotted path; `null` unsets. */
export type Keep = { readonly [path: string]: Json };

/** What a service is known by: were the server to choose these, it would be another service. */
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

/** What is wrong with a path, or null. A field that nobody knows may be one of an API that has grown, unless it looks like a slip. */
export function keepFault(path: string): string | null {
  if (IDENTITY.has(path)) return 'expected a field that a service can do without; this one says which service it is';
  if (path.split('.').includes('')) return 'expected names of fields with dots between them, such as host.hostname';
  if (FIELDS.includes(path)) return null;
  if (FIELDS.some((field) => field.startsWith(`${path}.`)))
    return 'expected one field, found a group of them; name one in it';
  const parent = path.slice(0, path.lastIndexOf('.') + 1);
  const siblings = FIELDS.filter((field) => field.startsWith(parent)).map(
    (field) => field.slice(parent.length).split('.', 1)[0] ?? '',
  );
  const meant = suggest(path.slice(parent.length), [...new Set(siblings)]);
  return meant.length === 0 ? null : `unknown field${orRather(meant.map((name) => parent + name))}`;
}

/** The same account, but for a server that will not keep what is written. What was sent is checked first, and imposed upon then. */
export function keeping(account: Account, keep: Keep): Account {
  if (Object.keys(keep).length === 0) return account;
  const imposeOn = (written: Result): Result => {
    const id = written.kind === 'done' ? written.result?.service_id : undefined;
    if (typeof id !== 'string') return written;
    account.change(id, (service) => impose(service, keep));
    return account.get(id);
  };
  return {
    ...account,
    create: (body) => imposeOn(account.create(body)),
    replace: (serviceId, body) => imposeOn(account.replace(serviceId, body)),
  };
}

/** The service as a server has it that imposes these values. What its type or the shape of its host has no place for is left out. */
export function impose(service: JsonObject, keep: Keep): JsonObject {
  return Object.entries(keep).reduce(
    (kept, [path, value]) => (applies(kept, path) ? put(kept, path.split('.'), value) : kept),
    service,
  );
}

function applies(service: JsonObject, path: string): boolean {
  if (path === 'http_port' || path === 'https_port') return service.type === 'http';
  if (path === 'tcp_port' || path === 'app_protocol') return service.type === 'tcp';
  // An address more, or another kind of host, would be another shape.
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
