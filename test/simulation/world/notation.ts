import type { Random } from '../time/random.ts';
import type { Wanted } from './service.ts';
import { labelOf } from './values.ts';

/** Returns the lines that declare the host of a service, in one of several notations of the same values. */
export function hostOfText({ host, tunnel, references }: Wanted, random: Random): readonly string[] {
  const written = random.chance(0.3) ? tunnel.toUpperCase() : tunnel;
  const id = references.tunnel === null ? written : `"\${${references.tunnel}}"`;
  if (host.kind !== 'hostname') {
    const ipv4 = 'ipv4' in host ? [`  ipv4: ${host.ipv4}`] : [];
    const ipv6 = 'ipv6' in host ? [`  ipv6: "${longNotation(host.ipv6, random)}"`] : [];
    return random.chance(0.5)
      ? ['host:', ...ipv4, ...ipv6, `  network: { tunnel_id: ${id} }`]
      : ['host:', '  network:', `    tunnel_id: ${id}`, ...ipv4, ...ipv6];
  }
  const { hostname, resolvers } = host;
  const name = references.domain === null ? hostname : `${labelOf(hostname)}.\${${references.domain}}`;
  const list = resolvers === null ? [] : [`    resolver_ips: ${JSON.stringify(resolvers)}`];
  return [
    'host:',
    `  hostname: ${random.chance(0.3) && references.domain === null ? name.toUpperCase() : name}`,
    '  resolver_network:',
    `    tunnel_id: ${id}`,
    ...list,
  ];
}

/** Returns an IPv6 address, sometimes with more zeros and in upper case. */
export function longNotation(ipv6: string, random: Random): string {
  if (random.chance(0.5)) return ipv6;
  const [left = '', right = ''] = ipv6.split('::');
  const parts = [...left.split(':'), ...right.split(':')];
  const zeros = Array.from({ length: 8 - parts.length }, () => '0');
  const all = [...left.split(':'), ...zeros, ...right.split(':')];
  return random.chance(0.5) ? all.join(':') : all.map((part) => part.padStart(4, '0').toUpperCase()).join(':');
}
