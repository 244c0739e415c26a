import * as z from 'zod';
import { capitalized } from '../base/json-schema.ts';
import { isObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { address, ipv4, ipv6 } from './address.ts';
import { checkHostShape, checkTls } from './host-rules.ts';
import { hostname } from './hostname.ts';

/*
 * The schema of a declaration. Each message says what was expected; `declaration.ts` adds what was found and where.
 * Facts: https://developers.cloudflare.com/api/resources/connectivity/subresources/directory/subresources/services/
 *
 * An answer of the API pasted as a declaration is valid, so null means omitted everywhere and the read-only times are ignored.
 */

const UUID = 'a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566';
const PORT = 'a port, a whole number from 1 to 65535';

const TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';
const RESOLVER = '10.0.0.53';

/** Any 8-4-4-4-12 hexadecimal id: the server chooses its version, so ours is not the place to be strict about it. */
const uuid = z.guid(UUID);
const port = z.int({ error: PORT, abort: true }).min(1, PORT).max(65_535, PORT);
const resolverIps = z.array(address, 'a list of addresses such as [10.0.0.53]');

const network = z.strictObject(
  {
    tunnel_id: uuid.meta({
      title: 'Tunnel id',
      description: 'The Cloudflare Tunnel through which the address is reached.',
      examples: [TUNNEL],
    }),
  },
  'a mapping with tunnel_id',
);

const resolverNetwork = z.strictObject(
  {
    tunnel_id: uuid.meta({
      title: 'Tunnel id',
      description: 'The Cloudflare Tunnel through which the host name is resolved and reached.',
      examples: [TUNNEL],
    }),
    resolver_ips: resolverIps.nullish().meta({
      title: 'Resolvers',
      description: "The resolvers to ask, in order. Omitted: the tunnel's own.",
      examples: [[RESOLVER]],
    }),
  },
  'a mapping with tunnel_id and, if wanted, resolver_ips',
);

const host = z
  .strictObject(
    {
      ipv4: ipv4.nullish().meta({
        title: 'IPv4 address',
        description:
          'Reach the service at this IPv4 address, through network. May stand beside ipv6; not with hostname.',
        examples: ['10.0.0.12'],
      }),
      ipv6: ipv6.nullish().meta({
        title: 'IPv6 address',
        description:
          'Reach the service at this IPv6 address, through network. May stand beside ipv4; not with hostname.',
        examples: ['fd00::12'],
      }),
      network: network.nullish().meta({
        title: 'Network',
        description: 'The network of ipv4 and ipv6, which need it.',
        examples: [{ tunnel_id: TUNNEL }],
      }),
      hostname: hostname.nullish().meta({
        title: 'Host name',
        description:
          'Reach the service by this name, resolved behind the tunnel of resolver_network. Without scheme, port or path; not with ipv4 or ipv6.',
        examples: ['orders.internal'],
      }),
      resolver_network: resolverNetwork.nullish().meta({
        title: 'Resolver network',
        description: 'The network of hostname, which needs it.',
        examples: [{ tunnel_id: TUNNEL, resolver_ips: [RESOLVER] }],
      }),
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
        .meta({
          title: 'Certificate verification',
          description: 'What is checked of the certificate of the service.',
          enumDescriptions: [
            'Its chain and its host name: as without any tls_settings.',
            'Its chain, and not its host name.',
            'Nothing.',
          ],
          examples: ['verify_full'],
        }),
      certificate_authority: uuid.nullish().meta({
        title: 'Certificate authority',
        description: 'The id of an uploaded CA to trust. Omitted: none of your own. Not with disabled.',
        examples: ['0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33'],
      }),
      client_certificate: uuid.nullish().meta({
        title: 'Client certificate',
        description: 'The id of an uploaded mTLS certificate to present. Omitted: none is presented.',
        examples: ['6f2c1a90-4c1e-4d0f-8c55-3d1b7f0a2e11'],
      }),
    },
    'a mapping with cert_verification_mode',
  )
  .superRefine(checkTls, { when: ({ value }) => isObject(value) });

const common = {
  service_id: uuid.meta({
    title: 'Service id',
    description: 'The id that Cloudflare gave to the service when it was made: says which live service this is.',
    examples: ['0191e3a4-5b6c-7d8e-9f00-112233445566'],
  }),
  name: z
    .string('a name')
    .min(1, 'a name')
    .meta({
      title: 'Name',
      description: 'Unique in the account. Changed here, the service is renamed.',
      examples: ['orders-db'],
    }),
  host: host.meta({
    title: 'Host',
    description: 'Where the service is: ipv4 and/or ipv6 with network, or hostname with resolver_network.',
    examples: [
      { ipv4: '10.0.0.12', network: { tunnel_id: TUNNEL } },
      { hostname: 'orders.internal', resolver_network: { tunnel_id: TUNNEL } },
    ],
  }),
  tls_settings: tlsSettings.nullish().meta({
    title: 'TLS settings',
    description: 'How the certificate of the service is checked. Omitted: verify_full.',
    examples: [{ cert_verification_mode: 'verify_ca' }],
  }),
  created_at: z
    .unknown()
    .optional()
    .meta({
      title: 'Created at',
      description: 'Read-only and ignored: there so that an answer of the API can be pasted. Omit it.',
      examples: ['2026-09-14T08:21:44Z'],
      doNotSuggest: true,
    }),
  updated_at: z
    .unknown()
    .optional()
    .meta({
      title: 'Updated at',
      description: 'Read-only and ignored: there so that an answer of the API can be pasted. Omit it.',
      examples: ['2026-09-14T08:21:44Z'],
      doNotSuggest: true,
    }),
};

// https://developers.cloudflare.com/workers-vpc/configuration/vpc-services/
const httpFields = {
  http_port: port.nullish().meta({
    title: 'HTTP port',
    description:
      'The port of plain HTTP. Without https_port, plain HTTP is the only scheme allowed. Omitted: HTTPS only, if https_port is given; with neither, both schemes, on 80 and 443.',
    examples: [8080],
  }),
  https_port: port.nullish().meta({
    title: 'HTTPS port',
    description:
      'The port of HTTPS. Without http_port, HTTPS is the only scheme allowed. Omitted: plain HTTP only, if http_port is given; with neither, both schemes, on 80 and 443.',
    examples: [8443],
  }),
};

const tcpFields = {
  tcp_port: port.meta({
    title: 'TCP port',
    description: 'The port to connect to. Type tcp needs it.',
    examples: [5432],
  }),
  app_protocol: z
    .enum(['postgresql', 'mysql'], 'postgresql or mysql')
    .nullish()
    .meta({
      title: 'Application protocol',
      description: 'The protocol spoken, where Hyperdrive should know it. Omitted: any TCP.',
      examples: ['postgresql'],
    }),
};

/** A field of the other type, which an answer may spell out as null. */
const onlyFor = (type: string) => {
  const message = `only type ${type} has this field; remove it or change the type`;
  return z
    .null(message)
    .optional()
    .meta({
      title: `Only of type ${type}`,
      description: `Only type ${type} has this field.`,
      examples: [null],
      errorMessage: capitalized(message),
      doNotSuggest: true,
    });
};

/** The fields of a declaration of type http. */
export const http = z.strictObject({
  ...common,
  type: z.literal('http'),
  ...httpFields,
  tcp_port: onlyFor('tcp'),
  app_protocol: onlyFor('tcp'),
});

/** And of type tcp. */
export const tcp = z.strictObject({
  ...common,
  type: z.literal('tcp'),
  ...tcpFields,
  http_port: onlyFor('http'),
  https_port: onlyFor('http'),
});

/** Used while `type` is missing or wrong, so that everything else in the declaration is still checked. */
export const untyped = z.strictObject(
  {
    ...common,
    type: z.enum(['http', 'tcp'], 'http or tcp').meta({
      title: 'Type',
      description: 'What is spoken; says which ports the service has.',
      enumDescriptions: ['HTTP and HTTPS: http_port and https_port.', 'Any TCP: tcp_port and app_protocol.'],
      examples: ['http'],
    }),
    ...httpFields,
    ...tcpFields,
    tcp_port: tcpFields.tcp_port.nullish(),
  },
  'a mapping that declares one service; separate services by a line of ---',
);

/** The fields that both types have. */
export const SHARED_FIELDS: readonly string[] = [...Object.keys(common), 'type'];

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

/** Whether it is about a key that should not be there, whatever its value. */
export function isMisplaced(issue: Issue): boolean {
  return issue.code === 'custom' && issue.params?.['misplaced'] === true;
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
