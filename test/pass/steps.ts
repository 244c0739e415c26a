import type { JsonObject } from '../../src/core/base/json.ts';
import { compare } from '../../src/core/compare/compare.ts';
import { collect } from '../../src/core/load/collect.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import { plan } from '../../src/core/plan/plan.ts';
import type { Plan, PlanOptions } from '../../src/core/plan/plan.ts';
import type { Create, Delete, Step, Update } from '../../src/core/plan/step.ts';
import type { LiveService } from '../../src/core/service/directory.ts';
import { planOptions } from '../core/builders.ts';

/** Returns the plan that makes live services as declared, with the policy `sync`. */
export function planFor(
  declared: readonly JsonObject[],
  live: readonly LiveService[],
  options: Partial<PlanOptions> = {},
): Plan {
  const files = declared.map((value, index) => parseFile(`${index}.json`, JSON.stringify(value)));
  return plan(compare(collect(files), live), planOptions({ policy: 'sync', ...options }));
}

/** Returns the only step of a plan. Throws if it has another number of steps, or a step of another kind. */
export function onlyStep(kind: 'create', plan: Plan): Create;
export function onlyStep(kind: 'update', plan: Plan): Update;
export function onlyStep(kind: 'delete', plan: Plan): Delete;
export function onlyStep(kind: Step['kind'], { steps }: Plan): Step {
  const [step] = steps;
  if (step?.kind !== kind || steps.length > 1) throw new Error(`expected one ${kind}, found ${JSON.stringify(steps)}`);
  return step;
}
