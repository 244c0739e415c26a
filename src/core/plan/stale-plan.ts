import { sameJson } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { compareText } from '../base/order.ts';
import { formatValues } from '../base/format-value.ts';
import { changesBetween, findingId } from '../compare/compare.ts';
import type { Finding } from '../compare/compare.ts';
import { normalize } from '../service/normalize.ts';
import type { Plan } from './plan.ts';
import { toSavedStep } from './saved-plan.ts';
import type { SavedPlan, SavedStep } from './saved-plan.ts';
import { stepId } from './step.ts';

/** The plan that would be made now. */
export type CurrentPlan = {
  readonly plan: Plan;
  /** The findings that the plan was made from. */
  readonly findings: readonly Finding[];
  readonly accountId: string;
};

/**
 * Returns why a saved plan is stale, one sentence for each difference. The result is empty if the same plan would be made now, and if the
 * plan has been applied and there is nothing else to do.
 */
export function findStaleReasons(savedPlan: SavedPlan, current: CurrentPlan): readonly string[] {
  const { plan, findings, accountId } = current;
  if (savedPlan.account_id !== accountId) {
    return [`it was made for account "${savedPlan.account_id}", and this is account "${accountId}"`];
  }
  const findingById = new Map(findings.map((finding) => [findingId(finding), finding]));
  const isDone = ({ service_id }: SavedStep) => findingById.get(service_id)?.kind === 'in_sync';
  if (plan.steps.length === 0 && savedPlan.steps.every(isDone)) return [];
  const savedById = new Map(savedPlan.steps.map((step) => [step.service_id, step]));
  const currentById = new Map(plan.steps.map((step) => [stepId(step), toSavedStep(step)]));
  const ids = new Set([...savedById.keys(), ...currentById.keys()]);
  return [...ids].sort(compareText).flatMap((id) => {
    const [saved, now] = [savedById.get(id), currentById.get(id)];
    const name = JSON.stringify((saved ?? now)?.name);
    if (saved === undefined) return [`${name} needs an update that the saved plan does not contain`];
    if (now === undefined) return [`${name} ${WHY_NOT_PLANNED[findingById.get(id)?.kind ?? 'gone']}`];
    return describeDifferences(saved, now);
  });
}

/** Why a service in the saved plan is not in the current one. */
const WHY_NOT_PLANNED = {
  in_sync: 'is already in sync',
  drifted: 'is now withheld',
  missing: 'is no longer live',
  unmanaged: 'is no longer declared',
  invalid: 'is skipped because its declaration has problems',
  gone: 'is no longer declared or live',
} as const satisfies Record<Finding['kind'] | 'gone', string>;

function describeDifferences(saved: SavedStep, now: SavedStep): string[] {
  const name = JSON.stringify(saved.name);
  switch (saved.kind) {
    case 'update':
      if (saved.name !== now.name) return [`the live name of ${name} is now ${JSON.stringify(now.name)}`];
      return [
        ...fieldDifferences(saved.live, now.live).map((difference) => `${name} changed live: ${difference}`),
        ...fieldDifferences(saved.body, now.body).map((difference) => `the update of ${name} changed: ${difference}`),
      ];
  }
}

function fieldDifferences(before: JsonObject, after: JsonObject): string[] {
  const [old, current] = [normalize(before), normalize(after)];
  const known = changesBetween(old.known, current.known).map(
    ({ path, live: oldValue, declared: value }) => `${path} was ${formatValues(oldValue, value).join(', is now ')}`,
  );
  const unknownPaths = [...new Set([...old.unknown.keys(), ...current.unknown.keys()])];
  const changed = unknownPaths.filter(
    (path) => !sameJson(old.unknown.get(path) ?? null, current.unknown.get(path) ?? null),
  );
  return [...known, ...changed.map((path) => `the unknown field ${path} has a different value`)];
}
