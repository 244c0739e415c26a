import * as z from 'zod';
import { isDeeperThan, isObject, parseJson } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { keyOfName } from '../compare/compare.ts';
import type { LiveService } from '../service/directory.ts';
import type { Plan } from './plan.ts';
import type { Step } from './step.ts';

/** The file that `plan --out` writes. `apply FILE` applies exactly this plan or nothing. */
export type SavedPlan = z.infer<typeof savedPlanSchema>;
export type SavedStep = SavedPlan['steps'][number];

/** A saved service may be nested at most this deep. A real one has four levels. */
const MAX_DEPTH = 50;

const json = z.custom<JsonObject>((value) => isObject(value) && !isDeeperThan(MAX_DEPTH, value));
/** The live service without its timestamps, which every update resets. */
const live = { service_id: z.string(), name: z.string(), live: json };
/** The body to send. */
const body = json;
const savedCreateSchema = z.strictObject({ kind: z.literal('create'), service_id: z.null(), name: z.string(), body });
const savedUpdateSchema = z.strictObject({ kind: z.literal('update'), ...live, body });
const savedDeleteSchema = z.strictObject({ kind: z.literal('delete'), ...live });
const savedPlanSchema = z.strictObject({
  /** Increases when the format changes. */
  plan_version: z.literal(2),
  account_id: z.string(),
  /** The names and ids given as `--only`; empty if the plan covers all services. */
  only: z.array(z.string()),
  /** In the order of the plan. */
  steps: z.array(z.discriminatedUnion('kind', [savedCreateSchema, savedUpdateSchema, savedDeleteSchema])),
});

/** Fields that the API sets on every update. */
const TIMESTAMPS = new Set(['created_at', 'updated_at']);

export function toSavedPlan(plan: Plan, accountId: string, only: readonly string[] = []): SavedPlan {
  return { plan_version: 2, account_id: accountId, only: [...only], steps: plan.steps.map(toSavedStep) };
}

export function toSavedStep(step: Step): SavedStep {
  switch (step.kind) {
    case 'create':
      return { kind: step.kind, service_id: null, name: step.finding.declaration.name, body: step.body };
    case 'update':
      return { kind: step.kind, ...toSavedLive(step.finding.live), body: step.body };
    case 'delete':
      return { kind: step.kind, ...toSavedLive(step.finding.live) };
  }
}

function toSavedLive({ service_id, name, value }: LiveService) {
  const live = Object.fromEntries(Object.entries(value).filter(([key]) => !TIMESTAMPS.has(key)));
  return { service_id, name, live };
}

/** Returns the key of the service that a saved step writes to; see `stepId`. */
export function savedStepId({ service_id, name }: SavedStep): string {
  return service_id ?? keyOfName(name);
}

/** Reads the JSON of a saved plan. Returns null if the text is anything else. */
export function parseSavedPlan(text: string): SavedPlan | null {
  try {
    const savedPlan = savedPlanSchema.parse(parseJson(text));
    return hasDuplicates(savedPlan) ? null : savedPlan;
  } catch {
    return null; // Neither JSON nor a plan. The caller reports what was expected.
  }
}

/** Only one of two steps for the same service would be checked before both are applied. */
function hasDuplicates({ steps }: SavedPlan): boolean {
  return new Set(steps.map(savedStepId)).size < steps.length;
}
