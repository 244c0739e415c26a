import { capitalized, toJsonSchema } from '../base/json-schema.ts';
import type { JsonSchema } from '../base/json-schema.ts';
import { HOST_FAULTS, USELESS_AUTHORITY } from './host-rules.ts';
import { http, SHARED_FIELDS, tcp, untyped } from './schema.ts';

// oxlint-disable unicorn/no-thenable -- `then` is a word of JSON Schema, and nobody awaits a schema.

/*
 * What `service.ts` checks, as JSON Schema for editors. Types, shapes of hosts and modes become conditions, not alternatives: of those an
 * editor knows only that none fits; of these which field is wrong, and which fields to offer.
 */

/** The JSON Schema of a declaration: what all have, and by type what this one has. */
export function serviceSchema(): JsonSchema {
  const either = schemaOf(untyped);
  const { host, tls_settings, ...fields } = fieldsOf<keyof typeof untyped.shape>(either);
  const shared: ReadonlySet<unknown> = new Set(SHARED_FIELDS);
  const common = Object.entries({ ...fields, host: byShape(host), tls_settings: byMode(tls_settings) }).filter(
    ([name]) => shared.has(name),
  );
  const branch = (title: string, { properties, required }: JsonSchema) => ({
    title,
    properties: { ...Object(properties), ...Object.fromEntries(common.map(([name]) => [name, true])) },
    required: [required].flat().filter((name) => !shared.has(name)),
    additionalProperties: false,
  });
  return {
    ...either,
    title: 'Workers VPC service',
    description: 'What one service shall be. This is the whole truth: what is omitted, or null, is unset.',
    properties: Object.fromEntries(common),
    additionalProperties: true,
    if: has('type', { const: 'http' }),
    then: branch('HTTP service', schemaOf(http)),
    else: {
      if: has('type', { const: 'tcp' }),
      then: branch('TCP service', schemaOf(tcp)),
      else: branch('Service', either),
    },
  };
}

/** Which of its fields a host needs, refuses and offers follows from those that it has. */
function byShape(whole: JsonSchema): JsonSchema {
  const { properties: _, ...host } = whole;
  const { ipv4, ipv6, network, hostname, resolver_network } = fieldsOf<keyof typeof untyped.shape.host.shape>(whole);
  const errorMessage = capitalized(HOST_FAULTS.none);
  return {
    ...host,
    additionalProperties: true,
    if: given('hostname', hostname),
    then: {
      title: 'Host by name',
      properties: {
        hostname,
        resolver_network: needed(resolver_network),
        network: refused(network, HOST_FAULTS.network),
        ipv4: refused(ipv4, capitalized(HOST_FAULTS.both)),
        ipv6: refused(ipv6, capitalized(HOST_FAULTS.both)),
      },
      required: ['resolver_network'],
      additionalProperties: false,
    },
    else: {
      if: { anyOf: [given('ipv4', ipv4), given('ipv6', ipv6)] },
      then: {
        title: 'Host by address',
        properties: {
          ipv4,
          ipv6,
          network: needed(network),
          hostname: { ...hostname, doNotSuggest: true },
          resolver_network: refused(resolver_network, HOST_FAULTS.resolverNetwork),
        },
        required: ['network'],
        additionalProperties: false,
      },
      else: {
        title: 'Host',
        properties: { ipv4, ipv6, network, hostname, resolver_network },
        additionalProperties: false,
        // None of them is there, and so none of these holds.
        anyOf: ['ipv4', 'ipv6', 'hostname'].map((name) => ({
          ...has(name, { type: 'string', errorMessage }),
          errorMessage,
        })),
      },
    },
  };
}

/** A CA does not go with `disabled`. */
function byMode(tls: JsonSchema): JsonSchema {
  const authority = { type: 'null', errorMessage: capitalized(USELESS_AUTHORITY) } as const;
  return {
    ...tls,
    if: has('cert_verification_mode', { const: 'disabled' }),
    then: { properties: { certificate_authority: authority } },
  };
}

function has(name: string, what: JsonSchema): JsonSchema {
  return { properties: { [name]: what }, required: [name] };
}

/** That a field is there; null is absent. Its title, too, is here: of a field, an editor shows the first that it comes by. */
function given(name: string, { title }: JsonSchema): JsonSchema {
  return has(name, { title, not: { type: 'null' } });
}

function needed(field: JsonSchema): JsonSchema {
  return { ...field, allOf: [field['allOf']].flat().map((rule) => ({ ...Object(rule), type: 'object' })) };
}

/** A field that is not to be there, but for what it is in an answer of the API. */
function refused({ title, description, examples }: JsonSchema, message: string): JsonSchema {
  return { title, description, examples, type: 'null', errorMessage: message, doNotSuggest: true };
}

function schemaOf(schema: typeof http | typeof tcp | typeof untyped): JsonSchema {
  return toJsonSchema(schema, (message) => `Expected ${message}`);
}

/** The fields of a mapping. */
function fieldsOf<Name extends string>({ properties }: JsonSchema): Readonly<Record<Name, JsonSchema>> {
  // zod writes one for each of ours, and none that is a mere `true`.
  return Object(properties);
}
