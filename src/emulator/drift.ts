import { isObject } from '../core/base/json.ts';
import type { Json, JsonObject } from '../core/base/json.ts';
import { EXAMPLE_TUNNEL, tunnelsOf } from './service-store.ts';

/** Returns the drifted service, or undefined if this kind of drift does not apply to it. */
type Drift = (service: JsonObject, names: ReadonlySet<string>) => JsonObject | undefined;

/**
 * Changes that people make outside git, and the place they affect; a service drifts at most once in each place. Kinds that apply to
 * few services come first, so that they are used.
 */
const DRIFTS = [
  { kind: 'app_protocol unset', place: 'app_protocol', drift: unsetAppProtocol },
  { kind: 'ipv4 changed', place: 'ipv4', drift: changeIPv4 },
  { kind: 'resolver_ips removed', place: 'resolver_ips', drift: removeResolvers },
  { kind: 'resolver_ips changed', place: 'resolver_ips', drift: changeResolvers },
  { kind: 'https_port added', place: 'port', drift: addHttpsPort },
  { kind: 'port changed', place: 'port', drift: changePort },
  { kind: 'hostname changed', place: 'hostname', drift: changeHostname },
  { kind: 'TLS relaxed', place: 'tls_settings', drift: relaxTls },
  { kind: 'renamed', place: 'name', drift: rename },
] as const satisfies readonly { kind: string; place: string; drift: Drift }[];

export type DriftKind = (typeof DRIFTS)[number]['kind'];

/** Which services drifted and how. Each list is sorted by id. */
export type DriftSummary = {
  readonly drifted: readonly {
    readonly service_id: string;
    readonly name: string;
    readonly kinds: readonly DriftKind[];
  }[];
  /** Ids of declared services that are live as they are declared. */
  readonly inSync: readonly string[];
  /** Ids of live services that are not declared. */
  readonly unmanaged: readonly string[];
};

const UNMANAGED_ID = '0190a5b2-7c3d-7e4f-8a1b-2c3d4e5f6071';

/**
 * Returns live services for a demo, derived from declared ones in the shape of API answers: every sixth is in sync, the others drifted in
 * one or two fields, with all kinds used evenly, and one more service is not declared. The same declarations always produce the same
 * drift. A declaration without `service_id` has no live counterpart and is skipped.
 */
export function simulateDrift(declared: readonly JsonObject[]): {
  readonly services: JsonObject[];
  readonly summary: DriftSummary;
} {
  const managed = declared.filter((service) => typeof service.service_id === 'string').sort(byId);
  const names = new Set(managed.map((service) => text(service.name)));
  const uses = new Map<DriftKind, number>();

  const live = managed.map((service, index) => {
    const drift =
      index % 6 === 1 ? { service, kinds: [] } : driftOne(service, { wanted: 2 - (index % 2), uses, names });
    names.add(text(drift.service.name));
    return { ...drift, declared: service };
  });
  const unmanaged = undeclaredServices(managed, names);

  const results = live.map(({ declared, kinds }) => ({
    service_id: text(declared.service_id),
    name: text(declared.name),
    kinds,
  }));
  return {
    services: [...live.map(({ service }) => service), ...unmanaged],
    summary: {
      drifted: results.filter(({ kinds }) => kinds.length > 0),
      inSync: results.filter(({ kinds }) => kinds.length === 0).map(({ service_id }) => service_id),
      unmanaged: unmanaged.map(({ service_id }) => service_id),
    },
  };
}

/**
 * Adds services that are declared absent, so that a demo can delete them. What their declarations do not say is made up. Those whose id or
 * name is live already are left out.
 */
export function withRetired(live: readonly JsonObject[], retired: readonly JsonObject[]): readonly JsonObject[] {
  const used = new Set(live.flatMap(({ service_id, name }) => [text(service_id).toLowerCase(), text(name)]));
  const [tunnel = EXAMPLE_TUNNEL] = live.flatMap(tunnelsOf);
  const added = retired.map((service, index): JsonObject => {
    const name = text(service.name) === '' ? `retired-${index + 1}` : text(service.name);
    return isObject(service.host)
      ? { ...service, name }
      : { ...madeUp(tunnel), service_id: service.service_id ?? null, name };
  });
  return [
    ...live,
    ...added.filter(({ service_id, name }) => !used.has(text(service_id).toLowerCase()) && !used.has(text(name))),
  ];
}

function madeUp(tunnel: string): JsonObject {
  return { type: 'http', http_port: 9090, host: { ipv4: '10.0.9.18', network: { tunnel_id: tunnel } } };
}

type DriftChoice = {
  readonly wanted: number;
  readonly uses: Map<DriftKind, number>;
  readonly names: ReadonlySet<string>;
};

/** Applies the kinds that were used least so far, so that a few services show all of them. */
function driftOne(
  declared: JsonObject,
  { wanted, uses, names }: DriftChoice,
): { service: JsonObject; kinds: DriftKind[] } {
  let service = declared;
  const used: (typeof DRIFTS)[number][] = [];
  const usesOf = ({ kind }: { kind: DriftKind }): number => uses.get(kind) ?? 0;
  for (const candidate of DRIFTS.toSorted((a, b) => usesOf(a) - usesOf(b))) {
    if (used.length === wanted) break;
    if (used.some(({ place }) => place === candidate.place)) continue;
    const changed = candidate.drift(service, names);
    if (changed === undefined) continue;
    service = changed;
    used.push(candidate);
    uses.set(candidate.kind, usesOf(candidate) + 1);
  }
  return { service, kinds: used.map(({ kind }) => kind) };
}

function unsetAppProtocol(service: JsonObject): JsonObject | undefined {
  return service.app_protocol ? { ...service, app_protocol: null } : undefined;
}

function changeIPv4(service: JsonObject): JsonObject | undefined {
  const host = hostOf(service);
  const [, network, last] = /^(.+\.)(\d+)$/.exec(text(host.ipv4)) ?? [];
  if (network === undefined) return undefined;
  return { ...service, host: { ...host, ipv4: `${network}${last === '99' ? 98 : 99}` } };
}

function removeResolvers(service: JsonObject): JsonObject | undefined {
  const { host, network, ips } = resolvers(service);
  if (network === undefined || ips.length === 0) return undefined;
  const rest = Object.entries(network).filter(([key]) => key !== 'resolver_ips');
  return { ...service, host: { ...host, resolver_network: Object.fromEntries(rest) } };
}

/** Adds a resolver to a service that has none. */
function changeResolvers(service: JsonObject): JsonObject | undefined {
  const { host, network, ips } = resolvers(service);
  if (network === undefined) return undefined;
  const changed = ips.length > 1 ? ips.slice(0, -1) : [ips[0] === '10.0.0.2' ? '10.0.0.3' : '10.0.0.2'];
  return { ...service, host: { ...host, resolver_network: { ...network, resolver_ips: changed } } };
}

/** Applies only if http_port is set: a single port enforces its scheme, and no port allows both. */
function addHttpsPort(service: JsonObject): JsonObject | undefined {
  if (service.type !== 'http' || !service.http_port || service.https_port) return undefined;
  return { ...service, https_port: service.http_port === 8080 ? 8443 : 443 };
}

function changePort(service: JsonObject): JsonObject | undefined {
  const key = ['tcp_port', 'https_port', 'http_port'].find((port) => typeof service[port] === 'number');
  if (key === undefined) return undefined;
  const port = Number(service[key]);
  return { ...service, [key]: port === 65_535 ? 65_534 : port + 1 };
}

function changeHostname(service: JsonObject): JsonObject | undefined {
  const host = hostOf(service);
  const [, label, domain] = /^([^.]{1,59})(\..+)?$/.exec(text(host.hostname)) ?? [];
  return label === undefined ? undefined : { ...service, host: { ...host, hostname: `${label}-old${domain ?? ''}` } };
}

/** Drops the certificate authority and client certificate, which need verification. */
function relaxTls(service: JsonObject): JsonObject | undefined {
  const mode = isObject(service.tls_settings) ? service.tls_settings.cert_verification_mode : 'verify_full';
  const plainOnly = service.type === 'http' && service.http_port && !service.https_port;
  if (mode === 'disabled' || plainOnly) return undefined;
  return { ...service, tls_settings: { cert_verification_mode: 'disabled' } };
}

function rename(service: JsonObject, names: ReadonlySet<string>): JsonObject | undefined {
  const name = `${text(service.name)}-old`;
  return names.has(name) ? undefined : { ...service, name };
}

/** Returns the undeclared service, or nothing if it is declared, as it is after an import. */
function undeclaredServices(
  managed: readonly JsonObject[],
  names: ReadonlySet<string>,
): (JsonObject & { service_id: string })[] {
  if (managed.some((service) => text(service.service_id).toLowerCase() === UNMANAGED_ID)) return [];
  let name = 'legacy-metrics';
  while (names.has(name)) name += '-old';
  const [tunnel = EXAMPLE_TUNNEL] = managed.flatMap(tunnelsOf);
  const host = { ipv4: '10.0.9.17', network: { tunnel_id: tunnel } };
  return [{ service_id: UNMANAGED_ID, name, type: 'http', http_port: 9090, host }];
}

function hostOf(service: JsonObject): JsonObject {
  return isObject(service.host) ? service.host : {};
}

function resolvers(service: JsonObject): {
  host: JsonObject;
  network: JsonObject | undefined;
  ips: readonly Json[];
} {
  const host = hostOf(service);
  const network = isObject(host.resolver_network) ? host.resolver_network : undefined;
  const ips = network?.resolver_ips;
  return { host, network, ips: Array.isArray(ips) ? ips : [] };
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function byId(a: JsonObject, b: JsonObject): number {
  return text(a.service_id) < text(b.service_id) ? -1 : 1;
}
