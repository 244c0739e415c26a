import type { Json } from '../base/json.ts';
import { checkHostShape, checkTls } from './host-rules.ts';
import { ensure, ignore, pause } from './instruction-kinds.ts';
import { addresses, anything, certificate, choice, hostname, ipv4, ipv6, mapping, port, text, uuid } from './kinds.ts';
import type { Kind } from './kinds.ts';

/*
 * The fields of a VPC service, each written once. Everything that concerns fields is derived from this table:
 *
 *   validation of declarations    schema.ts, with its types in declared-service.ts
 *   JSON Schema for editors       declaration-schema.ts
 *   comparison and PUT body       normalize.ts
 *   advice for wrong values       ../load/fixes.ts
 *
 * To add a field: add it here, describe it in services/README.md, and run `npm run schema`.
 *
 * Facts: https://developers.cloudflare.com/api/resources/connectivity/subresources/directory/subresources/services/
 * and https://developers.cloudflare.com/workers-vpc/configuration/vpc-services/
 */

const serviceType = choice(
  { value: 'http', description: 'HTTP and HTTPS, with http_port and https_port.' },
  { value: 'tcp', description: 'Any TCP protocol, with tcp_port and app_protocol.' },
);

export const SERVICE_TYPES = serviceType.choices;
export type ServiceType = (typeof SERVICE_TYPES)[number];

export type Field = {
  /** The kind of its value. */
  readonly value: Kind;
  /** The only type of service that has the field; absent if every type has it. Only for fields at the top level. */
  readonly only?: ServiceType;
  /** Whether a declaration must set it. In an optional mapping: whether it must be set if the mapping is. */
  readonly required?: true;
  /** Whether the API sets it. A declaration may contain it, but it is never compared and never sent. */
  readonly readOnly?: true;
  /** Whether it is an instruction for this program: it is never compared and never sent. */
  readonly local?: true;
  /** The value that has the same effect as omitting the field; absent if there is none. */
  readonly unset?: Json;
  /** The texts that editors show. Write complete sentences in the description. */
  readonly title: string;
  readonly description: string;
  readonly examples: readonly [Json, ...Json[]];
};

const TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';

/** By dotted path, in the order in which fields are checked, shown and sent. A mapping comes before its fields. */
export const FIELDS = {
  service_id: {
    value: uuid,
    readOnly: true,
    title: 'Service id',
    description:
      'The id that Cloudflare assigned when the service was created. Identifies the live service. If omitted, the name identifies it.',
    examples: ['0191e3a4-5b6c-7d8e-9f00-112233445566'],
  },
  name: {
    value: text('a name'),
    required: true,
    title: 'Name',
    description:
      'The name of the service, unique in the account. With a service_id, the live service is renamed if you change it. Without one, the name identifies the service.',
    examples: ['orders-db'],
  },
  type: {
    value: serviceType,
    required: true,
    title: 'Type',
    description: 'The protocol family. Decides which port fields the service has.',
    examples: ['http'],
  },

  // No default ports: a single port enforces its scheme, and only a service without ports allows both.
  http_port: {
    value: port,
    only: 'http',
    title: 'HTTP port',
    description:
      'The port of plain HTTP. Without https_port, only plain HTTP is allowed. If omitted, only HTTPS is allowed; if both ports are omitted, both schemes are allowed, on 80 and 443.',
    examples: [8080],
  },
  https_port: {
    value: port,
    only: 'http',
    title: 'HTTPS port',
    description:
      'The port of HTTPS. Without http_port, only HTTPS is allowed. If omitted, only plain HTTP is allowed; if both ports are omitted, both schemes are allowed, on 80 and 443.',
    examples: [8443],
  },
  tcp_port: {
    value: port,
    only: 'tcp',
    // The reference calls it optional; the product documentation and wrangler require it.
    required: true,
    title: 'TCP port',
    description: 'The port to connect to. Required for type tcp.',
    examples: [5432],
  },
  app_protocol: {
    value: choice({ value: 'postgresql', description: 'PostgreSQL.' }, { value: 'mysql', description: 'MySQL.' }),
    only: 'tcp',
    title: 'Application protocol',
    description: 'The protocol of the application, for Hyperdrive. If omitted, any TCP protocol.',
    examples: ['postgresql'],
  },

  host: {
    value: mapping('a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network', checkHostShape),
    required: true,
    title: 'Host',
    description: 'Where the service is: ipv4, ipv6 or both, with network; or hostname, with resolver_network.',
    examples: [
      { ipv4: '10.0.0.12', network: { tunnel_id: TUNNEL } },
      { hostname: 'orders.internal', resolver_network: { tunnel_id: TUNNEL } },
    ],
  },
  'host.ipv4': {
    value: ipv4,
    title: 'IPv4 address',
    description: 'The IPv4 address, reached through network. Can be combined with ipv6, but not with hostname.',
    examples: ['10.0.0.12'],
  },
  'host.ipv6': {
    value: ipv6,
    title: 'IPv6 address',
    description: 'The IPv6 address, reached through network. Can be combined with ipv4, but not with hostname.',
    examples: ['fd00::12'],
  },
  'host.network': {
    value: mapping('a mapping with tunnel_id'),
    title: 'Network',
    description: 'The network of ipv4 and ipv6. Required with either of them.',
    examples: [{ tunnel_id: TUNNEL }],
  },
  'host.network.tunnel_id': {
    value: uuid,
    required: true,
    title: 'Tunnel id',
    description: 'The Cloudflare Tunnel through which the address is reached.',
    examples: [TUNNEL],
  },
  'host.hostname': {
    value: hostname,
    title: 'Host name',
    description:
      'The host name, resolved through the tunnel of resolver_network. Without scheme, port or path. Cannot be combined with ipv4 or ipv6.',
    examples: ['orders.internal'],
  },
  'host.resolver_network': {
    value: mapping('a mapping with tunnel_id and, optionally, resolver_ips'),
    title: 'Resolver network',
    description: 'The network of hostname. Required with it.',
    examples: [{ tunnel_id: TUNNEL, resolver_ips: ['10.0.0.53'] }],
  },
  'host.resolver_network.tunnel_id': {
    value: uuid,
    required: true,
    title: 'Tunnel id',
    description: 'The Cloudflare Tunnel through which the host name is resolved and reached.',
    examples: [TUNNEL],
  },
  'host.resolver_network.resolver_ips': {
    value: addresses,
    title: 'Resolvers',
    description: "The DNS resolvers to query, in this order. If omitted, the tunnel's own resolver is used.",
    examples: [['10.0.0.53']],
  },

  tls_settings: {
    value: mapping('a mapping with cert_verification_mode', checkTls),
    title: 'TLS settings',
    description: 'How the certificate of the service is verified. If omitted, verify_full.',
    examples: [{ cert_verification_mode: 'verify_ca' }],
  },
  'tls_settings.cert_verification_mode': {
    value: choice(
      {
        value: 'verify_full',
        description: 'Verify the chain and the host name. Has the same effect as omitting tls_settings.',
      },
      { value: 'verify_ca', description: 'Verify the chain, but not the host name.' },
      { value: 'disabled', description: 'Verify nothing.' },
    ),
    required: true,
    // From the reference. Whether the API stores the difference is not documented.
    unset: 'verify_full',
    title: 'Certificate verification',
    description: 'How much of the certificate of the service is verified.',
    examples: ['verify_full'],
  },
  'tls_settings.certificate_authority': {
    value: certificate,
    title: 'Certificate authority',
    description:
      'The id of an uploaded CA to trust. If omitted, no uploaded CA is used. Cannot be combined with cert_verification_mode disabled.',
    examples: ['0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33'],
  },
  'tls_settings.client_certificate': {
    value: certificate,
    title: 'Client certificate',
    description: 'The id of an uploaded mTLS certificate to present to the service. If omitted, none is presented.',
    examples: ['6f2c1a90-4c1e-4d0f-8c55-3d1b7f0a2e11'],
  },

  reconcile: {
    value: mapping('a mapping with ensure, renamed_from, pause or ignore'),
    local: true,
    title: 'Instructions',
    description: 'Instructions for vpc-reconciler. They are never sent to the API.',
    examples: [{ pause: true }],
  },
  'reconcile.ensure': {
    value: ensure,
    local: true,
    title: 'Ensure',
    description:
      'Whether the service should exist. With absent, all other fields except the service_id or the name are optional.',
    examples: ['absent'],
  },
  'reconcile.renamed_from': {
    value: text('a name'),
    local: true,
    title: 'Renamed from',
    description:
      'The previous name of a service without a service_id: the live service of that name is renamed instead of creating another one.',
    examples: ['orders-db-old'],
  },
  'reconcile.pause': {
    value: pause,
    local: true,
    title: 'Pause',
    description:
      'Report differences of this service and write nothing: true, or a mapping with until (a date or a time) and reason.',
    examples: [true, { until: '2026-12-24T06:00:00Z', reason: 'vendor migration' }],
  },
  'reconcile.ignore': {
    value: ignore,
    local: true,
    title: 'Ignore',
    description:
      'Fields whose differences are listed but not corrected: paths, or mappings with path, until (a date or a time) and reason.',
    examples: [['tls_settings', { path: 'http_port', until: '2027-01-31', reason: 'canary test' }]],
  },

  // Accepted so that a service can be pasted from a response of the API.
  created_at: {
    value: anything,
    readOnly: true,
    title: 'Created at',
    description: 'Read-only and ignored, so that you can paste a response of the API. Omit it.',
    examples: ['2026-09-14T08:21:44Z'],
  },
  updated_at: {
    value: anything,
    readOnly: true,
    title: 'Updated at',
    description: 'Read-only and ignored, so that you can paste a response of the API. Omit it.',
    examples: ['2026-09-14T08:21:44Z'],
  },
} as const satisfies Readonly<Record<string, Field>>;

/** The keys of the fields directly in a mapping; `Prefix` is its path with a dot after it, or empty for the service. */
export type KeyIn<Prefix extends string, Path = keyof typeof FIELDS> = Path extends `${Prefix}${infer Key}`
  ? Key extends `${string}.${string}`
    ? never
    : Key
  : never;

/** The same table, for loops and for paths that may not be in it. */
export const fieldByPath: ReadonlyMap<string, Field> = new Map(Object.entries<Field>(FIELDS));

/** The paths of all mappings; those of outer ones first. */
export const MAPPING_PATHS: readonly string[] = [...fieldByPath]
  .filter(([, { value }]) => value.kind === 'mapping')
  .map(([path]) => path);

/** Returns the fields directly in a mapping by their key, in the order of the table; those of the service without an argument. */
export function fieldsIn(mapping?: string): readonly (readonly [key: string, field: Field])[] {
  const prefix = mapping === undefined ? '' : `${mapping}.`;
  return [...fieldByPath]
    .filter(([path]) => path.startsWith(prefix) && !path.includes('.', prefix.length))
    .map(([path, field]) => [path.slice(prefix.length), field] as const);
}

/** Returns the paths of all fields that a declaration of this type can have; for an unknown type, those of both types. */
export function declarationPaths(type: unknown): readonly string[] {
  return pathsByType.get(type) ?? [...fieldByPath.keys()];
}

const pathsByType: ReadonlyMap<unknown, readonly string[]> = new Map(
  SERVICE_TYPES.map((type) => [
    type,
    [...fieldByPath].filter(([, { only = type }]) => only === type).map(([path]) => path),
  ]),
);
