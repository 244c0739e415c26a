import type { Drifted, Finding } from '../compare/compare.ts';
import { fieldsToCarryOver, toBody } from '../service/normalize.ts';
import type { Fields } from '../service/normalize.ts';
import { exceededLimit } from './limits.ts';
import type { Limits } from './limits.ts';
import { retryTimeOf, runsLast } from './memory.ts';
import { holderOfWantedName, nameHolders, whyNameIsBlocked } from './name-order.ts';
import type { NameHolders } from './name-order.ts';
import type { Step } from './step.ts';
import { selectRetries, whyWithheld } from './withhold.ts';
import type { UnknownFieldsPolicy, Withheld, WithholdOptions, Withholding } from './withhold.ts';

/** The settings that a plan obeys. */
export type PlanRules = Limits & { readonly unknownFields: UnknownFieldsPolicy };

export type PlanOptions = PlanRules &
  WithholdOptions & {
    /** The findings to plan for; null for all. Other services stay as they are and keep their names. */
    readonly only: ReadonlySet<Finding> | null;
  };

/**
 * The steps to take, decided before anything is written. Each selected drifted service is in exactly one of the two lists, sorted by service_id.
 * Exception: updates that failed and are retried come after the others, so that they do not delay them.
 */
export type Plan = { readonly steps: readonly Step[]; readonly withheld: readonly Withheld[] };

export const emptyPlan: Plan = { steps: [], withheld: [] };

/** Decides what to do about the findings. The same findings and options always result in the same plan. */
export function plan(findings: readonly Finding[], options: PlanOptions): Plan {
  const drifted = findings
    .filter((finding) => finding.kind === 'drifted')
    .filter((finding) => options.only?.has(finding) ?? true);
  const holders = nameHolders(findings);
  const decisions = decide(drifted, holders, options);
  const steps = decisions
    .filter(({ withholding }) => withholding === null)
    .toSorted((a, b) => turnOf(a.finding, options) - turnOf(b.finding, options))
    .map(({ finding }) => toUpdate(finding, holders, options));
  const declaredLive = findings.filter(({ kind }) => kind === 'drifted' || kind === 'in_sync').length;
  const tooLarge = exceededLimit(steps, declaredLive, options);
  return {
    steps: tooLarge === null ? steps : [],
    withheld: decisions.flatMap(({ finding, withholding }): Withheld[] => {
      const why = withholding ?? (tooLarge === null ? null : { reason: tooLarge, failure: null });
      return why === null ? [] : [{ finding, ...why }];
    }),
  };
}

type Decision = { readonly finding: Drifted; readonly withholding: Withholding | null };

/** Decides about each service alone first, because a service that is withheld for its own reasons keeps its name. */
function decide(drifted: readonly Drifted[], holders: NameHolders, options: PlanOptions): readonly Decision[] {
  const rules = { ...options, retries: selectRetries(drifted, options) };
  const decisions = drifted.map((finding): Decision => ({ finding, withholding: whyWithheld(finding, rules) }));
  const names = {
    holders,
    drifted: new Map(drifted.map((finding) => [finding.live.service_id, finding])),
    withheldIds: new Set(
      decisions.flatMap(({ finding, withholding }) => (withholding === null ? [] : [finding.live.service_id])),
    ),
  };
  return decisions.map(({ finding, withholding }) => {
    if (withholding !== null) return { finding, withholding };
    const reason = whyNameIsBlocked(finding, names);
    return { finding, withholding: reason === null ? null : { reason, failure: null } };
  });
}

function turnOf(finding: Drifted, { memory }: PlanOptions): number {
  return runsLast(finding, memory) || retryTimeOf(finding, memory) > -Infinity ? 1 : 0;
}

function toUpdate(finding: Drifted, holders: NameHolders, { unknownFields }: PlanOptions): Step {
  const carriedOver =
    unknownFields === 'drop' ? noFields : fieldsToCarryOver(finding.declared, finding.liveFields, finding.unknown);
  return {
    kind: 'update',
    finding,
    body: toBody(finding.declared, carriedOver),
    carriedOver: [...carriedOver.keys()],
    waitsFor: holderOfWantedName(finding, holders),
  };
}

const noFields: Fields = new Map();
