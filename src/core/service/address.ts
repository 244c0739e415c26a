import * as z from 'zod';
import type { Json } from '../base/json.ts';

/** The pattern of an IPv4 address, for editors and for patterns that contain one. */
export const IPV4_PATTERN = z.regexes.ipv4.source;
/** zod also accepts an address such as 64:ff9b::10.0.0.1, which its own pattern does not match. */
const IPV6_PATTERN = `${z.regexes.ipv6.source}|^[0-9A-Fa-f:]*:${IPV4_PATTERN.slice(1)}`;

// The messages say what was expected.
export const ipv4Schema = z.ipv4('an IPv4 address such as 10.0.0.12');
export const ipv6Schema = z.ipv6('an IPv6 address such as fd00::12').meta({ pattern: IPV6_PATTERN });

/** An address of either family. */
export const addressSchema = z
  .union([ipv4Schema, ipv6Schema], 'an IPv4 or IPv6 address such as 10.0.0.53')
  // One pattern instead of two alternatives, so that an editor shows one message.
  .meta({ anyOf: undefined, type: 'string', pattern: `${IPV4_PATTERN}|${IPV6_PATTERN}` });

/** Returns an IPv6 address as the URL standard writes it (RFC 5952, except for embedded IPv4), and any other value unchanged. */
export function canonicalizeAddress(value: Json): Json {
  if (typeof value !== 'string' || !/^[\da-f.]*:[\da-f.:]*$/i.test(value)) return value;
  return URL.parse(`http://[${value}]/`)?.hostname.slice(1, -1) ?? value;
}
