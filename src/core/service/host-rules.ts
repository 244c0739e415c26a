import type * as z from 'zod';

/** What a mapping can have wrong that has the right fields, of which some do not go together. */
export const HOST_FAULTS = {
  none: 'no address: give ipv4 and/or ipv6 with network, or hostname with resolver_network',
  both: 'a host has either addresses (ipv4, ipv6) or a hostname, not both; remove one of them',
  resolverNetwork: 'resolver_network goes with hostname; ipv4 and ipv6 take network',
  network: 'network goes with ipv4 and ipv6; a hostname takes resolver_network',
} as const;

/** A host has addresses and their network, or a name and its own. */
export function checkHostShape(value: unknown, context: z.core.$RefinementCtx): void {
  const given = new Set(Object.keys(Object(value)));
  const present = new Set(Object.entries(Object(value)).flatMap(([key, field]) => (field == null ? [] : [key])));
  const complain = (path: string[], message: string, absent: readonly string[] = []) =>
    context.addIssue({ code: 'custom', path, message, params: { absent } });
  const misplaced = (key: string, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message, params: { misplaced: true } });
  const address = present.has('ipv4') || present.has('ipv6');
  const named = present.has('hostname');

  if (address && named) {
    complain(['hostname'], HOST_FAULTS.both);
  } else if (address) {
    if (present.has('resolver_network')) {
      misplaced('resolver_network', HOST_FAULTS.resolverNetwork);
    } else if (!present.has('network')) {
      const need = 'ipv4 and ipv6 need network with a tunnel_id';
      if (given.has('network')) complain(['network'], `nothing in it: ${need}`, ['host.network']);
      else complain([], `network is missing: ${need}`, ['host.network']);
    }
  } else if (named) {
    if (present.has('network')) {
      misplaced('network', HOST_FAULTS.network);
    } else if (!present.has('resolver_network')) {
      const need = 'a hostname needs resolver_network with a tunnel_id';
      if (given.has('resolver_network'))
        complain(['resolver_network'], `nothing in it: ${need}`, ['host.resolver_network']);
      else complain([], `resolver_network is missing: ${need}`, ['host.resolver_network']);
    }
  } else {
    complain([], HOST_FAULTS.none, ['host.ipv4', 'host.ipv6', 'host.hostname']);
  }
}

/** What a CA is beside a verification that is switched off. */
export const USELESS_AUTHORITY = 'of no use with cert_verification_mode disabled; remove one of them';

/** wrangler refuses a CA together with `disabled`; so may the API. */
export function checkTls(value: unknown, context: z.core.$RefinementCtx): void {
  const { cert_verification_mode: mode, certificate_authority: authority } = Object(value);
  if (mode === 'disabled' && authority != null) {
    context.addIssue({
      code: 'custom',
      path: ['certificate_authority'],
      message: USELESS_AUTHORITY,
      params: {},
    });
  }
}
