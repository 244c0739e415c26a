import type { Random } from '../time/random.ts';
import type { Wanted } from './service.ts';
import { TUNNELS } from './service.ts';

/** The content of a file of values, by names with dots. */
export type WorldValues = ReadonlyMap<string, string | number>;

const TUNNEL_NAMES = ['tunnels.berlin', 'tunnels.oslo', 'tunnels.rome'] as const;
const PORT_NAMES = ['ports.postgres', 'ports.mysql', 'ports.redis', 'ports.amqp'] as const;
const DOMAIN = 'domain';
const NAMES = [...TUNNEL_NAMES, ...PORT_NAMES, DOMAIN];

/** Returns the first values. */
export function newValues(random: Random): WorldValues {
  return new Map(NAMES.map((name) => [name, newValue(name, random)]));
}

function newValue(name: string, random: Random): string | number {
  if (name === DOMAIN) return random.pick(['corp.internal', 'corp.example', 'lan']);
  return name.startsWith('tunnels.') ? random.pick(TUNNELS) : random.int(1, 65_535);
}

/** Returns the values with one of them changed, or removed. */
export function changedValues(
  values: WorldValues,
  random: Random,
): { readonly values: WorldValues; readonly what: string } {
  const name = random.pick(NAMES);
  const changed = new Map(values);
  if (random.chance(0.2) && changed.delete(name)) return { values: changed, what: `removes the value ${name}` };
  changed.set(name, newValue(name, random));
  return { values: changed, what: `changes the value ${name}` };
}

/** Returns the values with all names. */
export function completeValues(values: WorldValues, random: Random): WorldValues {
  return new Map(NAMES.map((name) => [name, values.get(name) ?? newValue(name, random)]));
}

export function isComplete(values: WorldValues): boolean {
  return NAMES.every((name) => values.has(name));
}

/** Lets a service refer to values instead of containing them; some names are not defined. */
export function withReferences(service: Wanted, random: Random): Wanted {
  const name = (names: readonly string[], probability: number) =>
    random.chance(probability) ? (random.chance(0.03) ? 'nothing' : random.pick(names)) : null;
  return {
    ...service,
    references: {
      tunnel: name(TUNNEL_NAMES, 0.7),
      port: service.type === 'tcp' ? name(PORT_NAMES, 0.5) : null,
      domain: service.host.kind === 'hostname' ? name([DOMAIN], 0.6) : null,
    },
  };
}

/** Returns a service with its values in place; null if one does not exist. `values` is null if none can be used. */
export function resolve(service: Wanted, values: WorldValues | null): Wanted | null {
  const { references, host, isAbsent, type } = service;
  const domainName = host.kind === 'hostname' ? references.domain : null;
  const port = type === 'tcp' ? references.port : null;
  // A declaration of absence has no other fields.
  if (isAbsent || (references.tunnel === null && port === null && domainName === null)) return service;
  if (values === null) return null;
  const last = resolved.get(service);
  if (last?.values === values) return last.service;
  const tunnel = references.tunnel === null ? service.tunnel : values.get(references.tunnel);
  const tcpPort = port === null ? service.tcpPort : values.get(port);
  const domain = domainName === null ? '' : values.get(domainName);
  const isKnown = typeof tunnel === 'string' && typeof tcpPort === 'number' && domain !== undefined;
  const result = isKnown
    ? {
        ...service,
        tunnel,
        tcpPort,
        host:
          host.kind === 'hostname' && domain !== ''
            ? { ...host, hostname: `${labelOf(host.hostname)}.${domain}` }
            : host,
      }
    : null;
  resolved.set(service, { values, service: result });
  return result;
}

/** The same service is compared many times. */
const resolved = new WeakMap<Wanted, { readonly values: WorldValues; readonly service: Wanted | null }>();

/** Returns the first part of a host name. */
export function labelOf(hostname: string): string {
  return hostname.split('.')[0] ?? '';
}

/** Returns the text of a file of values. */
export function textOfValues(values: WorldValues, fault: 'syntax' | 'value' | null, random: Random): string {
  const groups = Map.groupBy(values, ([name]) => (name.includes('.') ? (name.split('.')[0] ?? '') : ''));
  const lines = [...groups].flatMap(([group, entries]) => {
    const inner = entries.map(([name, value]) => `${name.split('.').at(-1)}: ${value}`);
    if (group === '') return inner;
    return random.chance(0.3)
      ? [`${group}: { ${inner.join(', ')} }`]
      : [`${group}:`, ...inner.map((line) => `  ${line}`)];
  });
  if (fault === 'syntax') return `tunnels: "${lines.join(' ')}\n  : [`;
  return `${[...lines, ...(fault === 'value' ? ['wrong: [{ a: 1 }]'] : [])].join('\n')}\n`;
}
