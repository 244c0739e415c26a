import type { JsonObject } from '../base/json.ts';
import type { Drifted } from '../compare/compare.ts';

/** One write to the API. To add a kind of write, add a member to this union; the compiler finds every switch that must handle it. */
export type Step = Update;

/** One PUT that makes a live service match its declaration. */
export type Update = {
  readonly kind: 'update';
  readonly finding: Drifted;
  readonly body: JsonObject;
  /** The paths of the live service's unknown fields that the body carries over. */
  readonly carriedOver: readonly string[];
  /** The service_id of the service that must give up the wanted name first; null if the name is free or does not change. */
  readonly waitsFor: string | null;
};

/** Returns the service_id of the live service that a step writes to. */
export function stepId(step: Step): string {
  switch (step.kind) {
    case 'update':
      return step.finding.live.service_id;
  }
}

/** Returns the number of steps in words: `1 update`, `12 updates`. */
export function describeSteps(steps: readonly Step[]): string {
  const counts = Map.groupBy(steps, ({ kind }) => kind);
  return [...counts].map(([kind, { length }]) => `${length} ${length === 1 ? kind : `${kind}s`}`).join(', ');
}
