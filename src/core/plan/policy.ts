import type { StepKind } from './step.ts';

/** The writes that a plan may contain: update services; also create them; also delete those that are declared absent. */
export const POLICIES = ['update', 'upsert', 'sync'] as const;
export type Policy = (typeof POLICIES)[number];

/** The first policy that allows each kind of step. */
const NEEDED = { update: 'update', create: 'upsert', delete: 'sync' } as const satisfies Record<StepKind, Policy>;

const REFUSALS = {
  create: 'which creates no services',
  update: 'which updates no services',
  delete: 'which deletes no services',
} as const satisfies Record<StepKind, string>;

/** Returns why a policy does not allow a kind of step, and the setting that would; null if it does. */
export function refusalBy(policy: Policy, kind: StepKind): string | null {
  const needed = NEEDED[kind];
  if (POLICIES.indexOf(policy) >= POLICIES.indexOf(needed)) return null;
  return `policy is ${policy}, ${REFUSALS[kind]}; set policy to ${needed}, or allow it once: vpc-reconciler apply --policy ${needed}`;
}
