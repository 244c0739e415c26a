import { findParked, findUnsettled } from './memory.ts';
import type { Memory } from './memory.ts';
import { actionFor, nameOf, stepId } from './step.ts';
import type { Actionable, Step } from './step.ts';

/** How many writes of a plan run alone, before all others. 0 turns canaries off. */
export type CanaryRule = { readonly canary: number };

/**
 * Returns the steps that run first and alone: the first ones of the plan, and the steps that these wait for. None if that would be all
 * steps anyway.
 */
export function selectCanaries(steps: readonly Step[], { canary }: CanaryRule): readonly Step[] {
  const byId = new Map<string | null, Step>(steps.map((step) => [stepId(step), step]));
  const selected = new Set<Step>();
  const select = (step: Step | undefined): void => {
    if (step === undefined || selected.has(step)) return;
    select(byId.get(step.waitsFor));
    selected.add(step);
  };
  for (const step of steps) {
    if (selected.size >= canary) break;
    select(step);
  }
  return selected.size === steps.length ? [] : [...selected];
}

/**
 * Returns why nothing new is written while an earlier write of one of these services has failed; null if none has. Otherwise every pass
 * would try the next services, and a bad change would reach all of them.
 */
export function whyHalted(
  candidates: readonly Actionable[],
  { canary, memory }: CanaryRule & { readonly memory: Memory },
): string | null {
  const failed = canary === 0 ? undefined : candidates.find((finding) => hasFailedBefore(finding, memory));
  if (failed === undefined) return null;
  const name = JSON.stringify(nameOf(failed));
  return `canary: the last ${actionFor(failed)} of ${name} did not succeed, and nothing else is written until it does; correct its declaration, or write the others once: vpc-reconciler apply --canary 0`;
}

/** Whether the last write of a service was refused or changed by the API, and neither side has changed since. */
function hasFailedBefore(finding: Actionable, memory: Memory): boolean {
  return findParked(finding, memory) !== null || findUnsettled(finding, memory) !== null;
}
