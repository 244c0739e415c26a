import type { Random } from '../time/random.ts';

/** A JSON object of the API. Numbers that JavaScript would change are raw, so that every digit is kept. */
export type JsonValue = { readonly [key: string]: unknown };

/** A service as people want it. Written into files in many notations, and compared with what the program sends. */
export type Wanted = {
  /** Identifies the service here. Files contain it only if `isByName` is false. */
  readonly id: string;
  readonly name: string;
  /** Whether the declaration has no id, so that the name is the key. */
  readonly isByName: boolean;
  readonly renamedFrom: string | null;
  /** Whether the service must not exist. */
  readonly isAbsent: boolean;
  /** Null if nothing is paused. */
  readonly pause: Term | null;
  readonly ignore: readonly Ignored[];
  readonly type: 'http' | 'tcp';
  readonly httpPort: number | null;
  readonly httpsPort: number | null;
  readonly tcpPort: number;
  readonly protocol: 'postgresql' | 'mysql' | null;
  readonly host: Host;
  readonly tunnel: string;
  readonly tls: { readonly mode: string; readonly ca: string | null; readonly client: string | null } | null;
  /** The names of values that the declaration refers to. The fields above are then those of the values, as far as they exist. */
  readonly references: References;
};

/** How long something holds, in milliseconds of Unix time; null for no end. */
export type Term = { readonly until: number | null };
export type Ignored = Term & { readonly path: string };
export type References = {
  readonly tunnel: string | null;
  readonly port: string | null;
  readonly domain: string | null;
};

export const noReferences: References = { tunnel: null, port: null, domain: null };

/** The paths that declarations ignore here. */
export const IGNORED_PATHS = [
  'tls_settings',
  'http_port',
  'https_port',
  'tcp_port',
  'app_protocol',
  'host.network.tunnel_id',
] as const;

/** Whether a service is paused at a time of the wall clock. */
export function isPausedAt({ pause }: Wanted, wall: number): boolean {
  return pause !== null && holdsAt(pause, wall);
}

function holdsAt({ until }: Term, wall: number): boolean {
  return until === null || wall < until;
}

/** Returns the fields that a live service must have: those that are declared, and its own at the ignored paths. */
export function expectedFacts(wanted: Wanted, live: Facts | null, wall: number): ReadonlyMap<string, string> {
  const { known } = factsOf(toValue(wanted));
  const paths = wanted.ignore.filter((each) => holdsAt(each, wall)).map(({ path }) => path);
  if (paths.length === 0 || live === null) return known;
  const isIgnored = ([path]: readonly [string, string]) =>
    paths.some((each) => path === each || path.startsWith(`${each}.`));
  return new Map([...[...known].filter((entry) => !isIgnored(entry)), ...[...live.known].filter(isIgnored)]);
}

export type Host =
  | { readonly kind: 'ipv4'; readonly ipv4: string }
  | { readonly kind: 'ipv6'; readonly ipv6: string }
  | { readonly kind: 'dual'; readonly ipv4: string; readonly ipv6: string }
  | { readonly kind: 'hostname'; readonly hostname: string; readonly resolvers: readonly string[] | null };

/** The tunnels of the account. */
export const TUNNELS = [
  '0191dce4-9ab4-7fce-b660-8e5dec5172da',
  '0191dce4-9ab4-7fce-b660-8e5dec5172db',
  '0191dce4-9ab4-7fce-b660-8e5dec5172dc',
] as const;

export function idOf(index: number): string {
  return `0199a0c4-2b10-7c3e-8a51-${(0xa00000 + index).toString(16).padStart(12, '0')}`;
}

/** Returns a random service. */
export function newService(id: string, name: string, random: Random): Wanted {
  return {
    id,
    name,
    isByName: false,
    renamedFrom: null,
    isAbsent: false,
    pause: null,
    ignore: [],
    type: random.pick(['http', 'tcp']),
    httpPort: random.pick([null, null, 80, 8080]),
    httpsPort: random.pick([null, 443, 8443]),
    tcpPort: random.int(1, 65_535),
    protocol: random.pick([null, 'postgresql', 'mysql']),
    host: newHost(random),
    tunnel: random.pick(TUNNELS),
    tls: newTls(random),
    references: noReferences,
  };
}

function newHost(random: Random): Host {
  const ipv4 = `10.${random.int(0, 255)}.${random.int(0, 255)}.${random.int(1, 254)}`;
  const ipv6 = `fd00::${random.int(1, 0xffff).toString(16)}:${random.int(1, 0xffff).toString(16)}`;
  switch (random.int(0, 3)) {
    case 0:
      return { kind: 'ipv4', ipv4 };
    case 1:
      return { kind: 'ipv6', ipv6 };
    case 2:
      return { kind: 'dual', ipv4, ipv6 };
    default: {
      const hostname = `h${random.int(1, 99)}.corp.internal`;
      return { kind: 'hostname', hostname, resolvers: random.pick([null, ['10.0.0.53'], [ipv6, '10.0.0.54']]) };
    }
  }
}

function newTls(random: Random): Wanted['tls'] {
  const ca = '0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33';
  const client = '6f2c1a90-4c1e-4d0f-8c55-3d1b7f0a2e11';
  return random.pick([
    null,
    null,
    { mode: 'verify_full', ca: null, client: null },
    { mode: 'verify_ca', ca, client: null },
    { mode: 'verify_full', ca, client },
    { mode: 'disabled', ca: null, client: null },
  ]);
}

/** Returns the same service with one aspect changed. */
export function changed(service: Wanted, random: Random): Wanted {
  const other = newService(service.id, service.name, random);
  const { references } = service;
  if (random.chance(0.05)) return { ...service, pause: service.pause === null ? { until: null } : null };
  switch (random.int(0, 7)) {
    case 0:
      return { ...service, host: other.host, references: { ...references, domain: null } };
    case 1:
      return { ...service, tunnel: random.pick(TUNNELS), references: { ...references, tunnel: null } };
    case 2:
      return { ...service, tls: other.tls };
    case 3:
      return { ...service, type: service.type === 'http' ? 'tcp' : 'http' };
    case 4:
      return { ...service, protocol: other.protocol };
    case 5:
      return { ...service, httpPort: other.httpPort, httpsPort: other.httpsPort };
    default:
      return {
        ...service,
        tcpPort: other.tcpPort,
        httpPort: random.int(1, 65_535),
        references: { ...references, port: null },
      };
  }
}

/** Returns the service as the API writes it, without fields that are unset. */
export function toValue(service: Wanted): JsonValue {
  const cached = valueByService.get(service);
  if (cached !== undefined) return cached;
  const value = valueOf(service);
  valueByService.set(service, value);
  return value;
}

const valueByService = new WeakMap<Wanted, JsonValue>();

function valueOf(service: Wanted): JsonValue {
  const { type, name, httpPort, httpsPort, tcpPort, protocol, tls } = service;
  return withoutNulls({
    name,
    type,
    host: hostValue(service),
    ...(type === 'http'
      ? { http_port: httpPort, https_port: httpsPort }
      : { tcp_port: tcpPort, app_protocol: protocol }),
    tls_settings:
      tls === null
        ? null
        : withoutNulls({
            cert_verification_mode: tls.mode,
            certificate_authority: tls.ca,
            client_certificate: tls.client,
          }),
  });
}

function hostValue({ host, tunnel }: Wanted): JsonValue {
  if (host.kind === 'hostname') {
    const network = withoutNulls({ tunnel_id: tunnel, resolver_ips: host.resolvers });
    return { hostname: host.hostname, resolver_network: network };
  }
  const { kind: _kind, ...addresses } = host;
  return { ...addresses, network: { tunnel_id: tunnel } };
}

export function withoutNulls(value: JsonValue): JsonValue {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null));
}

/** The fields of a service in one notation: those that the program knows, and all others, each as a JSON text. */
export type Facts = { readonly known: ReadonlyMap<string, string>; readonly unknown: ReadonlyMap<string, string> };

const KNOWN: ReadonlyMap<string, (value: unknown) => unknown> = new Map<string, (value: unknown) => unknown>([
  ['name', same],
  ['type', same],
  ['http_port', same],
  ['https_port', same],
  ['tcp_port', same],
  ['app_protocol', same],
  ['host.ipv4', same],
  ['host.ipv6', address],
  ['host.hostname', lower],
  ['host.network.tunnel_id', lower],
  ['host.resolver_network.tunnel_id', lower],
  ['host.resolver_network.resolver_ips', (value) => (Array.isArray(value) ? value.map(address) : value)],
  ['tls_settings.cert_verification_mode', same],
  ['tls_settings.certificate_authority', lower],
  ['tls_settings.client_certificate', lower],
]);
const MAPPINGS = new Set(['host', 'host.network', 'host.resolver_network', 'tls_settings']);
const READ_ONLY = new Set(['service_id', 'created_at', 'updated_at']);

/** Reads the fields of a service, independently of the program. */
export function factsOf(value: JsonValue): Facts {
  const cached = factsByValue.get(value);
  if (cached !== undefined) return cached;
  const facts = readFacts(value);
  factsByValue.set(value, facts);
  return facts;
}

/** Values are never changed, and most are read many times. */
const factsByValue = new WeakMap<JsonValue, Facts>();

function readFacts(value: JsonValue): Facts {
  const known = new Map<string, string>();
  const unknown = new Map<string, string>();
  const visit = (object: JsonValue, prefix: string) => {
    for (const [key, each] of Object.entries(object)) {
      const path = prefix + key;
      const canonical = KNOWN.get(path);
      if (each === null || READ_ONLY.has(path)) continue;
      if (MAPPINGS.has(path) && isMapping(each)) visit(each, `${path}.`);
      else if (canonical === undefined) unknown.set(path, toText(each));
      else known.set(path, toText(canonical(each)));
    }
  };
  visit(value, '');
  const tls = [...known.keys()].filter((path) => path.startsWith('tls_settings.'));
  if (tls.length === 1 && known.get('tls_settings.cert_verification_mode') === '"verify_full"') {
    known.delete('tls_settings.cert_verification_mode');
  }
  return { known, unknown };
}

/** Whether two maps are equal. */
export function sameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

/** Returns the paths at which two maps differ. */
export function differences(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) => a.get(key) !== b.get(key)).sort();
}

/** Returns the fields of `live` that the program may not remove when it writes `wanted`; see services/README.md. */
export function keptFields(live: Facts, wanted: Facts): ReadonlyMap<string, string> {
  const sameType = live.known.get('type') === wanted.known.get('type');
  const isNamed = ({ known }: Facts) => known.has('host.hostname');
  const sameHost = isNamed(live) === isNamed(wanted);
  const isKept = (path: string) => {
    // A key can contain a dot.
    if (!/^(?:host|tls_settings)\./.test(path)) return sameType;
    return !/^host\.[^.]+$/.test(path) || sameHost;
  };
  return new Map([...live.unknown].filter(([path]) => isKept(path)));
}

export function isMapping(value: unknown): value is JsonValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('rawJSON' in value);
}

/** Returns a JSON text in which keys are sorted. */
export function toText(value: unknown): string {
  if (!Array.isArray(value) && !isMapping(value)) return JSON.stringify(value);
  const cached = textByValue.get(value);
  if (cached !== undefined) return cached;
  const text = Array.isArray(value) ? `[${value.map(toText).join(',')}]` : textOfMapping(value);
  textByValue.set(value, text);
  return text;
}

function textOfMapping(value: JsonValue): string {
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  const entries = keys.sort().map((key) => `${JSON.stringify(key)}:${toText(value[key])}`);
  return `{${entries.join(',')}}`;
}

/** Most services, and whole lists, are sent thousands of times before they change. */
const textByValue = new WeakMap<object, string>();

type Source = { readonly source?: string };
type ParseWithSource = (text: string, revive: (key: string, value: unknown, source: Source) => unknown) => unknown;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node has had this since version 21; TypeScript does not declare it.
const { parse, rawJSON } = JSON as unknown as { parse: ParseWithSource; rawJSON: (text: string) => unknown };

/** Parses JSON and keeps every digit. */
export function fromText(text: string): unknown {
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value,
  );
}

/** Returns a number with exactly these digits. */
export function digits(text: string): unknown {
  return rawJSON(text);
}

function same(value: unknown): unknown {
  return value;
}

function lower(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function address(value: unknown): unknown {
  return typeof value === 'string' && value.includes(':') ? new URL(`http://[${value}]`).hostname : value;
}
