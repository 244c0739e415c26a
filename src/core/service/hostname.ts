import * as z from 'zod';
import { ipv4, IPV4_PATTERN, ipv6 } from './address.ts';

/** Labels joined by dots that are no IPv4 address. Single labels and underscores are accepted by the API (observed). */
const HOSTNAME = new RegExp(String.raw`^(?!${IPV4_PATTERN.slice(1)})[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$`);
const LONGEST_HOSTNAME = 253;

/** A bare host name. The message says what was expected instead of what was found. */
export const hostname = z
  .string('a host name such as orders.internal')
  .superRefine((value, context) => {
    const expected = hostnameFault(value);
    if (expected !== null) context.addIssue({ code: 'custom', message: expected });
  })
  .meta({
    pattern: HOSTNAME.source,
    maxLength: LONGEST_HOSTNAME,
    errorMessage:
      'Expected a bare host name such as orders.internal: labels of 1–63 letters (a–z), digits, - and _, joined by dots; no scheme, port, path or address',
  });

/** What was expected of a host name, or null when it is one. */
function hostnameFault(value: string): string | null {
  if (value.includes('://')) return 'a bare host name without a scheme (the ports say which scheme is used)';
  if (value.includes('/')) return 'a bare host name without a path';
  if (ipv4.safeParse(value).success) return 'a host name (an address goes into host.ipv4)';
  if (ipv6.safeParse(value.replace(/^\[(.*)\]$/, '$1')).success) return 'a host name (an address goes into host.ipv6)';
  if (value.includes(':')) return 'a bare host name without a port (use http_port, https_port or tcp_port)';
  if (value.length > LONGEST_HOSTNAME) return `a host name of at most ${LONGEST_HOSTNAME} characters`;
  if (/[^\x20-\x7F]/.test(value)) return 'a host name of ASCII letters (one of others is spelt xn--…)';
  if (/\s/.test(value)) return 'a host name without spaces';
  if (value.includes('*')) return 'one host name, without * (a service is one host)';
  if (value.includes('@')) return 'a bare host name without a user';
  if (/^\.|\.\./.test(value)) return 'a host name without empty parts between its dots';
  if (/[^.]{64}/.test(value)) return 'a host name of parts of at most 63 characters, joined by dots';
  if (!HOSTNAME.test(value)) {
    return 'a host name: labels of 1–63 letters (a–z), digits, - and _, joined by dots';
  }
  return null;
}
