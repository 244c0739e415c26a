import * as z from 'zod';
import { isDeeperThan, isObject, sameJson } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { compareText } from '../base/order.ts';
import { formatValue } from '../base/printable.ts';
import { changesBetween, findingId } from '../compare/compare.ts';
import type { Finding } from '../compare/compare.ts';
import { normalize } from '../service/normalize.ts';
import type { Plan, Update } from './plan.ts';

/** A plan that was written to a file, to be applied as it is or not at all. */
export type SavedPlan = z.infer<typeof savedPlanSchema>;

/** A service has four levels. */
const DEEPEST = 50;
const json = z.custom<JsonObject>((value) => isObject(value) && !isDeeperThan(DEEPEST, value));
const savedPlanSchema = z.strictObject({
  /** Rises when the shape changes. */
  plan_version: z.literal(1),
  account_id: z.string(),
  /** The names and ids to which the plan was narrowed; none where it was not. */
  only: z.array(z.string()),
  /** Sorted by service_id, as those of the plan. */
  updates: z.array(
    z.strictObject({
      service_id: z.string(),
      name: z.string(),
      /** The service as it was live, without the times, which an update resets. */
      live: json,
      /** What is to be sent. */
      body: json,
    }),
  ),
});

export function toSavedPlan(plan: Plan, accountId: string, only: readonly string[] = []): SavedPlan {
  return { plan_version: 1, account_id: accountId, only: [...only], updates: plan.updates.map(toSavedUpdate) };
}

/** Reads what `toSavedPlan` made, as JSON; null where the text is something else. */
export function parseSavedPlan(text: string): SavedPlan | null {
  try {
    const savedPlan = savedPlanSchema.safeParse(JSON.parse(text)).data ?? null;
    // What is in it twice would be compared once.
    return savedPlan !== null &&
      new Set(savedPlan.updates.map((each) => each.service_id)).size === savedPlan.updates.length
      ? savedPlan
      : null;
  } catch {
    return null; // No JSON at all: the caller says what was expected.
  }
}

/** What a plan would be applied to now. */
export type Present = {
  readonly plan: Plan;
  /** What the plan was made from. */
  readonly findings: readonly Finding[];
  readonly accountId: string;
};

/** What has moved since a plan was locked: a sentence each, none when the same plan would be made now. */
export function changesSince(savedPlan: SavedPlan, { plan, findings, accountId }: Present): readonly string[] {
  if (savedPlan.account_id !== accountId)
    return [`it was made for the account ${savedPlan.account_id}, not for ${accountId}`];
  const found = new Map(findings.map((finding) => [findingId(finding), finding]));
  const isDone = ({ service_id: id }: SavedPlan['updates'][number]) => found.get(id)?.kind === 'in_sync';
  if (savedPlan.updates.length > 0 && plan.updates.length === 0 && savedPlan.updates.every(isDone)) return [ALL_DONE];
  const now = new Map(plan.updates.map((update) => [update.finding.live.service_id, toSavedUpdate(update)]));
  const then = new Map(savedPlan.updates.map((update) => [update.service_id, update]));
  return [...new Set([...then.keys(), ...now.keys()])].sort(compareText).flatMap((id) => {
    const [before, after] = [then.get(id), now.get(id)];
    const name = JSON.stringify((before ?? after)?.name);
    if (before === undefined) return [`${name} is to be updated now, and was not`];
    if (after === undefined) return [`${name} ${INSTEAD[found.get(id)?.kind ?? 'gone']}`];
    if (before.name !== after.name) return [`${name} is called ${JSON.stringify(after.name)} live`];
    return [
      ...differences(before.live, after.live).map((what) => `${name} changed live: ${what}`),
      ...differences(before.body, after.body).map((what) => `${name} is declared otherwise: ${what}`),
    ];
  });
}

const ALL_DONE = 'all of it is in sync; it seems to have been applied already';

/** What a service is that was to be updated, and is not any more. */
const INSTEAD = {
  in_sync: 'is in sync already',
  drifted: 'is withheld now',
  missing: 'is not live any more',
  unmanaged: 'is not declared any more',
  invalid: 'is set aside, for its declaration does not hold',
  gone: 'is neither declared nor live any more',
} as const;

function toSavedUpdate({ finding, body }: Update): SavedPlan['updates'][number] {
  const { service_id, name, value: whole } = finding.live;
  const live = Object.fromEntries(Object.entries(whole).filter(([key]) => !TIMES.has(key)));
  return { service_id, name, live, body };
}

const TIMES = new Set(['created_at', 'updated_at']);

function differences(before: JsonObject, after: JsonObject): string[] {
  const was = normalize(before);
  const is = normalize(after);
  const told = changesBetween(was.known, is.known).map(
    ({ path, live: old, declared: fresh }) => `${path} was ${formatValue(old)}, is ${formatValue(fresh)}`,
  );
  const unknown = new Set([...was.unknown.keys(), ...is.unknown.keys()]);
  const silent = [...unknown].filter((path) => !sameJson(valueAt(was.unknown, path), valueAt(is.unknown, path)));
  return [...told, ...silent.map((path) => `${path}, which this version does not know, is another`)];
}

function valueAt(fields: ReadonlyMap<string, Json>, path: string): Json {
  return fields.get(path) ?? null;
}
