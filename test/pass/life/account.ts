import type { JsonObject } from '../../../src/core/base/json.ts';
import type { FaultKind } from '../../../src/emulator/scenario/faults.ts';
import { FAULT_NAMES } from '../../../src/emulator/scenario/faults.ts';
import type { Scenario } from '../../../src/emulator/scenario/scenario.ts';
import { BY_HAND } from './person.ts';
import { LEGACY } from './commits.ts';
import type { Commit } from './commits.ts';

/**
 * All faults but `slow`, whose request is logged after requests that were carried out later. Those that end a pass occur less often, and so
 * do those that last until the timeout.
 */
const FAULTS: readonly FaultKind[] = [
  ...Array.from({ length: 4 }, (): readonly FaultKind[] => [
    ...FAULT_NAMES.filter((name) => !['slow', 'hang', 'late'].includes(name)),
    'lost',
    'truncated',
    408,
    500,
    502,
    503,
    504,
    520,
  ]).flat(),
  ...(['hang', 'late', 400, 401, 403, 409, 429] as const),
];

/** Returns the failures of a seed: at most this many faults, so that every seed converges. */
export function scenarioOf(seed: number, { faults }: { readonly faults: number }): Scenario {
  return {
    seed,
    share: 0.3,
    faults: FAULTS,
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    stops_after: faults,
    retry_after: 0,
    latency: seed % 4,
  };
}

/** Returns what is wrong with an account after a commit; empty if it is as declared, and everything else is untouched. */
export function faultsIn(services: readonly JsonObject[], { wanted, gone }: Commit): readonly string[] {
  const faults: string[] = [];
  for (const { id, name, port } of wanted) {
    const found = services.filter((service) => service['name'] === name);
    if (found.length !== 1) faults.push(`${found.length} services are named ${name}`);
    if (found.some((service) => service['http_port'] !== port)) faults.push(`${name} is not as declared`);
    if (id !== null && found.some((service) => service['service_id'] !== id)) faults.push(`${name} has another id`);
  }
  const names = new Set(wanted.map(({ name }) => name));
  for (const { name: given, service_id } of services) {
    const name = typeof given === 'string' ? given : '';
    if (gone.some((each) => each.id === service_id || (each.id === null && each.name === name)))
      faults.push(`${name} is declared absent`);
    const isKnown = names.has(name) || name === LEGACY || name.startsWith(BY_HAND);
    if (!isKnown) faults.push(`nobody declared or made ${name}`);
  }
  const legacy = services.filter(({ name }) => name === LEGACY);
  if (legacy.length !== 1 || legacy[0]?.['http_port'] !== 9999) faults.push('the service that is not declared changed');
  return faults;
}
