/**
 * The ways in which the API writes values back. The defaults are what is known of the real API; the other settings are
 * what a client has to survive as long as nobody outside Cloudflare knows better.
 * "Observed" is a recording of the real API, "reference" its published page:
 * https://developers.cloudflare.com/api/resources/connectivity/subresources/directory/subresources/services/
 */
export type Quirks = {
  /** `full`: on every list but an empty one (reference; observed for the empty one) · `absent`: on none · `empty`: `{}`, as every field in it is optional (reference). */
  readonly resultInfo: 'full' | 'absent' | 'empty';
  /** The `page` parameter is ignored and the first page comes back every time (undocumented). */
  readonly ignorePage: boolean;
  /** The server silently caps `per_page` here. 1000 is the reference's maximum, 20 its example; a lower cap is undocumented. */
  readonly maxPerPage: number;
  /** The keys of `host` that do not apply: `null` (observed) or `absent` (the reference's shape). */
  readonly unusedHostKeys: 'null' | 'absent';
  /** An unset `http_port`, `https_port`, `tcp_port` or `app_protocol`: `null` (observed for http) or `absent` (reference: optional). */
  readonly unsetPorts: 'null' | 'absent';
  /** Spelling of IPv6 addresses in answers, resolvers too (undocumented). `upper` is what was sent in upper case. */
  readonly ipv6: 'as-sent' | 'compressed' | 'expanded' | 'upper';
  /** Case of service, tunnel and certificate ids in answers (undocumented). */
  readonly uuids: 'as-sent' | 'upper' | 'lower';
  /** Host names come back in lower case (observed), or as they were sent. */
  readonly hostname: 'lower' | 'as-sent';
  /** `resolver_ips` when there are none: `absent` (observed when never sent); for `null` and `[]` sent it is undocumented. */
  readonly emptyResolvers: 'absent' | 'null' | '[]';
  /** The default TLS settings: echoed (observed) · a lone `verify_full` dropped · always filled in (both undocumented). */
  readonly verifyFull: 'as-sent' | 'absent' | 'explicit';
  /** `tls_settings` in answers carries `certificate_authority` and `client_certificate` as `null` when unset (undocumented). */
  readonly tlsNulls: boolean;
  /** Order of a list: as created, or another fixed one (undocumented). */
  readonly order: 'created' | 'shuffled';
};

export const observedQuirks: Quirks = {
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
