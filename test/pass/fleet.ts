import type { Json, JsonObject } from '../../src/core/base/json.ts';

/** A declared service and its live counterpart. */
export type Pair = { readonly declared: Declared; readonly live: JsonObject };
type Declared = JsonObject & { readonly service_id: string };

const TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';
const OTHER_TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172db';
const CA = '0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33';
const CERTIFICATE = '6f2c1a90-4c1e-4d0f-8c55-3d1b7f0a2e11';

const network = { tunnel_id: TUNNEL };

/** Services of every shape: both types, all kinds of host, with and without ports, resolvers, every TLS mode. */
const SHAPES: readonly JsonObject[] = [
  { type: 'http', host: { ipv4: '10.0.0.1', network } },
  { type: 'http', http_port: 8080, host: { ipv6: 'fd00::1', network } },
  { type: 'http', https_port: 8443, host: { ipv4: '10.0.0.2', ipv6: 'fd00::2', network } },
  { type: 'http', http_port: 80, https_port: 443, host: { hostname: 'site.internal', resolver_network: network } },
  {
    type: 'tcp',
    tcp_port: 5432,
    app_protocol: 'postgresql',
    host: { hostname: 'Pg.Internal', resolver_network: { ...network, resolver_ips: ['10.0.0.53', 'fd00::53'] } },
  },
  { type: 'tcp', tcp_port: 3306, app_protocol: 'mysql', host: { ipv4: '10.0.0.3', network } },
  {
    type: 'tcp',
    tcp_port: 6379,
    host: { ipv6: 'FD00:0:0::3', network },
    tls_settings: { cert_verification_mode: 'disabled' },
  },
  {
    type: 'tcp',
    tcp_port: 9092,
    host: { ipv4: '10.0.0.4', ipv6: 'fd00::4', network },
    tls_settings: { cert_verification_mode: 'verify_full' },
  },
  {
    type: 'http',
    host: { hostname: 'ca.internal', resolver_network: { ...network, resolver_ips: ['10.0.0.53'] } },
    tls_settings: { cert_verification_mode: 'verify_ca', certificate_authority: CA },
  },
  {
    type: 'http',
    https_port: 443,
    host: { ipv4: '10.0.0.5', network },
    tls_settings: { cert_verification_mode: 'verify_full', client_certificate: CERTIFICATE },
  },
  { type: 'http', http_port: 80, host: { hostname: 'localhost', resolver_network: { ...network, resolver_ips: [] } } },
  {
    type: 'tcp',
    tcp_port: 1,
    app_protocol: null,
    host: { hostname: 'under_score.internal', resolver_network: { ...network, resolver_ips: null } },
  },
];

type Edit = (service: JsonObject) => JsonObject;
const fields =
  (edit: JsonObject): Edit =>
  (service) => ({ ...service, ...edit });
const host =
  (edit: JsonObject): Edit =>
  (service) => ({ ...service, host: edit });
const renamed: Edit = ({ name, ...rest }) => ({ ...rest, name: typeof name === 'string' ? `${name}-by-hand` : null });
const same: Edit = (service) => service;
const without =
  (key: string): Edit =>
  (service) =>
    Object.fromEntries(Object.entries(service).filter(([name]) => name !== key));

/** Ways in which a live service can differ, each with the index of its shape in `SHAPES`. */
const DRIFTS: readonly (readonly [shape: number, live: Edit])[] = [
  [0, fields({ http_port: 80 })],
  [0, fields({ http_port: 80, https_port: 443 })],
  [0, renamed],
  [0, host({ ipv4: '10.9.9.9', network })],
  [0, host({ ipv4: '10.0.0.1', network: { tunnel_id: OTHER_TUNNEL } })],
  [0, host({ ipv4: '10.0.0.1', ipv6: 'fd00::1', network })],
  [1, without('http_port')],
  [1, fields({ http_port: 8081 })],
  [1, host({ ipv6: 'fd00::9', network })],
  [2, host({ ipv4: '10.0.0.2', network })],
  [2, fields({ http_port: 80 })],
  [3, without('http_port')],
  [3, without('https_port')],
  [3, host({ hostname: 'elsewhere.internal', resolver_network: network })],
  [3, host({ hostname: 'site.internal', resolver_network: { ...network, resolver_ips: ['10.0.0.53'] } })],
  [4, host({ hostname: 'pg.internal', resolver_network: network })],
  [4, host({ hostname: 'pg.internal', resolver_network: { ...network, resolver_ips: ['fd00::53', '10.0.0.53'] } })],
  [4, host({ ipv4: '10.0.0.8', network })],
  [4, fields({ app_protocol: null })],
  [5, fields({ app_protocol: 'postgresql', tcp_port: 5432 })],
  [6, without('tls_settings')],
  [7, fields({ tls_settings: { cert_verification_mode: 'disabled' } })],
  [8, fields({ tls_settings: { cert_verification_mode: 'verify_ca' } })],
  [9, fields({ tls_settings: { cert_verification_mode: 'verify_full' } })],
  [11, fields({ type: 'http' })],
];

/** Returns services of all shapes, first the drifted ones, which differ in every kind of field. By default 25 of 60 have drifted. */
export function fleet({ drifted = DRIFTS.length, inSync = 35 } = {}): readonly Pair[] {
  return Array.from({ length: drifted + inSync }, (_, index) => {
    const [shape, edit] = DRIFTS[index % DRIFTS.length] ?? [0, same];
    return index < drifted ? pair(index, shape, edit) : pair(index, (index - drifted) % SHAPES.length, same);
  });
}

function pair(index: number, shape: number, edit: Edit): Pair {
  const service_id = `0199a0c4-2b10-7c3e-8a51-${String(index).padStart(12, '0')}`;
  const declared = { service_id, name: `service-${index}`, ...SHAPES[shape] };
  const live = withoutFieldsOfOtherType(edit(declared));
  return { declared, live };
}

/** Removes the fields that services of the other type have. */
function withoutFieldsOfOtherType(service: JsonObject): JsonObject {
  const otherFields = service['type'] === 'http' ? ['tcp_port', 'app_protocol'] : ['http_port', 'https_port'];
  return Object.fromEntries(Object.entries(service).filter(([key]) => !otherFields.includes(key)));
}

/** The tunnels that the fleet and its drift use. */
export const fleetTunnels: readonly string[] = [TUNNEL, OTHER_TUNNEL];

/** Returns a YAML file with these declarations, written as JSON. */
export function documents(services: readonly Json[]): string {
  return services.map((service) => `---\n${JSON.stringify(service, null, 2)}\n`).join('');
}
