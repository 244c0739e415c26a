import { textAt } from './service-rules.ts';
import type { CheckedService, ServiceWarning } from './service-rules.ts';

type Rule = (services: readonly CheckedService[]) => readonly ServiceWarning[];

/** The rules that compare the services of a folder with each other. */
export const FOLDER_RULES: readonly Rule[] = [checkTunnels, checkNameCase];

/** At least this many services must share the other tunnel before a lone tunnel looks like a mistake. */
const MIN_SHARED = 3;

/** Warns about a service with a tunnel of its own while all others share another one. */
function checkTunnels(services: readonly CheckedService[]): readonly ServiceWarning[] {
  const [lone, shared, third] = [...Map.groupBy(services, tunnelOf)]
    .map(([tunnel, users]) => ({ tunnel, users }))
    .sort((a, b) => a.users.length - b.users.length);
  if (lone?.users.length !== 1 || third !== undefined) return [];
  if (shared === undefined || shared.users.length < MIN_SHARED) return [];
  const message = `no other service uses this tunnel, and all ${shared.users.length} others use ${shared.tunnel}; is it the right one?`;
  return lone.users.map((service) => ({
    service,
    code: 'lone-tunnel',
    path: ['host', networkOf(service), 'tunnel_id'],
    message,
  }));
}

function tunnelOf(service: CheckedService): string {
  return textAt(service, `host.${networkOf(service)}.tunnel_id`);
}

function networkOf({ fields }: CheckedService): 'network' | 'resolver_network' {
  return fields.has('host.hostname') ? 'resolver_network' : 'network';
}

/** Warns about names that differ only in case. The API accepts them, but people confuse them. */
function checkNameCase(services: readonly CheckedService[]): readonly ServiceWarning[] {
  const groups = Map.groupBy(services, ({ declaration }) => declaration.name.toLowerCase());
  return [...groups.values()].flatMap((group) =>
    group.flatMap((service): ServiceWarning[] => {
      const other = group.find((each) => each !== service)?.declaration;
      if (other === undefined) return [];
      const place = `${other.file}:${other.positions.name.line}`;
      const message = `differs from ${JSON.stringify(other.name)} at ${place} only in case; rename one of the services`;
      return [{ service, code: 'name-case', path: ['name'], message }];
    }),
  );
}
