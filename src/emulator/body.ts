import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import type { Json } from '../core/base/json.ts';

/** A problem in a request body, with the JSON pointer (RFC 6901) to its place; '' is the body itself. */
export type BodyProblem = { readonly message: string; readonly pointer: string };

const port = z.int().min(1).max(65_535).nullish();
const uuid = z.guid('expected a UUID');
const isPlainIPv6 = (text: string): boolean => isIPv6(text) && !text.includes('%');
const ipv4 = z.string().refine((text) => isIPv4(text), 'expected an IPv4 address');
const ipv6 = z.string().refine(isPlainIPv6, 'expected an IPv6 address');
const ip = z.string().refine((text) => isIPv4(text) || isPlainIPv6(text), 'expected an IP address');
const isPresent = (value: unknown): boolean => value !== undefined && value !== null;
const hostname = z
  .string()
  .max(253)
  .regex(/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$/i, 'expected a host name');

const network = z.looseObject({ tunnel_id: uuid });
const resolverNetwork = z.looseObject({ tunnel_id: uuid, resolver_ips: z.array(ip).nullish() });

/**
 * Four shapes: `{ipv4, network}` · `{ipv6, network}` · `{ipv4, ipv6, network}` · `{hostname, resolver_network}`.
 * Null counts as absent, because answers carry all five keys.
 */
const host = z
  .looseObject({
    ipv4: ipv4.nullish(),
    ipv6: ipv6.nullish(),
    network: network.nullish(),
    hostname: hostname.nullish(),
    resolver_network: resolverNetwork.nullish(),
  })
  .superRefine((value, context) => {
    const refuse = (message: string, ...path: string[]): void => context.addIssue({ code: 'custom', message, path });
    const hasAddress = isPresent(value.ipv4) || isPresent(value.ipv6);
    const hasHostname = isPresent(value.hostname);
    if (hasAddress && hasHostname) return refuse('expected either an address or a hostname, not both');
    if (!hasAddress && !hasHostname) return refuse('expected ipv4, ipv6 or hostname');
    if (hasAddress) {
      if (!value.network) refuse('expected network with an address', 'network');
      if (value.resolver_network) refuse('resolver_network needs a hostname', 'resolver_network');
    } else {
      if (!value.resolver_network) refuse('expected resolver_network with a hostname', 'resolver_network');
      if (value.network) refuse('network needs an address', 'network');
    }
  });

/** wrangler can set the two certificates, although the reference lacks them. It refuses an authority without verification. */
const tlsSettings = z
  .looseObject({
    cert_verification_mode: z.enum(['verify_full', 'verify_ca', 'disabled']),
    certificate_authority: uuid.nullish(),
    client_certificate: uuid.nullish(),
  })
  .refine((tls) => tls.cert_verification_mode !== 'disabled' || !tls.certificate_authority, {
    message: 'not with cert_verification_mode "disabled"',
    path: ['certificate_authority'],
  });

const common = { name: z.string().min(1, 'expected a name'), host, tls_settings: tlsSettings.nullish() };
const onlyHttp = z.null('only on a service of type http').optional();
const onlyTcp = z.null('only on a service of type tcp').optional();

/** Unknown keys are accepted at every level, as a newer API would accept them. `tcp_port` is optional in the reference. */
const body = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('http'),
    ...common,
    http_port: port,
    https_port: port,
    tcp_port: onlyTcp,
    app_protocol: onlyTcp,
  }),
  z.looseObject({
    type: z.literal('tcp'),
    ...common,
    tcp_port: port,
    app_protocol: z.enum(['postgresql', 'mysql']).nullish(),
    http_port: onlyHttp,
    https_port: onlyHttp,
  }),
]);

/** Returns every problem in the body of a create or an update, in the order of the fields; empty if the body is valid. */
export function findBodyProblems(value: Json): readonly BodyProblem[] {
  const parsed = body.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => {
    const pointer = path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    return { message: `${path.length === 0 ? 'body' : path.join('.')}: ${message}`, pointer };
  });
}
