import type * as z from 'zod';

/** Messages about hosts whose fields are valid, but cannot be combined. */
export const HOST_PROBLEMS = {
  noAddress: 'no address: give ipv4 and/or ipv6 with network, or hostname with resolver_network',
  addressAndHostname: 'a host has either addresses (ipv4, ipv6) or a hostname, not both; remove one of them',
  resolverNetworkWithAddress: 'resolver_network goes with hostname; ipv4 and ipv6 take network',
  networkWithHostname: 'network goes with ipv4 and ipv6; a hostname takes resolver_network',
} as const;

type RefinementContext = z.core.$RefinementCtx;
type Network = 'network' | 'resolver_network';

/** Checks that a host has either addresses with `network`, or a host name with `resolver_network`. */
export function checkHostShape(host: unknown, context: RefinementContext): void {
  const present = new Set(Object.entries(Object(host)).flatMap(([key, value]) => (value == null ? [] : [key])));
  const hasAddress = present.has('ipv4') || present.has('ipv6');
  const hasHostname = present.has('hostname');
  if (hasAddress && hasHostname) {
    report(context, { path: ['hostname'], message: HOST_PROBLEMS.addressAndHostname });
  } else if (hasAddress) {
    if (present.has('resolver_network')) {
      reportMisplaced(context, 'resolver_network', HOST_PROBLEMS.resolverNetworkWithAddress);
    } else if (!present.has('network')) {
      reportMissing(context, host, { key: 'network', need: 'ipv4 and ipv6 need network with a tunnel_id' });
    }
  } else if (hasHostname) {
    if (present.has('network')) {
      reportMisplaced(context, 'network', HOST_PROBLEMS.networkWithHostname);
    } else if (!present.has('resolver_network')) {
      reportMissing(context, host, {
        key: 'resolver_network',
        need: 'a hostname needs resolver_network with a tunnel_id',
      });
    }
  } else {
    const absent = ['host.ipv4', 'host.ipv6', 'host.hostname'];
    report(context, { path: [], message: HOST_PROBLEMS.noAddress, absent });
  }
}

export const USELESS_AUTHORITY = 'has no effect with cert_verification_mode disabled; remove one of them';

/** Checks that there is no CA together with `disabled`, which wrangler refuses and the API may refuse as well. */
export function checkTls(tls: unknown, context: RefinementContext): void {
  const { cert_verification_mode: mode, certificate_authority: authority } = Object(tls);
  if (mode === 'disabled' && authority != null) {
    report(context, { path: ['certificate_authority'], message: USELESS_AUTHORITY });
  }
}

type HostIssue = {
  readonly path: string[];
  readonly message: string;
  /** The paths of alternative fields. At least one of them is required, and none is set. */
  readonly absent?: readonly string[];
};

function report(context: RefinementContext, { path, message, absent = [] }: HostIssue): void {
  context.addIssue({ code: 'custom', path, message, params: { absent } });
}

function reportMissing(
  context: RefinementContext,
  host: unknown,
  { key, need }: { readonly key: Network; readonly need: string },
) {
  const absent = [`host.${key}`];
  if (Object.hasOwn(Object(host), key)) report(context, { path: [key], message: `empty; ${need}`, absent });
  else report(context, { path: [], message: `${key} is missing; ${need}`, absent });
}

/** Reports a key that must be removed regardless of its value. */
function reportMisplaced(context: RefinementContext, key: Network, message: string): void {
  context.addIssue({ code: 'custom', path: [key], message, params: { misplaced: true } });
}
