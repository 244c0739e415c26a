import { setImmediate as turn } from 'node:timers/promises';
import { unlessAborted } from '../core/base/abort.ts';
import type { Signals } from '../core/base/abort.ts';
import type { ApiUsage } from '../core/base/api-usage.ts';
import type { Clock } from '../core/base/clock.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import type { Failure } from '../core/base/failure.ts';
import { compare } from '../core/compare/compare.ts';
import type { Finding } from '../core/compare/compare.ts';
import { pickFindings } from '../core/compare/pick.ts';
import { collect } from '../core/load/collect.ts';
import type { Source } from '../core/load/source.ts';
import { nothingSeen, remember } from '../core/plan/memory.ts';
import type { Outcome } from '../core/plan/outcome.ts';
import { plan } from '../core/plan/plan.ts';
import type { Plan, Rules } from '../core/plan/plan.ts';
import { changesSince } from '../core/plan/saved-plan.ts';
import type { SavedPlan } from '../core/plan/saved-plan.ts';
import { toReport } from '../core/report/report.ts';
import type { Mode, PassFacts, Report, Trigger } from '../core/report/report.ts';
import type { Directory } from '../core/service/directory.ts';
import { apply } from './apply.ts';
import { passDeadline } from './deadline.ts';

export type ReconcilerOptions = {
  readonly source: Source;
  readonly directory: Directory;
  readonly accountId: string;
  /** `detect` and `plan` take the same road and stop before anything is written. */
  readonly mode: Mode;
  readonly rules: Rules;
  readonly concurrency: number;
  readonly passTimeoutMs: number;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Told of each step that went well. */
  readonly onStep?: (step: 'read' | 'list') => void;
  /** Told how many of the planned updates have come to an end. */
  readonly onProgress?: (done: number, of: number) => void;
  /** Names and ids: nothing else is planned, applied and reported. All, where it is empty. */
  readonly only?: readonly string[];
  /** The plan that is to be made again, or else nothing is applied. */
  readonly savedPlan?: SavedPlan | undefined;
  /** Told of the plan, and of all that it was made from: for who needs the live services, which no report holds. */
  readonly onPlan?: (made: { readonly plan: Plan; readonly findings: readonly Finding[] }) => void;
};

/** One pass. Never throws: whatever happens is in the report. */
export type Pass = (trigger: Trigger, signals: Signals) => Promise<Report>;

const nothingPlanned: Plan = { updates: [], withheld: [] };

/** Makes the function that runs a pass. It remembers from pass to pass what it saw; call it for one pass at a time. */
export function reconciler(options: ReconcilerOptions): Pass {
  const { source, directory, clock, onStep } = options;
  let memory = nothingSeen;
  /** Somebody asked for what is parked to be tried, and no pass has got so far yet. */
  let owesRetry = false;
  let couldRead = false;

  /**
   * Most of a pass is waiting for the API, so it is asked for the list as soon as the folder is in memory; or at once, if the last pass
   * could read it. Who has nothing to compare asks nobody. Reading harms nobody, so both are given up at once when told to stop.
   */
  const readWhileListing = async (stop: AbortSignal) => {
    const unread = new AbortController();
    const signal = AbortSignal.any([stop, unread.signal]);
    let listing: ReturnType<Directory['list']> | null = null;
    const list = async () => {
      listing ??= directory.list({ stop: signal, kill: signal });
      return listing;
    };
    const listSoon = () => void list().catch(() => {}); // Who awaits the list is told.
    if (couldRead) {
      listSoon();
      // So that it is on its way, which takes the client a turn: many small files are read quickest without a pause.
      await turn();
      await turn();
    }
    couldRead = false;
    try {
      const snapshot = await unlessAborted(stop, async () => source.read(stop, listSoon));
      couldRead = true;
      return { snapshot, list };
    } catch (error) {
      unread.abort(new FailureError(failure('interrupted', 'the folder cannot be read')));
      if (listing !== null) await list().catch(() => {}); // What ends the pass is the folder.
      throw error;
    }
  };

  return async (trigger, signals) => {
    const start = clock.elapsedMs();
    const before = directory.usage();
    const facts: { -readonly [Key in keyof PassFacts]: PassFacts[Key] } = {
      run_id: options.newId(),
      trigger,
      mode: options.mode,
      account_id: options.accountId,
      source: { path: source.path, revision: null, files: 0 },
      started_at: clock.now().toISOString(),
      finished_at: '',
      duration_ms: 0,
      api: before,
      problems: [],
      declared: 0,
      findings: [],
      plan: nothingPlanned,
      memory,
      outcomes: new Map(),
      error: null,
    };
    owesRetry ||= trigger === 'signal' || trigger === 'request' || trigger === 'command';
    const deadline = passDeadline(options.passTimeoutMs, signals.kill);
    try {
      // load → list → compare → plan → apply
      const stop = AbortSignal.any([deadline.signal, signals.stop]);
      const { snapshot, list } = await readWhileListing(stop);
      onStep?.('read');
      facts.source = { path: snapshot.path, revision: snapshot.revision, files: snapshot.files.length };
      const declared = collect(snapshot.files);
      facts.problems = declared.problems;
      facts.declared = declared.declarations.length + declared.skipped.length;
      // So much is known whatever the API answers.
      facts.findings = compare({ ...declared, declarations: [] }, []);
      const live = await list();
      onStep?.('list');
      facts.findings = compare(declared, live);
      const asked = pickFindings(facts.findings, options.only ?? []);
      const only = options.only === undefined ? null : new Set(asked.picked);
      const policy = { ...options.rules, memory, now: start, retryParked: owesRetry, only };
      facts.plan = plan(facts.findings, policy);
      options.onPlan?.({ plan: facts.plan, findings: facts.findings });
      facts.findings = asked.picked;
      if (only !== null) facts.declared = asked.picked.filter(({ kind }) => kind !== 'unmanaged').length;
      const present = { plan: facts.plan, findings: facts.findings, accountId: options.accountId };
      const moved = options.savedPlan === undefined ? [] : changesSince(options.savedPlan, present);
      if (asked.faults.length > 0) throw mismatch('--only', asked.faults);
      if (moved.length > 0) throw mismatch('the plan that was to be applied does not hold any more', moved);
      if (options.mode === 'apply') {
        const { update } = directory;
        const { concurrency, onProgress = () => {} } = options;
        const applied = await apply(facts.plan, { update, concurrency, onProgress, stop, kill: deadline.signal });
        facts.outcomes = applied.outcomes;
        facts.error = applied.denied ?? interruption(applied.outcomes.values(), signals.stop);
      }
      owesRetry = [...facts.outcomes.values()].some(({ result }) => result === 'withheld');
      const now = clock.elapsedMs();
      memory = remember({ findings: facts.findings, outcomes: facts.outcomes, memory, now });
    } catch (error) {
      facts.error = toFailure(error);
    } finally {
      deadline.clear();
    }
    // report
    facts.api = spentSince(before, directory.usage());
    facts.finished_at = clock.now().toISOString();
    facts.duration_ms = Math.round(clock.elapsedMs() - start);
    try {
      return toReport(facts);
    } catch (error) {
      // A report on every path: should what was found be impossible to tell, at least that is told.
      return toReport({ ...facts, findings: [], plan: nothingPlanned, outcomes: new Map(), error: toFailure(error) });
    }
  };
}

/** Told to stop with work left: the report says so. Told to stop when all was done: nothing was interrupted. */
function interruption(outcomes: Iterable<Outcome>, stop: AbortSignal): Failure | null {
  const left = stop.aborted && [...outcomes].some(isLeft);
  return left ? failure('interrupted', 'told to stop before all was done') : null;
}

function isLeft(outcome: Outcome): boolean {
  return outcome.result === 'withheld' || (outcome.result === 'failed' && outcome.failure.kind === 'interrupted');
}

function mismatch(what: string, reasons: readonly string[]): FailureError {
  const named = reasons.slice(0, MOST_NAMED).join('; ');
  const more = reasons.length > MOST_NAMED ? `; and ${reasons.length - MOST_NAMED} more` : '';
  return new FailureError(failure('mismatch', `${what}: ${named}${more}`));
}

/** A message is to be read. */
const MOST_NAMED = 10;

function toFailure(error: unknown): Failure {
  return error instanceof FailureError ? error.failure : failure('internal', `a bug: ${String(error)}`);
}

function spentSince(before: ApiUsage, after: ApiUsage): ApiUsage {
  return {
    requests: after.requests - before.requests,
    retries: after.retries - before.retries,
    throttled_ms: after.throttled_ms - before.throttled_ms,
  };
}
