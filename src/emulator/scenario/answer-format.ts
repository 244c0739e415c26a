import { isIPv6 } from 'node:net';
import { isObject } from '../../core/base/json.ts';
import type { Json, JsonObject } from '../../core/base/json.ts';
import type { Quirks } from './quirks.ts';

type Field = Json | undefined;

const HTTP_KEYS = ['http_port', 'https_port'];
const TCP_KEYS = ['tcp_port', 'app_protocol'];
const CERTIFICATE_KEYS = ['certificate_authority', 'client_certificate'];

/**
 * Returns a stored service in the form of an answer. Unknown fields are returned as they were stored, at every level.
 * Stored services can have any shape: seeds and dashboard edits may belong to a newer API.
 */
export function formatService(service: JsonObject, quirks: Quirks): JsonObject {
  const known = {
    service_id: formatUuid(service.service_id, quirks),
    name: service.name,
    type: service.type,
    ...typeFields(service, quirks),
    host: isObject(service.host) ? formatHost(service.host, quirks) : service.host,
    tls_settings: formatTls(service.tls_settings, quirks),
  };
  return compact({ ...known, ...service, ...known });
}

function typeFields(service: JsonObject, quirks: Quirks): Record<string, Field> {
  if (service.type === 'http') return { ...fill(TCP_KEYS, undefined), ...unsetFields(service, HTTP_KEYS, quirks) };
  if (service.type === 'tcp') return { ...fill(HTTP_KEYS, undefined), ...unsetFields(service, TCP_KEYS, quirks) };
  return {};
}

function unsetFields(service: JsonObject, keys: readonly string[], quirks: Quirks): Record<string, Field> {
  const unset = quirks.unsetPorts === 'null' ? null : undefined;
  return Object.fromEntries(keys.map((key) => [key, service[key] ?? unset]));
}

function formatHost(host: JsonObject, quirks: Quirks): JsonObject {
  const { hostname, ipv4, ipv6, network, resolver_network: resolverNetwork } = host;
  const unused = quirks.unusedHostKeys === 'null' ? null : undefined;
  const known: Record<string, Field> = {
    hostname: typeof hostname === 'string' && quirks.hostname === 'lower' ? hostname.toLowerCase() : hostname,
    ipv4,
    ipv6: formatAddress(ipv6, quirks),
    network: isObject(network) ? formatNetwork(network, quirks) : network,
    resolver_network: isObject(resolverNetwork) ? formatResolverNetwork(resolverNetwork, quirks) : resolverNetwork,
  };
  const filled = Object.entries(known).map(([key, value]) => [key, value ?? unused] as const);
  return compact({ ...known, ...host, ...Object.fromEntries(filled) });
}

function formatNetwork(network: JsonObject, quirks: Quirks): JsonObject {
  return compact({ ...network, tunnel_id: formatUuid(network.tunnel_id, quirks) });
}

function formatResolverNetwork(network: JsonObject, quirks: Quirks): JsonObject {
  const ips = network.resolver_ips;
  const known =
    Array.isArray(ips) && ips.length > 0 ? ips.map((ip: Json) => formatAddress(ip, quirks) ?? ip) : undefined;
  return compact({ ...formatNetwork(network, quirks), resolver_ips: known ?? formatNoResolvers(quirks) });
}

function formatNoResolvers(quirks: Quirks): Field {
  switch (quirks.emptyResolvers) {
    case 'absent':
      return undefined;
    case 'null':
      return null;
    case '[]':
      return [];
    default:
      return quirks.emptyResolvers satisfies never;
  }
}

function formatTls(tls: Field, quirks: Quirks): Field {
  if (tls === undefined || tls === null) {
    return quirks.verifyFull === 'explicit' ? formatTls({ cert_verification_mode: 'verify_full' }, quirks) : undefined;
  }
  if (!isObject(tls)) return tls;
  const set = Object.entries(tls).filter(([key, value]) => !(CERTIFICATE_KEYS.includes(key) && value === null));
  const lone = set.length === 1 && tls.cert_verification_mode === 'verify_full';
  if (lone && quirks.verifyFull === 'absent') return undefined;
  const formatted = set.map(
    ([key, value]) => [key, CERTIFICATE_KEYS.includes(key) ? formatUuid(value, quirks) : value] as const,
  );
  return compact({ ...(quirks.tlsNulls ? fill(CERTIFICATE_KEYS, null) : {}), ...Object.fromEntries(formatted) });
}

function formatUuid(value: Field, quirks: Quirks): Field {
  if (typeof value !== 'string') return value;
  switch (quirks.uuids) {
    case 'as-sent':
      return value;
    case 'upper':
      return value.toUpperCase();
    case 'lower':
      return value.toLowerCase();
    default:
      return quirks.uuids satisfies never;
  }
}

/** Formats IPv6 addresses. IPv4 addresses are returned as sent. */
function formatAddress(value: Field, quirks: Quirks): Field {
  if (typeof value !== 'string' || !isIPv6(value)) return value;
  switch (quirks.ipv6) {
    case 'as-sent':
      return value;
    case 'compressed':
      return compress(value);
    case 'expanded':
      return expand(value);
    case 'upper':
      return value.toUpperCase();
    default:
      return quirks.ipv6 satisfies never;
  }
}

/** The URL standard writes IPv6 as RFC 5952 does, except for embedded IPv4, which it writes in hexadecimal. */
function compress(ip: string): string {
  return new URL(`http://[${ip}]`).hostname.slice(1, -1);
}

function expand(ip: string): string {
  const [head = '', tail] = compress(ip).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(':');
}

function fill(keys: readonly string[], value: Field): Record<string, Field> {
  return Object.fromEntries(keys.map((key) => [key, value]));
}

/** Removes keys whose value is undefined, which JSON does not have. */
function compact(object: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}
