import type { Signals } from '../core/base/abort.ts';
import type { Clock } from '../core/base/clock.ts';
import { failure, toFailure } from '../core/base/failure.ts';
import type { Failure } from '../core/base/failure.ts';
import { findConflicts } from '../core/compare/claims.ts';
import { compare } from '../core/compare/compare.ts';
import type { Finding } from '../core/compare/compare.ts';
import { findUndeclared, rememberDeclared } from '../core/compare/undeclared.ts';
import type { DeclaredServices } from '../core/compare/undeclared.ts';
import { collect, setAside } from '../core/load/collect.ts';
import type { Declared } from '../core/load/collect.ts';
import type { Source } from '../core/load/source.ts';
import type { PreventedWrite } from '../core/plan/assertions/violation.ts';
import { contestsAfter, noContests } from '../core/plan/contest.ts';
import type { Knowledge } from '../core/plan/contest.ts';
import { emptyMemory } from '../core/plan/memory.ts';
import type { Outcome } from '../core/plan/outcome.ts';
import type { Plan } from '../core/plan/plan.ts';
import { remember } from '../core/plan/remember.ts';
import { RETRIES_PARKED } from '../core/report/pass.ts';
import type { Mode, Trigger } from '../core/report/pass.ts';
import type { PassFacts, Report, SourceFacts } from '../core/report/report.ts';
import type { Suspension, WritePause } from '../core/report/suspension.ts';
import type { Directory, ListedItem } from '../core/service/directory.ts';
import { nextExpiry } from '../core/service/instructions.ts';
import { viewAccount } from './account-view.ts';
import { apply } from './apply.ts';
import type { Applied } from './apply.ts';
import { passDeadline } from './deadline.ts';
import { withOwnWrites } from './own-writes.ts';
import type { ConsistentDirectory } from './own-writes.ts';
import { planSelected } from './plan-selected.ts';
import type { SelectionOptions } from './plan-selected.ts';
import { readerWhileListing, timedList } from './read-while-listing.ts';
import type { WriteGuardOptions } from './write-guard.ts';
import { guardWrites } from './write-guard.ts';
import { addSource, openRecord } from './record.ts';

export type ReconcilerOptions = SelectionOptions & {
  readonly source: Source;
  readonly directory: Directory;
  /** `detect` and `plan` take the same steps as `apply` and stop before anything is written. */
  readonly mode: Mode;
  /** At most this many updates in flight. */
  readonly concurrency: number;
  readonly passTimeoutMs: number;
  /** Returns how many requests may be spent on retries of parked updates now; no limit by default. */
  readonly spareRequests?: () => number;
  /** The switch that pauses all writes; without it, they are never paused. */
  readonly pause?: WritePause;
  readonly clock: Clock;
  readonly newId: () => string;
  /** The services that were declared before the first pass, if that is known. */
  readonly declaredBefore?: DeclaredServices;
  /** Called when the folder was read, with its commit. */
  readonly onSource?: (source: SourceFacts) => void;
  /** Called with the findings of every pass that compared declared and live services. */
  readonly onFindings?: (findings: readonly Finding[]) => void;
  /** Called after the folder was read, and after the live services were listed. */
  readonly onStep?: (step: 'read' | 'list') => void;
  /** Called before the first update and after each one, with the number of finished and of planned updates. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called with each write that is not sent because of a bug in this program; see `WRITE_ASSERTIONS`. */
  readonly onPrevented?: (prevented: PreventedWrite) => void;
};

/** Runs one pass and returns its report. Never throws: the report holds every failure. */
export type Pass = (trigger: Trigger, signals: Signals) => Promise<Report>;

/** Returns a function that runs one pass at a time. It remembers the services from pass to pass. */
export function reconciler(options: ReconcilerOptions): Pass {
  const { source, directory, clock, mode, onStep, onFindings, pause, spareRequests = () => Infinity } = options;
  const account = withOwnWrites(directory, clock.elapsedMs);
  const readWhileListing = readerWhileListing(source, account, clock.elapsedMs);
  let known: Knowledge = { memory: emptyMemory, contests: noContests };
  let declaredBefore: DeclaredServices = options.declaredBefore ?? new Map();
  /** Stays true until a pass has started every planned update and every retry. */
  let retryParked = false;
  /** Whether the plan of the last pass was superseded. */
  let wasSuperseded = false;

  return async (trigger, signals) => {
    const { facts, startMs, close } = openRecord({
      run_id: options.newId(),
      trigger,
      mode,
      account_id: options.accountId,
      ...known,
      paused: pause?.current() ?? null,
      sourcePath: source.path,
      clock,
      usage: directory.usage,
    });
    retryParked ||= RETRIES_PARKED[trigger];
    const deadline = passDeadline(options.passTimeoutMs, signals.kill);
    const stop = AbortSignal.any([deadline.signal, signals.stop]);
    const pauseSignals = pause === undefined ? [] : [pause.signal()];
    try {
      const readAt = clock.elapsedMs();
      const { snapshot, list } = await readWhileListing(stop);
      onStep?.('read');
      const read = collect(snapshot.files);
      addSource(facts, snapshot, read, options.onSource);
      const { items: live, listedAt } = await list();
      onStep?.('list');
      const at = clock.now().getTime();
      const declared = setAside(read, findConflicts(read, live));
      facts.problems = declared.problems;
      facts.next_expiry = nextExpiryOf(declared, facts.paused, at);
      facts.findings = compare(declared, live, at);
      onFindings?.(facts.findings);
      facts.undeclared = findUndeclared(declaredBefore, facts.findings);
      declaredBefore = rememberDeclared(declaredBefore, facts.findings);
      planSelected(facts, options, { now: startMs, at, retryParked, maxParkedRetries: spareRequests() });
      facts.unconfirmed = unconfirmedIn(facts.findings, account.unconfirmed());
      if (mode === 'apply' && facts.paused === null) {
        const basis = { planned: read, readAt, listed: live, listedAt, at, isPatient: wasSuperseded };
        const { outcomes, denied } = await applyPlan(facts.plan, account, {
          ...options,
          ...basis,
          stop: AbortSignal.any([stop, ...pauseSignals]),
          kill: deadline.signal,
        });
        facts.outcomes = outcomes;
        facts.error = denied ?? interruption(outcomes.values(), signals.stop);
      }
      wasSuperseded = [...facts.outcomes.values()].some(isSuperseded);
      retryParked &&= leavesRetries(facts);
      known = learn(facts, clock.elapsedMs());
    } catch (error) {
      facts.error = toFailure(error);
    } finally {
      deadline.clear();
    }
    return close();
  };
}

/** Returns what is known after a pass, which ends now. */
function learn(facts: PassFacts, now: number): Knowledge {
  return { memory: remember({ ...facts, now }), contests: contestsAfter(facts.contests, { ...facts, now }) };
}

/** Whether the pass did not start a retry or an update. */
function leavesRetries({ plan, outcomes }: Pick<PassFacts, 'plan' | 'outcomes'>): boolean {
  const isParked = plan.withheld.some(({ failure: refusal }) => refusal !== null);
  return isParked || [...outcomes.values()].some(({ result }) => result === 'withheld');
}

type PlanBasis = Pick<WriteGuardOptions, 'planned' | 'isPatient' | 'readAt' | 'listedAt'> & {
  readonly listed: readonly ListedItem[];
  /** When the plan was made, in milliseconds of Unix time. */
  readonly at: number;
};

/** Applies a plan while the folder and the account are as it assumes. */
async function applyPlan(
  plan: Plan,
  account: ConsistentDirectory,
  options: ReconcilerOptions & PlanBasis & Signals,
): Promise<Applied> {
  const { clock, concurrency, onProgress = () => {}, onPrevented = () => {}, kill, rules } = options;
  if (plan.steps.length === 0) return { outcomes: new Map(), denied: null };
  const { directory, view } = viewAccount(account, options.listed);
  const { accountId, mode, at, pause } = options;
  const { policy, unknownFields } = rules;
  const guard = guardWrites({
    ...options,
    steps: plan.steps,
    list: directory.list,
    view,
    facts: () => ({ accountId, mode, at, policy, unknownFields, isPaused: (pause?.current() ?? null) !== null }),
    onPrevented,
    now: clock.elapsedMs,
  });
  try {
    const { stop, gateOf, onList } = guard;
    const list: Directory['list'] = async (signals) => {
      const { items, listedAt } = await timedList(directory.list, signals, clock.elapsedMs);
      onList(listedAt);
      return items;
    };
    return await apply(plan, {
      directory: { ...directory, list },
      gateOf,
      concurrency,
      canary: rules.canary,
      onProgress,
      stop,
      kill,
    });
  } finally {
    guard.close();
  }
}

/** Returns when the first pause or ignored difference ends, as RFC 3339. */
function nextExpiryOf({ declarations, tombstones }: Declared, paused: Suspension | null, at: number): string | null {
  const next = nextExpiry(
    [...declarations, ...tombstones].map(({ instructions }) => instructions),
    at,
  );
  const ends = [next, paused?.until == null ? null : Date.parse(paused.until)].filter((end) => end !== null);
  return ends.length === 0 ? null : new Date(Math.min(...ends)).toISOString();
}

/** Returns the services that are in sync only as far as this process knows, because the list does not show its last write. */
function unconfirmedIn(findings: readonly Finding[], unconfirmed: ReadonlyMap<string, string>): readonly string[] {
  if (unconfirmed.size === 0) return [];
  const ids = findings.flatMap((finding): string[] => {
    if (finding.kind === 'in_sync') return [finding.live.service_id];
    if (finding.kind !== 'gone') return [];
    const { service_id, name } = finding.tombstone;
    return [...unconfirmed].flatMap(([id, itsName]) => (id === service_id || itsName === name ? [id] : []));
  });
  return ids.filter((id) => unconfirmed.has(id));
}

/** Returns a failure if a stop left updates undone. A stop after the last update interrupted nothing. */
function interruption(outcomes: Iterable<Outcome>, stop: AbortSignal): Failure | null {
  const isInterrupted = stop.aborted && [...outcomes].some(isUndone);
  return isInterrupted ? failure('interrupted', 'stopped before all writes were done') : null;
}

function isSuperseded(outcome: Outcome): boolean {
  return outcome.result === 'withheld' && outcome.superseded === true;
}

function isUndone(outcome: Outcome): boolean {
  return outcome.result === 'withheld' || (outcome.result === 'failed' && outcome.failure.kind === 'interrupted');
}
