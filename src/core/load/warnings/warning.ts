import type { Problem } from '../problem.ts';

/** All warnings: their codes, and what each is about. Codes are stable, because people write them into files to silence a warning. */
export const WARNINGS = [
  { code: 'single-label-hostname', meaning: 'a host name without a domain, such as `db` or `localhost`' },
  { code: 'local-address', meaning: 'a host address that is loopback, link-local or `0.0.0.0`' },
  {
    code: 'local-resolver',
    meaning: 'a resolver with such an address, except the resolvers of AWS and Google Cloud',
  },
  { code: 'tls-not-verified', meaning: '`cert_verification_mode: disabled`' },
  { code: 'tls-unused', meaning: '`tls_settings` of a service whose only port is `http_port`' },
  { code: 'swapped-ports', meaning: '`http_port: 443` or `https_port: 80`' },
  { code: 'same-port', meaning: 'the same number for `http_port` and `https_port`' },
  {
    code: 'lone-tunnel',
    meaning: 'a tunnel that only one service uses, while all others (three or more) share another one',
  },
  { code: 'name-case', meaning: 'a name that differs from another name only in case' },
  { code: 'expired', meaning: 'a `pause` or an ignored field whose `until` has passed' },
  {
    code: 'odd-name',
    meaning: 'a name with an invisible character, or with a space or a quotation mark at either end',
  },
  { code: 'unfilled-template', meaning: 'a name with text that a template should have replaced, such as `${NAME}`' },
  { code: 'trailing-dot', meaning: 'a host name that ends with a dot, which is not compared and not sent' },
  { code: 'number-notation', meaning: 'a port that other YAML tools read differently, such as `05432`' },
  { code: 'ignore-comment', meaning: 'a comment that should silence a warning, and does not' },
  { code: 'unread-file', meaning: 'a file that looks like declarations but is not read, such as `web.YAML`' },
] as const;

export type WarningCode = (typeof WARNINGS)[number]['code'];

/** Something that the API accepts but that is rarely intended: where it is, why, and what to do. Never prevents a write. */
export type Warning = Problem & { readonly code: WarningCode };
