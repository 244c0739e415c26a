import { failure, FailureError } from '../core/base/failure.ts';
import { isDeclared } from '../core/compare/compare.ts';
import type { Finding } from '../core/compare/compare.ts';
import { selectFindings } from '../core/compare/select.ts';
import { observeContests } from '../core/plan/contest.ts';
import { plan } from '../core/plan/plan.ts';
import type { Plan, PlanOptions, PlanRules } from '../core/plan/plan.ts';
import type { SavedPlan } from '../core/plan/saved-plan.ts';
import { findStaleReasons } from '../core/plan/stale-plan.ts';
import type { OpenFacts } from './record.ts';

export type SelectionOptions = {
  readonly accountId: string;
  readonly rules: PlanRules;
  /** Names and ids of the services to plan, apply and report; all if it is empty or omitted. */
  readonly only?: readonly string[];
  /** Applied only if the same plan would be made now; otherwise nothing is applied. */
  readonly savedPlan?: SavedPlan | undefined;
  /** Called with the plan and all findings, before `only` narrows them. Unlike the report, findings hold the live services. */
  readonly onPlan?: (made: { readonly plan: Plan; readonly findings: readonly Finding[] }) => void;
};

/**
 * Plans for the selected services and keeps only these in the facts. Throws a `FailureError` if `only` names an unknown service or the
 * saved plan is stale; the facts hold the current plan even then.
 */
export function planSelected(
  facts: OpenFacts,
  { rules, only, savedPlan, accountId, onPlan }: SelectionOptions,
  timing: Pick<PlanOptions, 'now' | 'at' | 'retryParked' | 'maxParkedRetries'>,
): void {
  const { findings, memory } = facts;
  const contests = observeContests(facts.contests, findings, { now: timing.now, at: facts.started_at });
  facts.contests = contests;
  const { selected, errors } = selectFindings(findings, only ?? []);
  const isNarrowed = only !== undefined;
  facts.plan = plan(findings, { ...rules, ...timing, memory, contests, only: isNarrowed ? new Set(selected) : null });
  onPlan?.({ plan: facts.plan, findings });
  facts.findings = selected;
  if (isNarrowed) facts.declared = selected.filter(isDeclared).length;
  if (errors.length > 0) throw mismatch('--only', errors);
  if (savedPlan === undefined) return;
  const reasons = findStaleReasons(savedPlan, { plan: facts.plan, findings: selected, accountId });
  if (reasons.length > 0) throw mismatch('the plan is stale', reasons);
}

/** A message contains at most this many reasons. */
const MAX_REASONS = 10;

function mismatch(subject: string, reasons: readonly string[]): FailureError {
  const shown = reasons.slice(0, MAX_REASONS).join('; ');
  const more = reasons.length > MAX_REASONS ? `; and ${reasons.length - MAX_REASONS} more` : '';
  return new FailureError(failure('mismatch', `${subject}: ${shown}${more}`));
}
