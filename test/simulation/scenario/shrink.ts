import { simulate } from '../simulation.ts';
import type { Scenario } from './scenario.ts';

/** At most so many simulations, because each takes a moment. */
const MAX_RUNS = 150;

/** Returns a smaller scenario that breaks the same rule: fewer events, then fewer services. */
export async function shrink(scenario: Scenario, rule: string): Promise<Scenario> {
  let runs = 0;
  const stillFails = async (candidate: Scenario): Promise<boolean> => {
    runs += 1;
    if (runs > MAX_RUNS) return false;
    const { violations } = await simulate(candidate);
    return violations.some((violation) => violation.rule === rule);
  };
  let smallest = scenario;
  for (const size of sizes(smallest.events.length)) {
    for (let start = 0; start < smallest.events.length;) {
      const events = smallest.events.filter((_, index) => index < start || index >= start + size);
      const candidate = { ...smallest, events };
      if (await stillFails(candidate)) smallest = candidate;
      else start += size;
    }
  }
  for (let services = 1; services < smallest.services; services *= 2) {
    const candidate = { ...smallest, services };
    if (!(await stillFails(candidate))) continue;
    smallest = candidate;
    break;
  }
  return smallest;
}

/** Half of it, a quarter, and so on down to one. */
function sizes(count: number): readonly number[] {
  const halves = [];
  for (let size = count; size > 1;) halves.push((size = Math.ceil(size / 2)));
  return halves.length === 0 ? [1] : halves;
}
