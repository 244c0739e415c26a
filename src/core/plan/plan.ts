import { liveOf } from '../compare/compare.ts';
import type { Drifted, Finding, Missing } from '../compare/compare.ts';
import { isActive } from '../service/instructions.ts';
import { fieldsToCarryOver, toBody } from '../service/normalize.ts';
import type { Fields } from '../service/normalize.ts';
import { whyHalted } from './canary.ts';
import type { CanaryRule } from './canary.ts';
import { accountFull, exceededLimit, MAX_SERVICES, tooManyDeletes } from './limits.ts';
import type { Limits } from './limits.ts';
import { retryTimeOf } from './contest.ts';
import { runsLast } from './memory.ts';
import { holderOfWantedName, nameHolders, whyNameIsBlocked } from './name-order.ts';
import type { NameHolders } from './name-order.ts';
import type { Policy } from './policy.ts';
import { actionFor } from './step.ts';
import type { Actionable, Step } from './step.ts';
import { selectRetries, whyWithheld, withholding } from './withhold.ts';
import type { UnknownFieldsPolicy, Withheld, WithholdOptions, Withholding } from './withhold.ts';

/** The settings that a plan obeys. */
export type PlanRules = Limits & CanaryRule & { readonly policy: Policy; readonly unknownFields: UnknownFieldsPolicy };

export type PlanOptions = PlanRules &
  WithholdOptions & {
    /** The findings to plan for; null for all. Other services stay as they are and keep their names. */
    readonly only: ReadonlySet<Finding> | null;
  };

/**
 * The steps to take, decided before anything is written. Each selected service that a step could bring in sync is in exactly one of the two
 * lists, in the order of the findings. Exception: steps that failed and are retried come last, or first if there are canaries.
 */
export type Plan = { readonly steps: readonly Step[]; readonly withheld: readonly Withheld[] };

export const emptyPlan: Plan = { steps: [], withheld: [] };

/** Decides what to do about the findings. The same findings and options always result in the same plan. */
export function plan(findings: readonly Finding[], options: PlanOptions): Plan {
  const selected = findings
    .filter((finding) => isActionable(finding, options.at))
    .filter((finding) => options.only?.has(finding) ?? true);
  const holders = nameHolders(findings);
  const circumstances = { holders, live: countLive(findings), unreadable: findUnreadable(findings), options };
  const decisions = decide(selected, circumstances);
  const steps = decisions
    .filter(({ why }) => why === null)
    .toSorted((a, b) => turnOf(a.finding, options) - turnOf(b.finding, options))
    .map(({ finding }) => toStep(finding, holders, options));
  const declaredLive = findings.filter(({ kind }) => DECLARED_LIVE.has(kind)).length;
  const tooLarge = exceededLimit(steps, declaredLive, options);
  return {
    steps: tooLarge === null ? steps : [],
    withheld: decisions.flatMap(({ finding, why }): Withheld[] => {
      const reason = why ?? (tooLarge === null ? null : withholding(tooLarge));
      return reason === null ? [] : [{ finding, ...reason }];
    }),
  };
}

const DECLARED_LIVE: ReadonlySet<Finding['kind']> = new Set(['in_sync', 'drifted', 'unwanted']);

/** Whether a step could bring the service of a finding in sync. A service that cannot be created counts only while it is paused. */
function isActionable(finding: Finding, at: number): finding is Actionable {
  if (finding.kind !== 'missing') return finding.kind === 'drifted' || finding.kind === 'unwanted';
  const { pause } = finding.declaration.instructions;
  return finding.hint === null || (pause !== null && isActive(pause, at));
}

/** Counts everything in the account, including items of the list that cannot be used. */
function countLive(findings: readonly Finding[]): number {
  const live = new Set(findings.flatMap((finding) => liveOf(finding)?.service_id ?? []));
  const unusable = findings.filter((finding) => finding.kind === 'invalid' && finding.skipped.by === 'list');
  return live.size + unusable.length;
}

type Decision = { readonly finding: Actionable; readonly why: Withholding | null };

type Circumstances = {
  readonly holders: NameHolders;
  readonly live: number;
  /** The place of a declaration whose service is unknown; null if there is none. */
  readonly unreadable: string | null;
  readonly options: PlanOptions;
};

/** Decides about each service alone first, because a service that is withheld for its own reasons keeps its name. */
function decide(
  selected: readonly Actionable[],
  { holders, live, unreadable, options }: Circumstances,
): readonly Decision[] {
  const rules = { ...options, retries: selectRetries(selected, options) };
  const alone = selected.map((finding): Decision => ({ finding, why: whyWithheld(finding, rules) }));
  const certain = unlessUnreadable(alone, unreadable);
  const counted = withinAccount(withinDeletes(unlessHalted(certain, options), options), live);
  const names = {
    holders,
    changing: new Map(selected.flatMap((finding) => entryById(finding))),
    withheldIds: new Set(
      counted.flatMap(({ finding, why }) => (why === null ? [] : (liveOf(finding)?.service_id ?? []))),
    ),
  };
  return counted.map(({ finding, why }) => {
    const reason = why === null ? whyNameIsBlocked(finding, names) : null;
    return { finding, why: reason === null ? why : withholding(reason) };
  });
}

function entryById(finding: Actionable): readonly (readonly [string, Actionable])[] {
  const id = liveOf(finding)?.service_id;
  return id === undefined ? [] : [[id, finding]];
}

/** Withholds everything but retries while the last write of a service has failed, if there are canaries. */
function unlessHalted(decisions: readonly Decision[], options: PlanOptions): readonly Decision[] {
  const candidates = decisions.filter(({ why }) => why?.result !== 'paused').map(({ finding }) => finding);
  const reason = whyHalted(candidates, options);
  if (reason === null) return decisions;
  return decisions.map((decision) => {
    const isNew = decision.why === null && retryTimeOf(decision.finding, options) === -Infinity;
    return isNew ? { ...decision, why: withholding(reason) } : decision;
  });
}

function findUnreadable(findings: readonly Finding[]): string | null {
  for (const finding of findings) {
    if (finding.kind !== 'invalid' || finding.skipped.by !== 'declaration') continue;
    const { service_id, name, file, line } = finding.skipped;
    if (service_id === null && name === null) return `${file}:${line}`;
  }
  return null;
}

/** Withholds all deletes while the folder may declare the same services elsewhere, in which case no declaration of them would count. */
function unlessUnreadable(decisions: readonly Decision[], unreadable: string | null): readonly Decision[] {
  if (unreadable === null) return decisions;
  return withoutDeletes(
    decisions,
    `the declaration at ${unreadable} cannot be read, and may be for this service; correct it first`,
  );
}

/** Withholds all deletes if there are too many. */
function withinDeletes(decisions: readonly Decision[], limits: Limits): readonly Decision[] {
  const reason = tooManyDeletes(decisions.filter(isDelete).length, limits);
  return reason === null ? decisions : withoutDeletes(decisions, reason);
}

function withoutDeletes(decisions: readonly Decision[], reason: string): readonly Decision[] {
  return decisions.map((decision) => (isDelete(decision) ? { ...decision, why: withholding(reason) } : decision));
}

function isDelete({ finding, why }: Decision): boolean {
  return why === null && actionFor(finding) === 'delete';
}

/** Withholds the creates for which the account has no room. Deletes of the same plan make room for the next one only. */
function withinAccount(decisions: readonly Decision[], live: number): readonly Decision[] {
  let room = MAX_SERVICES - live;
  return decisions.map((decision) => {
    if (decision.why !== null || actionFor(decision.finding) !== 'create') return decision;
    room -= 1;
    return room >= 0 ? decision : { ...decision, why: withholding(accountFull(live)) };
  });
}

/** Steps that failed before come last, so that they do not delay the others; or first, if they decide as canaries about the others. */
function turnOf(finding: Actionable, options: PlanOptions): number {
  const hasFailed = runsLast(finding, options.memory) || retryTimeOf(finding, options) > -Infinity;
  if (!hasFailed) return 0;
  return options.canary > 0 ? -1 : 1;
}

function toStep(finding: Actionable, holders: NameHolders, options: PlanOptions): Step {
  const waitsFor = holderOfWantedName(finding, holders);
  switch (finding.kind) {
    case 'missing':
      return toCreate(finding, waitsFor);
    case 'drifted':
      return toUpdate(finding, waitsFor, options);
    case 'unwanted':
      return { kind: 'delete', finding, carriedOver: [], waitsFor };
  }
}

function toCreate(finding: Missing, waitsFor: string | null): Step {
  return { kind: 'create', finding, body: toBody(finding.declared, noFields), carriedOver: [], waitsFor };
}

function toUpdate(finding: Drifted, waitsFor: string | null, { unknownFields }: PlanOptions): Step {
  const carriedOver =
    unknownFields === 'drop' ? noFields : fieldsToCarryOver(finding.declared, finding.liveFields, finding.unknown);
  return {
    kind: 'update',
    finding,
    body: toBody(finding.declared, carriedOver),
    carriedOver: [...carriedOver.keys()],
    waitsFor,
  };
}

const noFields: Fields = new Map();
