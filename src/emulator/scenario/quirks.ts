/**
 * How the API formats values in answers. The defaults are what is known of the real API; the other values are possible as long as the
 * behavior is undocumented, so a client must handle them. "Observed" is a recording of the real API, "reference" its published page:
 * https://developers.cloudflare.com/api/resources/connectivity/subresources/directory/subresources/services/
 */
export type Quirks = {
  /** `full`: on every list except an empty one (reference; observed for the empty one) · `absent`: on none · `empty`: `{}`, as every field in it is optional (reference). */
  readonly resultInfo: 'full' | 'absent' | 'empty';
  /** Whether `page` is ignored and the first page is returned every time (undocumented). */
  readonly ignorePage: boolean;
  /** The server silently caps `per_page` at this number. 1000 is the reference's maximum, 20 its example; a lower cap is undocumented. */
  readonly maxPerPage: number;
  /** Unused keys of `host`: `null` (observed) or `absent` (the reference's shape). */
  readonly unusedHostKeys: 'null' | 'absent';
  /** An unset `http_port`, `https_port`, `tcp_port` or `app_protocol`: `null` (observed for http) or `absent` (reference: optional). */
  readonly unsetPorts: 'null' | 'absent';
  /** How IPv6 addresses are written in answers, including resolvers (undocumented). `upper`: as sent, in upper case. */
  readonly ipv6: 'as-sent' | 'compressed' | 'expanded' | 'upper';
  /** Case of service, tunnel and certificate ids in answers (undocumented). */
  readonly uuids: 'as-sent' | 'upper' | 'lower';
  /** Host names in answers: in lower case (observed), or as sent. */
  readonly hostname: 'lower' | 'as-sent';
  /** `resolver_ips` if there are none: `absent` (observed if never sent). Undocumented for `null` and `[]`. */
  readonly emptyResolvers: 'absent' | 'null' | '[]';
  /** The default TLS settings: as sent (observed) · a lone `verify_full` is removed · always present (both undocumented). */
  readonly verifyFull: 'as-sent' | 'absent' | 'explicit';
  /** Whether `tls_settings` in answers shows unset certificates as `null` (undocumented). */
  readonly tlsNulls: boolean;
  /** The order of a list: by creation, or another fixed order (undocumented). */
  readonly order: 'created' | 'shuffled';
};

export const OBSERVED_QUIRKS: Quirks = {
  resultInfo: 'full',
  ignorePage: false,
  maxPerPage: 1000,
  unusedHostKeys: 'null',
  unsetPorts: 'null',
  ipv6: 'as-sent',
  uuids: 'as-sent',
  hostname: 'lower',
  emptyResolvers: 'absent',
  verifyFull: 'as-sent',
  tlsNulls: false,
  order: 'created',
};
