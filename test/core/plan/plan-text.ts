import type { Plan } from '../../../src/core/plan/plan.ts';

/** Returns the steps in order, each as the last digit of its id and of the id it waits for: `2`, `1 after 2`. */
export function stepOrder({ steps }: Plan): string[] {
  return steps.map(({ finding, waitsFor }) => {
    const digit = finding.live.service_id.slice(-1);
    return waitsFor === null ? digit : `${digit} after ${waitsFor.slice(-1)}`;
  });
}

/** Returns the reasons of the withheld services, each after the last digit of the id: `1: the names form a cycle, …`. */
export function withheldReasons({ withheld }: Plan): string[] {
  return withheld.map(({ finding, reason }) => `${finding.live.service_id.slice(-1)}: ${reason}`);
}
