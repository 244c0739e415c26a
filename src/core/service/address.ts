import * as z from 'zod';

const IPV4 = 'an IPv4 address such as 10.0.0.12';
const IPV6 = 'an IPv6 address such as fd00::12';

/** Addresses as declarations have them. The messages say what was expected. */
export const ipv4 = z.ipv4(IPV4);
/** As patterns for editors. zod takes an address such as 64:ff9b::10.0.0.1, too, of which its own pattern does not know. */
export const IPV4_PATTERN = z.regexes.ipv4.source;
const IPV6_PATTERN = `${z.regexes.ipv6.source}|^[0-9A-Fa-f:]*:${IPV4_PATTERN.slice(1)}`;

export const ipv6 = z.ipv6(IPV6).meta({ pattern: IPV6_PATTERN });

/** Of either sort. */
export const address = z
  .union([ipv4, ipv6], 'an IPv4 or IPv6 address such as 10.0.0.53')
  // One pattern, so that an editor has one message.
  .meta({ anyOf: undefined, type: 'string', pattern: `${IPV4_PATTERN}|${IPV6_PATTERN}` });
