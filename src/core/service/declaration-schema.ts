import type * as z from 'zod';
import { capitalize } from '../base/text/capitalize.ts';
import { toJsonSchema } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import { fieldsIn } from './fields.ts';
import type { KeyIn } from './fields.ts';
import { HOST_PROBLEMS, USELESS_AUTHORITY } from './host-rules.ts';
import { ignoreJson } from './instruction-kinds.ts';
import { IGNORABLE_PATHS } from './instructions.ts';
import { presentSchemas } from './schema.ts';

// oxlint-disable unicorn/no-thenable -- `then` is a keyword of JSON Schema, and no schema is awaited.

/*
 * The checks of schema.ts as JSON Schema for editors. Service types, host shapes and TLS modes become conditions instead of
 * alternatives: of alternatives, an editor only reports that none matches; with conditions, it reports the wrong field and suggests
 * the fields that fit.
 */

/** Returns the JSON Schema of a declaration: the fields that every service has, then the fields of its type. */
export function serviceSchema(): JsonSchema {
  const { required: requiredKeys, ...anyType } = schemaOf(presentSchemas.untyped);
  const fields = propertiesOf<KeyIn<''>>(anyType);
  const shared = new Set(fieldsIn().flatMap(([key, { only }]) => (only === undefined ? [key] : [])));
  const common = Object.entries({
    ...fields,
    host: withShapeConditions(fields.host),
    tls_settings: withModeCondition(fields.tls_settings),
    reconcile: withIgnorablePaths(fields.reconcile),
  }).filter(([key]) => shared.has(key));
  const branch = (title: string, { properties, required }: JsonSchema) => ({
    title,
    properties: { ...Object(properties), ...Object.fromEntries(common.map(([key]) => [key, true])) },
    ...unlessAbsent([required].flat().filter((key) => !shared.has(String(key)))),
    additionalProperties: false,
  });
  return {
    ...anyType,
    title: 'Workers VPC service',
    description: 'The complete desired state of one service. A field that is omitted or null is unset.',
    properties: Object.fromEntries(common),
    additionalProperties: true,
    allOf: [
      // An empty document is null.
      ...[anyType['allOf']].flat().map((rule) => ({ ...Object(rule), type: ['object', 'null'] })),
      {
        if: IS_ABSENT,
        then: { anyOf: [has('service_id', { type: 'string' }), has('name', { type: 'string' })] },
        else: { required: requiredKeys },
      },
    ],
    if: has('type', { const: 'http' }),
    then: branch('HTTP service', schemaOf(presentSchemas.http)),
    else: {
      if: has('type', { const: 'tcp' }),
      then: branch('TCP service', schemaOf(presentSchemas.tcp)),
      else: branch('Service', { ...anyType, required: [] }),
    },
  };
}

/** The condition that a declaration says that its service should not exist. */
const IS_ABSENT: JsonSchema = has('reconcile', has('ensure', { const: 'absent' }));

/** Requires keys, unless the service should not exist. */
function unlessAbsent(keys: readonly unknown[]): JsonSchema {
  return keys.length === 0 ? {} : { allOf: [{ if: { not: IS_ABSENT }, then: { required: keys } }] };
}

/** Adds the schema of `ignore`, with the paths that it can name. */
function withIgnorablePaths(reconcile: JsonSchema): JsonSchema {
  const properties = propertiesOf<KeyIn<'reconcile.'>>(reconcile);
  return {
    ...reconcile,
    properties: { ...properties, ignore: allowReference({ ...properties.ignore, ...ignoreJson(IGNORABLE_PATHS) }) },
  };
}

/** Adds the conditions of a host: the fields that it requires, refuses and suggests depend on the fields that it has. */
function withShapeConditions(schema: JsonSchema): JsonSchema {
  const { properties: _, ...host } = schema;
  const { ipv4, ipv6, network, hostname, resolver_network, ...others } = propertiesOf<KeyIn<'host.'>>(schema);
  const noAddress = capitalize(HOST_PROBLEMS.noAddress);
  const both = capitalize(HOST_PROBLEMS.addressAndHostname);
  return {
    ...host,
    additionalProperties: true,
    if: isSet('hostname', hostname),
    then: {
      title: 'Host by name',
      properties: {
        hostname,
        resolver_network: required(resolver_network),
        network: refused(network, HOST_PROBLEMS.networkWithHostname),
        ipv4: refused(ipv4, both),
        ipv6: refused(ipv6, both),
        ...others,
      },
      required: ['resolver_network'],
      additionalProperties: false,
    },
    else: {
      if: { anyOf: [isSet('ipv4', ipv4), isSet('ipv6', ipv6)] },
      then: {
        title: 'Host by address',
        properties: {
          ipv4,
          ipv6,
          network: required(network),
          hostname: { ...hostname, doNotSuggest: true },
          resolver_network: refused(resolver_network, HOST_PROBLEMS.resolverNetworkWithAddress),
          ...others,
        },
        required: ['network'],
        additionalProperties: false,
      },
      else: {
        title: 'Host',
        properties: { ipv4, ipv6, network, hostname, resolver_network, ...others },
        additionalProperties: false,
        // In this branch none of the three is set, so each alternative fails with the message.
        anyOf: ['ipv4', 'ipv6', 'hostname'].map((key) => ({
          ...has(key, { type: 'string', errorMessage: noAddress }),
          errorMessage: noAddress,
        })),
      },
    },
  };
}

/** Adds the condition that a CA is refused together with `disabled`. */
function withModeCondition(tls: JsonSchema): JsonSchema {
  const authority = { type: 'null', errorMessage: capitalize(USELESS_AUTHORITY) } as const;
  return {
    ...tls,
    if: has('cert_verification_mode', { const: 'disabled' }),
    then: { properties: { certificate_authority: authority } },
  };
}

/** Returns the condition that an object has a key whose value matches a schema. */
function has(key: string, schema: JsonSchema): JsonSchema {
  return { properties: { [key]: schema }, required: [key] };
}

/** Returns the condition that a field is set. It repeats the title: an editor shows the first title that it finds for a field. */
function isSet(key: string, { title }: JsonSchema): JsonSchema {
  return has(key, { title, not: { type: 'null' } });
}

/** Returns the schema of a mapping without null. */
function required(mapping: JsonSchema): JsonSchema {
  return { ...mapping, allOf: [mapping['allOf']].flat().map((rule) => ({ ...Object(rule), type: 'object' })) };
}

/** Returns the schema of a field that may only be null, as in a response of the API. */
function refused({ title, description, examples }: JsonSchema, message: string): JsonSchema {
  return { title, description, examples, type: 'null', errorMessage: message, doNotSuggest: true };
}

function schemaOf(schema: z.ZodType): JsonSchema {
  const json = toJsonSchema(schema, (message) => `Expected ${message}`);
  return { ...json, properties: allowReferences(json['properties']) };
}

/** Text with a reference to a value. An editor cannot know the value, so the value is not checked there. */
const REFERENCE = String.raw`\$\{`;

/** Accepts a reference in the place of a number, a list or a text with a pattern, in all properties. A choice must be written out. */
function allowReferences(properties: unknown): JsonSchema {
  return Object.fromEntries(
    Object.entries(Object(properties)).map(([key, property]) => [key, allowReference(Object(property))]),
  );
}

function allowReference(schema: JsonSchema): JsonSchema {
  const { properties, items, pattern, type, then } = schema;
  if (properties !== undefined) return { ...schema, properties: allowReferences(properties) };
  if (typeof pattern === 'string') return { ...schema, pattern: `${REFERENCE}|${pattern}` };
  if (then !== undefined) return { ...schema, then: allowReference(Object(then)) };
  const types = [type].flat();
  if (!types.includes('integer') && !types.includes('array')) return schema;
  const item = items === undefined ? {} : { items: allowReference(Object(items)) };
  return { ...schema, ...item, type: [...types, 'string'], pattern: REFERENCE };
}

function propertiesOf<Key extends string>({ properties }: JsonSchema): Readonly<Record<Key, JsonSchema>> {
  // zod writes a schema for every field of ours, never a mere `true`.
  return Object(properties);
}
