import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { JsonObject } from '../../src/core/base/json.ts';
import { normalize, toBody } from '../../src/core/service/normalize.ts';
import { fleet, fleetTunnels } from '../pass/fleet.ts';

/** A folder of declarations and an account in which a number of services differ. */
export type Material = {
  readonly folder: string;
  readonly live: readonly (JsonObject & { readonly service_id: string })[];
  readonly tunnels: readonly string[];
  /** The exact bodies that must be sent, by service_id. */
  readonly bodies: ReadonlyMap<string, string>;
};

export type Sizes = { readonly services: number; readonly changes: number };

/** Writes one file for each service. */
export function material(folder: string, { services, changes }: Sizes): Material {
  mkdirSync(folder, { recursive: true });
  const pairs = fleet({ drifted: changes, inSync: services - changes });
  for (const [index, { declared }] of pairs.entries()) {
    writeFileSync(join(folder, `service-${index}.yaml`), stringify(declared));
  }
  return {
    folder,
    live: pairs.map(({ declared: { service_id }, live }) => ({ ...live, service_id })),
    tunnels: fleetTunnels,
    bodies: new Map(
      pairs
        .slice(0, changes)
        .map(({ declared }) => [declared.service_id, JSON.stringify(toBody(normalize(declared).known, new Map()))]),
    ),
  };
}
