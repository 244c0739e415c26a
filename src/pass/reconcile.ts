import type { Signals } from '../core/base/abort.ts';
import type { Clock } from '../core/base/clock.ts';
import { failure, FailureError, toFailure } from '../core/base/failure.ts';
import type { Failure } from '../core/base/failure.ts';
import { compare } from '../core/compare/compare.ts';
import type { Finding } from '../core/compare/compare.ts';
import { selectFindings } from '../core/compare/select.ts';
import { collect } from '../core/load/collect.ts';
import type { Source } from '../core/load/source.ts';
import { emptyMemory } from '../core/plan/memory.ts';
import type { Outcome } from '../core/plan/outcome.ts';
import { plan } from '../core/plan/plan.ts';
import type { Plan, PlanOptions, PlanRules } from '../core/plan/plan.ts';
import { remember } from '../core/plan/remember.ts';
import type { SavedPlan } from '../core/plan/saved-plan.ts';
import { findStaleReasons } from '../core/plan/stale-plan.ts';
import type { Mode, Report, Trigger } from '../core/report/report.ts';
import type { Directory } from '../core/service/directory.ts';
import { apply } from './apply.ts';
import { passDeadline } from './deadline.ts';
import { readerWhileListing } from './read-while-listing.ts';
import { addSource, openRecord } from './record.ts';
import type { OpenFacts } from './record.ts';

export type ReconcilerOptions = {
  readonly source: Source;
  readonly directory: Directory;
  readonly accountId: string;
  /** `detect` and `plan` take the same steps as `apply` and stop before anything is written. */
  readonly mode: Mode;
  readonly rules: PlanRules;
  /** At most this many updates in flight. */
  readonly concurrency: number;
  readonly passTimeoutMs: number;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Called after the folder was read, and after the live services were listed. */
  readonly onStep?: (step: 'read' | 'list') => void;
  /** Called with 0 before the first update, and after each one with how many of the planned updates are done. */
  readonly onProgress?: (done: number, of: number) => void;
  /** Names and ids of the services to plan, apply and report; all if it is empty or omitted. */
  readonly only?: readonly string[];
  /** Applied only if the same plan would be made now; otherwise nothing is applied. */
  readonly savedPlan?: SavedPlan | undefined;
  /** Called with the plan and all findings, before `only` narrows them. Unlike the report, findings hold the live services. */
  readonly onPlan?: (made: { readonly plan: Plan; readonly findings: readonly Finding[] }) => void;
};

/** Runs one pass and returns its report. Never throws: the report holds every failure. */
export type Pass = (trigger: Trigger, signals: Signals) => Promise<Report>;

/** Whether a pass retries parked updates at once, because a person asked for it. */
const RETRIES_PARKED: Readonly<Record<Trigger, boolean>> = {
  startup: false,
  change: false,
  interval: false,
  schedule: false,
  signal: true,
  request: true,
  command: true,
};

/** Returns a function that runs one pass at a time. It remembers the services from pass to pass. */
export function reconciler(options: ReconcilerOptions): Pass {
  const { source, directory, clock, mode, onStep } = options;
  const readWhileListing = readerWhileListing(source, directory);
  let memory = emptyMemory;
  /** Stays true until a pass has started every planned update. */
  let retryParked = false;

  return async (trigger, signals) => {
    const { facts, startMs, close } = openRecord({
      run_id: options.newId(),
      trigger,
      mode,
      account_id: options.accountId,
      memory,
      sourcePath: source.path,
      clock,
      usage: directory.usage,
    });
    retryParked ||= RETRIES_PARKED[trigger];
    const deadline = passDeadline(options.passTimeoutMs, signals.kill);
    const stop = AbortSignal.any([deadline.signal, signals.stop]);
    try {
      const { snapshot, list } = await readWhileListing(stop);
      onStep?.('read');
      const declared = collect(snapshot.files);
      addSource(facts, snapshot, declared);
      const live = await list();
      onStep?.('list');
      facts.findings = compare(declared, live);
      planSelected(facts, options, { now: startMs, retryParked });
      if (mode === 'apply') {
        const { concurrency, onProgress = () => {} } = options;
        const { update } = directory;
        const applied = await apply(facts.plan, { update, concurrency, onProgress, stop, kill: deadline.signal });
        facts.outcomes = applied.outcomes;
        facts.error = applied.denied ?? interruption(applied.outcomes.values(), signals.stop);
      }
      retryParked = [...facts.outcomes.values()].some(({ result }) => result === 'withheld');
      memory = remember({ ...facts, now: clock.elapsedMs() });
    } catch (error) {
      facts.error = toFailure(error);
    } finally {
      deadline.clear();
    }
    return close();
  };
}

/**
 * Plans for the selected services and keeps only these in the facts. Throws a `FailureError` if `only` names an unknown service or the
 * saved plan is stale; the facts hold the current plan even then.
 */
function planSelected(
  facts: OpenFacts,
  { rules, only, savedPlan, accountId, onPlan }: ReconcilerOptions,
  { now, retryParked }: Pick<PlanOptions, 'now' | 'retryParked'>,
): void {
  const { findings, memory } = facts;
  const { selected, errors } = selectFindings(findings, only ?? []);
  const isNarrowed = only !== undefined;
  facts.plan = plan(findings, { ...rules, memory, now, retryParked, only: isNarrowed ? new Set(selected) : null });
  onPlan?.({ plan: facts.plan, findings });
  facts.findings = selected;
  if (isNarrowed) facts.declared = selected.filter(({ kind }) => kind !== 'unmanaged').length;
  if (errors.length > 0) throw mismatch('--only', errors);
  if (savedPlan === undefined) return;
  const reasons = findStaleReasons(savedPlan, { plan: facts.plan, findings: selected, accountId });
  if (reasons.length > 0) throw mismatch('the saved plan is stale', reasons);
}

/** At most this many reasons in one message. */
const MOST_REASONS = 10;

function mismatch(subject: string, reasons: readonly string[]): FailureError {
  const shown = reasons.slice(0, MOST_REASONS).join('; ');
  const more = reasons.length > MOST_REASONS ? `; and ${reasons.length - MOST_REASONS} more` : '';
  return new FailureError(failure('mismatch', `${subject}: ${shown}${more}`));
}

/** Returns a failure if a stop left updates undone. A stop after the last update interrupted nothing. */
function interruption(outcomes: Iterable<Outcome>, stop: AbortSignal): Failure | null {
  const isInterrupted = stop.aborted && [...outcomes].some(isUndone);
  return isInterrupted ? failure('interrupted', 'stopped before all updates were done') : null;
}

function isUndone(outcome: Outcome): boolean {
  return outcome.result === 'withheld' || (outcome.result === 'failed' && outcome.failure.kind === 'interrupted');
}
