import { isObject } from '../core/base/json.ts';
import type { Json, JsonObject } from '../core/base/json.ts';
import { exampleTunnel, tunnelsOf } from './account.ts';

/** The drifted service, or undefined where this kind does not apply to it. */
type Drift = (service: JsonObject, names: ReadonlySet<string>) => JsonObject | undefined;

/**
 * What somebody may do outside git, and where it shows: a service drifts in one place once. The narrow kinds come first,
 * so that they get the few services they apply to.
 */
const drifts = [
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

export type DriftKind = (typeof drifts)[number]['kind'];

/** Who drifted and how, each list in the order of the ids. */
export type DriftSummary = {
  readonly drifted: readonly {
    readonly service_id: string;
    readonly name: string;
    readonly kinds: readonly DriftKind[];
  }[];
  /** Ids of declared services that are live as declared. */
  readonly inSync: readonly string[];
  /** Ids of live services that nobody declares. */
  readonly unmanaged: readonly string[];
};

const unmanagedId = '0190a5b2-7c3d-7e4f-8a1b-2c3d4e5f6071';

/**
 * Live services for a demo, from declared ones shaped like an answer of the API: all but every sixth have drifted in one
 * field or two, the kinds used evenly, and one service is there that nobody declares. The same declarations give the same
 * drift, in the order of the ids. A declaration without `service_id` has no live counterpart and is skipped.
 */
export function drifted(declared: readonly JsonObject[]): {
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
  const unmanaged = legacy(managed, names);

  const verdicts = live.map(({ declared, kinds }) => ({
    service_id: text(declared.service_id),
    name: text(declared.name),
    kinds,
  }));
  return {
    services: [...live.map(({ service }) => service), ...unmanaged],
    summary: {
      drifted: verdicts.filter(({ kinds }) => kinds.length > 0),
      inSync: verdicts.filter(({ kinds }) => kinds.length === 0).map(({ service_id }) => service_id),
      unmanaged: unmanaged.map(({ service_id }) => service_id),
    },
  };
}

type Choice = { readonly wanted: number; readonly uses: Map<DriftKind, number>; readonly names: ReadonlySet<string> };

/** Takes the kinds used least so far, so that a handful of services shows them all. */
function driftOne(declared: JsonObject, { wanted, uses, names }: Choice): { service: JsonObject; kinds: DriftKind[] } {
  let service = declared;
  const used: (typeof drifts)[number][] = [];
  const usesOf = ({ kind }: { kind: DriftKind }): number => uses.get(kind) ?? 0;
  for (const candidate of drifts.toSorted((a, b) => usesOf(a) - usesOf(b))) {
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

/** A service without resolvers of its own gets one. */
function changeResolvers(service: JsonObject): JsonObject | undefined {
  const { host, network, ips } = resolvers(service);
  if (network === undefined) return undefined;
  const changed = ips.length > 1 ? ips.slice(0, -1) : [ips[0] === '10.0.0.2' ? '10.0.0.3' : '10.0.0.2'];
  return { ...service, host: { ...host, resolver_network: { ...network, resolver_ips: changed } } };
}

/** One port alone enforces its scheme; none allows both, so a second one matters only beside a first. */
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

/** What needs a certificate authority or a client certificate is left out: it goes with verification. */
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

/** Absent when declared, as it is once the drifted services have been imported. */
function legacy(managed: readonly JsonObject[], names: ReadonlySet<string>): (JsonObject & { service_id: string })[] {
  if (managed.some((service) => text(service.service_id).toLowerCase() === unmanagedId)) return [];
  let name = 'legacy-metrics';
  while (names.has(name)) name += '-old';
  const [tunnel = exampleTunnel] = managed.flatMap(tunnelsOf);
  const host = { ipv4: '10.0.9.17', network: { tunnel_id: tunnel } };
  return [{ service_id: unmanagedId, name, type: 'http', http_port: 9090, host }];
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
