import * as z from 'zod';
import { ipv4Schema, IPV4_PATTERN, ipv6Schema } from './address.ts';

/** Labels joined by dots that are not an IPv4 address. The API accepts single labels and underscores (observed). */
const HOSTNAME = new RegExp(String.raw`^(?!${IPV4_PATTERN.slice(1)})[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$`);
const MAX_HOSTNAME_LENGTH = 253;

/** A bare host name. The message says what was expected in place of the value that was found. */
export const hostnameSchema = z
  .string('a host name such as orders.internal')
  .superRefine((value, context) => {
    const expected = expectedInstead(value);
    if (expected !== null) context.addIssue({ code: 'custom', message: expected });
  })
  .meta({
    pattern: HOSTNAME.source,
    maxLength: MAX_HOSTNAME_LENGTH,
    errorMessage:
      'Expected a bare host name such as orders.internal: labels of 1–63 letters (a–z), digits, - and _, joined by dots; no scheme, port, path or address',
  });

/** Returns what is expected in place of a text that is not a host name; null for a host name. */
function expectedInstead(value: string): string | null {
  if (value.includes('://')) return 'a bare host name without a scheme (the port fields select the scheme)';
  if (value.includes('/')) return 'a bare host name without a path';
  if (ipv4Schema.safeParse(value).success) return 'a host name (an address goes into host.ipv4)';
  if (ipv6Schema.safeParse(value.replace(/^\[(.*)\]$/, '$1')).success) {
    return 'a host name (an address goes into host.ipv6)';
  }
  if (value.includes(':')) return 'a bare host name without a port (use http_port, https_port or tcp_port)';
  if (value.length > MAX_HOSTNAME_LENGTH) return `a host name of at most ${MAX_HOSTNAME_LENGTH} characters`;
  if (/[^\x20-\x7F]/.test(value)) return 'a host name of ASCII letters (write other letters as xn--…)';
  if (/\s/.test(value)) return 'a host name without spaces';
  if (value.includes('*')) return 'one host name, without * (a service is one host)';
  if (value.includes('@')) return 'a bare host name without a user';
  if (/^\.|\.\./.test(value)) return 'a host name without empty parts between its dots';
  if (/[^.]{64}/.test(value)) return 'a host name of parts of at most 63 characters, joined by dots';
  if (!HOSTNAME.test(value)) return 'a host name: labels of 1–63 letters (a–z), digits, - and _, joined by dots';
  return null;
}
