import { findingKey } from '../../../src/core/compare/compare.ts';
import type { Plan } from '../../../src/core/plan/plan.ts';

/** Returns the steps in order, each as the last character of its key and of the id it waits for: `2`, `1 after 2`. */
export function stepOrder({ steps }: Plan): string[] {
  return steps.map(({ finding, waitsFor }) => {
    const last = findingKey(finding).slice(-1);
    return waitsFor === null ? last : `${last} after ${waitsFor.slice(-1)}`;
  });
}

/** Returns the reasons of the withheld services, each after the last character of its key: `1: the names form a cycle, …`. */
export function withheldReasons({ withheld }: Plan): string[] {
  return withheld.map(({ finding, reason }) => `${findingKey(finding).slice(-1)}: ${reason}`);
}
