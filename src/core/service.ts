import * as z from 'zod';
import { isObject } from './json.ts';
import type { JsonObject } from './json.ts';

/*
 * The schema of a declaration. Each message says what was expected; `declaration.ts` adds what was found and where.
 * Facts: https://developers.cloudflare.com/api/resources/connectivity/subresources/directory/subresources/services/
 *
 * An answer of the API pasted as a declaration is valid, so null means omitted everywhere and the read-only times are ignored.
 */

const UUID = 'a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566';
const PORT = 'a port, a whole number from 1 to 65535';
const IPV4 = 'an IPv4 address such as 10.0.0.12';
const IPV6 = 'an IPv6 address such as fd00::12';

/** Any 8-4-4-4-12 hexadecimal id: the server chooses its version, so ours is not the place to be strict about it. */
const uuid = z.guid(UUID);
const port = z.int({ error: PORT, abort: true }).min(1, PORT).max(65_535, PORT);
const ipv4 = z.ipv4(IPV4);
const ipv6 = z.ipv6(IPV6);

const hostname = z.string('a host name such as orders.internal').superRefine((value, context) => {
  const expected = hostnameFault(value);
  if (expected !== null) context.addIssue({ code: 'custom', message: expected });
});

const resolverIps = z.array(
  z.union([ipv4, ipv6], 'an IPv4 or IPv6 address such as 10.0.0.53'),
  'a list of addresses such as [10.0.0.53]',
);

const network = z.strictObject(
  { tunnel_id: uuid.describe('The Cloudflare Tunnel through which the address is reached.') },
  'a mapping with tunnel_id',
);

const resolverNetwork = z.strictObject(
  {
    tunnel_id: uuid.describe('The Cloudflare Tunnel through which the host name is resolved and reached.'),
    resolver_ips: resolverIps.nullish().describe("The resolvers to ask, in order. Omitted: the tunnel's own."),
  },
  'a mapping with tunnel_id and, if wanted, resolver_ips',
);

const host = z
  .strictObject(
    {
      ipv4: ipv4.nullish().describe('Reach the service at this IPv4 address. May stand beside ipv6.'),
      ipv6: ipv6.nullish().describe('Reach the service at this IPv6 address. May stand beside ipv4.'),
      network: network.nullish().describe('The network of ipv4 and ipv6.'),
      hostname: hostname.nullish().describe('Reach the service by this name, resolved behind the tunnel.'),
      resolver_network: resolverNetwork.nullish().describe('The network of hostname.'),
    },
    'a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network',
  )
  // Told together with what else is wrong, hence `when`: zod would otherwise wait until the fields are right.
  .superRefine(checkHostShape, { when: ({ value }) => isObject(value) });

const tlsSettings = z
  .strictObject(
    {
      cert_verification_mode: z
        .enum(['verify_full', 'verify_ca', 'disabled'], 'verify_full, verify_ca or disabled')
        .describe('verify_full: chain and host name (the default). verify_ca: chain only. disabled: nothing.'),
      certificate_authority: uuid.nullish().describe('An uploaded CA to trust. Not with disabled.'),
      client_certificate: uuid.nullish().describe('An uploaded mTLS certificate to present.'),
    },
    'a mapping with cert_verification_mode',
  )
  .superRefine(checkTls, { when: ({ value }) => isObject(value) });

const common = {
  service_id: uuid.describe('The id that the API gave to the service; the key of everything here.'),
  name: z.string('text').min(1, 'a name').describe('Unique in the account.'),
  host: host.describe('Where the service is.'),
  tls_settings: tlsSettings.nullish().describe('How the certificate of the service is checked.'),
  created_at: z.unknown().optional().describe('Read-only; ignored.'),
  updated_at: z.unknown().optional().describe('Read-only; ignored.'),
};

const httpFields = {
  http_port: port.nullish().describe('Alone: plain HTTP only. With neither port, both schemes on 80 and 443.'),
  https_port: port.nullish().describe('Alone: HTTPS only. With neither port, both schemes on 80 and 443.'),
};

const tcpFields = {
  tcp_port: port.describe('The port to connect to.'),
  app_protocol: z
    .enum(['postgresql', 'mysql'], 'postgresql or mysql')
    .nullish()
    .describe('The protocol spoken, where Hyperdrive should know it.'),
};

/** A field of the other type, which an answer may spell out as null. */
const onlyFor = (type: string) => z.null(`only type ${type} has this field; remove it or change the type`).optional();

const http = z.strictObject({
  ...common,
  type: z.literal('http'),
  ...httpFields,
  tcp_port: onlyFor('tcp'),
  app_protocol: onlyFor('tcp'),
});

const tcp = z.strictObject({
  ...common,
  type: z.literal('tcp'),
  ...tcpFields,
  http_port: onlyFor('http'),
  https_port: onlyFor('http'),
});

/** Used while `type` is missing or wrong, so that everything else in the declaration is still checked. */
const untyped = z.strictObject({
  ...common,
  type: z.enum(['http', 'tcp'], 'http or tcp'),
  ...httpFields,
  ...tcpFields,
  tcp_port: tcpFields.tcp_port.nullish(),
});

/** One service as a file declares it. */
export type DeclaredService = z.infer<typeof http> | z.infer<typeof tcp>;

export type Issue = z.core.$ZodIssue;

/** The id and the name of a declaration that holds; else everything that is wrong with it, in zod's form. */
export function checkService(value: JsonObject) {
  const { type } = value;
  const schema = type === 'http' ? http : type === 'tcp' ? tcp : untyped;
  const { data, error } = schema.safeParse(value, { reportInput: true });
  return { service: data ?? null, issues: error?.issues ?? [] };
}

/** Whether the message of an issue is whole, and needs no "expected …, found …" around it. */
export function isSentence(issue: Issue): boolean {
  // The fields of the other type are the only ones that must be null.
  if (issue.code === 'invalid_type') return issue.expected === 'null';
  return issue.code === 'custom' && issue.params !== undefined;
}

/** The paths of the fields of which an issue wants one; empty where it is about something else. */
export function alternativesIn(issue: Issue): readonly string[] {
  return issue.code === 'custom' ? (issue.params?.['absent'] ?? []) : [];
}

/** Every field that a declaration of this type can have, as dotted paths: for "did you mean". */
export function declarationPaths(type: unknown): readonly string[] {
  return type === 'http' ? httpPaths : type === 'tcp' ? tcpPaths : untypedPaths;
}

const httpPaths = pathsOf(http);
const tcpPaths = pathsOf(tcp);
const untypedPaths = pathsOf(untyped);

function pathsOf(schema: unknown, prefix = ''): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return pathsOf(schema.unwrap(), prefix);
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([key, value]) =>
    isNothing(value) ? [] : [prefix + key, ...pathsOf(value, `${prefix}${key}.`)],
  );
}

function isNothing(schema: unknown): boolean {
  return schema instanceof z.ZodOptional && schema.unwrap() instanceof z.ZodNull;
}

/** What was expected of a host name, or null when it is one. Single labels and underscores are accepted by the API (observed). */
function hostnameFault(value: string): string | null {
  if (value.includes('://')) return 'a bare host name without a scheme (the ports say which scheme is used)';
  if (value.includes('/')) return 'a bare host name without a path';
  if (z.ipv4().safeParse(value).success) return 'a host name (an address goes into host.ipv4)';
  if (z.ipv6().safeParse(value.replace(/^\[(.*)\]$/, '$1')).success)
    return 'a host name (an address goes into host.ipv6)';
  if (value.includes(':')) return 'a bare host name without a port (use http_port, https_port or tcp_port)';
  if (value.length > 253) return 'a host name of at most 253 characters';
  if (!/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$/i.test(value)) {
    return 'a host name: labels of 1–63 letters (a–z), digits, - and _, joined by dots';
  }
  return null;
}

function checkHostShape(value: unknown, context: z.core.$RefinementCtx): void {
  const present = new Set(Object.entries(Object(value)).flatMap(([key, field]) => (field == null ? [] : [key])));
  const complain = (path: string[], message: string, absent: readonly string[] = []) =>
    context.addIssue({ code: 'custom', path, message, params: { absent } });
  const address = present.has('ipv4') || present.has('ipv6');
  const named = present.has('hostname');

  if (address && named) {
    complain(['hostname'], 'a host has either addresses (ipv4, ipv6) or a hostname, not both; remove one of them');
  } else if (address) {
    if (present.has('resolver_network')) {
      complain(['resolver_network'], 'resolver_network goes with hostname; ipv4 and ipv6 take network');
    } else if (!present.has('network')) {
      complain([], 'network is missing: ipv4 and ipv6 need network with a tunnel_id', ['host.network']);
    }
  } else if (named) {
    if (present.has('network')) {
      complain(['network'], 'network goes with ipv4 and ipv6; a hostname takes resolver_network');
    } else if (!present.has('resolver_network')) {
      const message = 'resolver_network is missing: a hostname needs resolver_network with a tunnel_id';
      complain([], message, ['host.resolver_network']);
    }
  } else {
    const message = 'no address: give ipv4 and/or ipv6 with network, or hostname with resolver_network';
    complain([], message, ['host.ipv4', 'host.ipv6', 'host.hostname']);
  }
}

/** wrangler refuses a CA together with `disabled`; so may the API. */
function checkTls(value: unknown, context: z.core.$RefinementCtx): void {
  const { cert_verification_mode: mode, certificate_authority: authority } = Object(value);
  if (mode === 'disabled' && authority != null) {
    context.addIssue({
      code: 'custom',
      path: ['certificate_authority'],
      message: 'of no use with cert_verification_mode disabled; remove one of them',
      params: {},
    });
  }
}
