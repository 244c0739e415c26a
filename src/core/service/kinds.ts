import * as z from 'zod';
import type { Json } from '../base/json.ts';
import { addressSchema, canonicalizeAddress, ipv4Schema, ipv6Schema } from './address.ts';
import { hostnameSchema } from './hostname.ts';

/*
 * The kinds of values that a field of a service can have. Messages complete the sentence "expected …"; the caller adds what was found
 * and where.
 */

/** A kind whose values are not mappings. */
export type ValueKind = {
  readonly kind:
    | 'text'
    | 'uuid'
    | 'certificate'
    | 'port'
    | 'ipv4'
    | 'ipv6'
    | 'hostname'
    | 'addresses'
    | 'instruction'
    | 'anything';
  readonly schema: z.ZodType;
  /**
   * Returns the same value for all forms that mean the same, and null for a value that means unset. The API may return another form than
   * the declaration has. Absent for kinds whose values have only one form.
   */
  readonly canonicalize?: (value: Json) => Json;
};

export type ChoiceKind = {
  readonly kind: 'choice';
  readonly schema: z.ZodType;
  readonly canonicalize?: undefined;
  readonly choices: readonly string[];
};

/** A mapping. Its fields are those of the table whose path begins with its own. */
export type MappingKind = {
  readonly kind: 'mapping';
  readonly canonicalize?: undefined;
  readonly expected: string;
  /** Reports fields that do not go together. */
  readonly check?: (value: unknown, context: z.core.$RefinementCtx) => void;
};

export type Kind = ValueKind | ChoiceKind | MappingKind;

const UUID = 'a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566';
const PORT = 'a port, a whole number from 1 to 65535';

/** Any 8-4-4-4-12 hexadecimal id: the server chooses the version, so this check does not require one. */
const uuidSchema = z.guid(UUID);

export const uuid = { kind: 'uuid', schema: uuidSchema, canonicalize: toLowerCase } as const satisfies Kind;

/** The id of an uploaded certificate. */
export const certificate = {
  kind: 'certificate',
  schema: uuidSchema,
  canonicalize: toLowerCase,
} as const satisfies Kind;

export const port = {
  kind: 'port',
  schema: z.int({ error: PORT, abort: true }).min(1, PORT).max(65_535, PORT),
} as const satisfies Kind;

export const ipv4 = { kind: 'ipv4', schema: ipv4Schema } as const satisfies Kind;

export const ipv6 = { kind: 'ipv6', schema: ipv6Schema, canonicalize: canonicalizeAddress } as const satisfies Kind;

/** The API stores host names in lower case (observed). A dot at the end makes no difference, because a host name is always complete. */
export const hostname = {
  kind: 'hostname',
  schema: hostnameSchema,
  canonicalize: canonicalizeHostname,
} as const satisfies Kind;

/** A list whose order matters. An empty list means unset. */
export const addresses = {
  kind: 'addresses',
  schema: z.array(addressSchema, 'a list of addresses such as [10.0.0.53]'),
  canonicalize: canonicalizeAddresses,
} as const satisfies Kind;

/** A value that is accepted unchecked. */
export const anything = { kind: 'anything', schema: z.unknown() } as const satisfies Kind;

/** Text that is not empty. */
export function text(expected: string) {
  return { kind: 'text', schema: z.string(expected).min(1, expected) } as const satisfies Kind;
}

/** One of several texts. */
export function choice<const Choice extends string>(
  ...options: readonly { readonly value: Choice; readonly description: string }[]
) {
  const choices = options.map(({ value }) => value);
  const expected = choices.join(', ').replace(/, ([^,]*)$/, ' or $1');
  const schema = z.enum(choices, expected).meta({ enumDescriptions: options.map(({ description }) => description) });
  return { kind: 'choice', schema, choices } as const satisfies Kind;
}

export function mapping(expected: string, check?: MappingKind['check']) {
  return { kind: 'mapping', expected, ...(check === undefined ? {} : { check }) } as const satisfies Kind;
}

function canonicalizeHostname(value: Json): Json {
  const name = toLowerCase(value);
  return typeof name === 'string' ? name.replace(/\.$/, '') : name;
}

function toLowerCase(value: Json): Json {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function canonicalizeAddresses(value: Json): Json {
  if (!Array.isArray(value)) return value;
  return value.length === 0 ? null : value.map(canonicalizeAddress);
}
