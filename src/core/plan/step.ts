import type { JsonObject } from '../base/json.ts';
import { findingKey } from '../compare/compare.ts';
import type { Drifted, Missing, Unwanted } from '../compare/compare.ts';
import type { Fields } from '../service/normalize.ts';

/** One write to the API. To add a kind of write, add a member to this union; the compiler finds every switch that must handle it. */
export type Step = Create | Update | Delete;
export type StepKind = Step['kind'];

/** One POST that creates a service. It is never repeated blindly; see pass/create-service.ts. */
export type Create = StepOf<'create', Missing> & { readonly body: JsonObject };

/** One PUT that makes a live service match its declaration. */
export type Update = StepOf<'update', Drifted> & { readonly body: JsonObject };

/** One DELETE of a service that is declared absent. */
export type Delete = StepOf<'delete', Unwanted>;

type StepOf<Kind extends string, Finding> = {
  readonly kind: Kind;
  readonly finding: Finding;
  /** The paths of the live service's unknown fields that the body carries over; only an update has any. */
  readonly carriedOver: readonly string[];
  /** The service_id of the service that must give up the wanted name first; null if the name is free or does not change. */
  readonly waitsFor: string | null;
};

/** The findings that a plan can do something about. */
export type Actionable = Step['finding'];

/** Returns what a step would do about a finding. */
export function actionFor(finding: Actionable): StepKind {
  return ({ missing: 'create', drifted: 'update', unwanted: 'delete' } as const)[finding.kind];
}

/** Returns the fields that the service of a finding should have; none if it should not exist. */
export function declaredFields(finding: Actionable): Fields {
  return finding.kind === 'unwanted' ? noFields : finding.declared;
}

const noFields: Fields = new Map();

/** Returns the key of the service that a step writes to: its service_id; or that of its name, if the service does not exist yet. */
export function stepId(step: Step): string {
  return findingKey(step.finding);
}

/** Returns the name by which people know the service of a step. */
export function nameOf(finding: Actionable): string {
  return finding.kind === 'unwanted' ? finding.live.name : finding.declaration.name;
}

/** Returns the number of steps in words: `1 update`, `2 creates, 1 delete`. */
export function describeSteps(steps: readonly Step[]): string {
  return (['create', 'update', 'delete'] as const)
    .map((kind) => ({ kind, count: steps.filter((step) => step.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${count === 1 ? kind : `${kind}s`}`)
    .join(', ');
}
