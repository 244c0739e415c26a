import * as z from 'zod';
import { isDeeperThan, isObject, parseJson } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import type { Plan } from './plan.ts';
import type { Step } from './step.ts';

/** The file that `plan --out` writes. `apply FILE` applies exactly this plan or nothing. */
export type SavedPlan = z.infer<typeof savedPlanSchema>;
export type SavedStep = SavedPlan['steps'][number];

/** A saved service may be nested at most this deep. A real one has four levels. */
const MAX_DEPTH = 50;

const json = z.custom<JsonObject>((value) => isObject(value) && !isDeeperThan(MAX_DEPTH, value));
const savedUpdateSchema = z.strictObject({
  kind: z.literal('update' satisfies Step['kind']),
  service_id: z.string(),
  name: z.string(),
  /** The live service without its timestamps, which every update resets. */
  live: json,
  /** The body to send. */
  body: json,
});
const savedPlanSchema = z.strictObject({
  /** Increases when the format changes. */
  plan_version: z.literal(1),
  account_id: z.string(),
  /** The names and ids given as `--only`; empty if the plan covers all services. */
  only: z.array(z.string()),
  /** In the order of the plan. */
  steps: z.array(z.discriminatedUnion('kind', [savedUpdateSchema])),
});

/** Fields that the API sets on every update. */
const TIMESTAMPS = new Set(['created_at', 'updated_at']);

export function toSavedPlan(plan: Plan, accountId: string, only: readonly string[] = []): SavedPlan {
  return { plan_version: 1, account_id: accountId, only: [...only], steps: plan.steps.map(toSavedStep) };
}

export function toSavedStep(step: Step): SavedStep {
  switch (step.kind) {
    case 'update': {
      const { service_id, name, value } = step.finding.live;
      const live = Object.fromEntries(Object.entries(value).filter(([key]) => !TIMESTAMPS.has(key)));
      return { kind: step.kind, service_id, name, live, body: step.body };
    }
  }
}

/** Reads the JSON of a saved plan. Returns null if the text is anything else. */
export function parseSavedPlan(text: string): SavedPlan | null {
  try {
    const savedPlan = savedPlanSchema.safeParse(parseJson(text)).data ?? null;
    return savedPlan === null || hasDuplicates(savedPlan) ? null : savedPlan;
  } catch {
    return null; // Not JSON. The caller reports what was expected.
  }
}

/** Only one of two steps for the same service would be checked before both are applied. */
function hasDuplicates({ steps }: SavedPlan): boolean {
  return new Set(steps.map((step) => step.service_id)).size < steps.length;
}
