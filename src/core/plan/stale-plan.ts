import { sameJson } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { compareText } from '../base/order.ts';
import { formatValues } from '../base/format-value.ts';
import { changesBetween, findingKey, liveOf } from '../compare/compare.ts';
import type { Finding } from '../compare/compare.ts';
import { normalize } from '../service/normalize.ts';
import type { Plan } from './plan.ts';
import { savedStepId, toSavedStep } from './saved-plan.ts';
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
  const findingById = new Map(findings.map((finding) => [findingKey(finding), finding]));
  const isDone = (step: SavedStep) => isCarriedOut(step, findings, findingById);
  if (plan.steps.length === 0 && savedPlan.steps.every(isDone)) return [];
  const savedById = new Map(savedPlan.steps.map((step) => [savedStepId(step), step]));
  const currentById = new Map(plan.steps.map((step) => [stepId(step), toSavedStep(step)]));
  const added = [...currentById].filter(([id]) => !savedById.has(id));
  const reasons = [
    ...added.map(([id, { name, kind }]) => {
      const text = `${JSON.stringify(name)} needs ${NEEDS[kind]} that the saved plan does not contain`;
      return { id, texts: [text] };
    }),
    ...[...savedById].map(([id, saved]) => {
      const now = currentById.get(id);
      if (now !== undefined) return { id, texts: describeDifferences(saved, now) };
      return { id, texts: [`${JSON.stringify(saved.name)} ${whyNotPlanned(saved, findings, findingById)}`] };
    }),
  ];
  return reasons.sort((a, b) => compareText(a.id, b.id)).flatMap(({ texts }) => texts);
}

type FindingsByKey = ReadonlyMap<string, Finding>;

const NEEDS = { create: 'a create', update: 'an update', delete: 'a delete' } as const;

/** Whether the service is as the step would make it. A created service has another key than the step. */
function isCarriedOut(step: SavedStep, findings: readonly Finding[], findingById: FindingsByKey): boolean {
  switch (step.kind) {
    case 'create':
      return findings.some((finding) => finding.kind === 'in_sync' && finding.declaration.name === step.name);
    case 'update':
      return findingById.get(step.service_id)?.kind === 'in_sync';
    case 'delete':
      return !findings.some((finding) => liveOf(finding)?.service_id === step.service_id);
  }
}

function whyNotPlanned(step: SavedStep, findings: readonly Finding[], findingById: FindingsByKey): string {
  if (step.kind === 'create' && findings.some((finding) => liveOf(finding)?.name === step.name))
    return 'is already live';
  if (step.kind === 'delete' && isCarriedOut(step, findings, findingById)) return 'is no longer live';
  const kind = findingById.get(savedStepId(step))?.kind ?? 'undeclared';
  return step.kind === 'create' && kind === 'missing' ? WHY_NOT_PLANNED.drifted : WHY_NOT_PLANNED[kind];
}

/** Why a service in the saved plan is not in the current one. */
const WHY_NOT_PLANNED = {
  in_sync: 'is already in sync',
  drifted: 'is now withheld',
  missing: 'is no longer live',
  unwanted: 'is now withheld',
  gone: 'is no longer live',
  unmanaged: 'is no longer declared',
  invalid: 'is skipped because its declaration has problems',
  undeclared: 'is no longer declared or live',
} as const satisfies Record<Finding['kind'] | 'undeclared', string>;

function describeDifferences(saved: SavedStep, now: SavedStep): string[] {
  const name = JSON.stringify(saved.name);
  if (saved.kind !== now.kind) return [`${name} needs ${NEEDS[now.kind]}, and the saved plan has another step for it`];
  if (saved.name !== now.name) return [`the live name of ${name} is now ${JSON.stringify(now.name)}`];
  return [
    ...fieldDifferences(liveIn(saved), liveIn(now)).map((difference) => `${name} changed live: ${difference}`),
    ...fieldDifferences(bodyIn(saved), bodyIn(now)).map(
      (difference) => `the ${saved.kind} of ${name} changed: ${difference}`,
    ),
  ];
}

function liveIn(step: SavedStep): JsonObject {
  return step.kind === 'create' ? {} : step.live;
}

function bodyIn(step: SavedStep): JsonObject {
  return step.kind === 'delete' ? {} : step.body;
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
