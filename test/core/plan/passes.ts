import { failure } from '../../../src/core/base/failure.ts';
import type { JsonObject } from '../../../src/core/base/json.ts';
import type { Finding } from '../../../src/core/compare/compare.ts';
import { emptyMemory } from '../../../src/core/plan/memory.ts';
import type { Memory } from '../../../src/core/plan/memory.ts';
import type { Outcome } from '../../../src/core/plan/outcome.ts';
import { remember } from '../../../src/core/plan/remember.ts';
import { normalize } from '../../../src/core/service/normalize.ts';
import { findings, id, live } from '../builders.ts';

/** A pass over one service: its declared port, its live port, and the outcome of its update. */
export type Pass = { readonly declared: number; readonly live: number; readonly outcome?: Outcome | undefined };

/** Returns the finding of a service with these ports. */
export function findingsOf({ declared, live }: Pass): readonly Finding[] {
  return findings({ declared: [{ tcp_port: declared }], live: [{ tcp_port: live }] });
}

/** Returns the outcomes of a pass by service_id. */
export function outcomesOf({ outcome }: Pass): ReadonlyMap<string, Outcome> {
  return new Map(outcome === undefined ? [] : [[id(1), outcome]]);
}

/** Returns the memory after these passes. */
export function memoryAfter(...passes: readonly Pass[]): Memory {
  return passes.reduce(
    (memory, pass) => remember({ findings: findingsOf(pass), outcomes: outcomesOf(pass), memory, now: 0 }),
    emptyMemory,
  );
}

export const updated: Outcome = { result: 'updated', attempts: 1 };
export const failed: Outcome = { result: 'failed', attempts: 3, failure: failure('transient', 'timeout') };
export const refused: Outcome = { result: 'failed', attempts: 1, failure: failure('rejected', 'Tunnel ID Not Found') };
export const withheld: Outcome = { result: 'withheld', attempts: 0, reason: 'stopped' };

/** The API stored this port instead of the declared one, next to these fields that this version does not know. */
export function unsettled(port: number, fields: JsonObject = {}): Outcome {
  const { known: stored, unknown } = normalize(live({ tcp_port: port, ...fields }).value);
  return { result: 'unsettled', attempts: 1, service_id: id(1), paths: ['tcp_port'], stored, unknown };
}
