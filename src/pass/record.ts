import type { ApiUsage } from '../core/base/api-usage.ts';
import type { Clock } from '../core/base/clock.ts';
import { toFailure } from '../core/base/failure.ts';
import { compare } from '../core/compare/compare.ts';
import type { Declared } from '../core/load/collect.ts';
import type { Snapshot } from '../core/load/source.ts';
import { emptyPlan } from '../core/plan/plan.ts';
import { toReport } from '../core/report/report.ts';
import type { PassFacts, Report, SourceFacts } from '../core/report/report.ts';

/** The facts of a running pass. Each step adds its own, so that the report of a pass that ends early contains the facts so far. */
export type OpenFacts = { -readonly [Key in keyof PassFacts]: PassFacts[Key] };

export type PassRecord = {
  readonly facts: OpenFacts;
  /** When the pass began, in milliseconds of the monotonic clock. */
  readonly startMs: number;
  /** Ends the record and returns the report. Never throws. */
  readonly close: () => Report;
};

export type RecordOptions = Pick<
  PassFacts,
  'run_id' | 'trigger' | 'mode' | 'account_id' | 'memory' | 'contests' | 'paused'
> & {
  readonly sourcePath: string;
  readonly clock: Clock;
  readonly usage: () => ApiUsage;
};

/** Opens the record of a pass that begins now. */
export function openRecord({ sourcePath, clock, usage, ...pass }: RecordOptions): PassRecord {
  const startMs = clock.elapsedMs();
  const usageBefore = usage();
  const facts: OpenFacts = {
    ...pass,
    source: { path: sourcePath, revision: null, files: 0 },
    started_at: clock.now().toISOString(),
    finished_at: '',
    duration_ms: 0,
    api: usageBefore,
    problems: [],
    declared: 0,
    findings: [],
    plan: emptyPlan,
    outcomes: new Map(),
    undeclared: new Map(),
    unconfirmed: [],
    next_expiry: pass.paused?.until ?? null,
    error: null,
  };
  const close = (): Report => {
    facts.api = usageSince(usageBefore, usage());
    facts.finished_at = clock.now().toISOString();
    facts.duration_ms = Math.round(clock.elapsedMs() - startMs);
    try {
      return toReport(facts);
    } catch (error) {
      // If the findings cannot be reported because of a bug, the report still names the bug.
      return toReport({ ...facts, findings: [], plan: emptyPlan, outcomes: new Map(), error: toFailure(error) });
    }
  };
  return { facts, startMs, close };
}

/**
 * Adds the facts about the folder, and calls `onSource` with its source. Declarations with problems are then reported even if the API does
 * not respond.
 */
export function addSource(
  facts: OpenFacts,
  snapshot: Snapshot,
  declared: Declared,
  onSource: (source: SourceFacts) => void = () => {},
): void {
  facts.source = { path: snapshot.path, revision: snapshot.revision, files: snapshot.files.length };
  facts.problems = declared.problems;
  facts.declared = declared.declarations.length + declared.tombstones.length + declared.skipped.length;
  facts.findings = compare({ ...declared, declarations: [], tombstones: [] }, []);
  onSource(facts.source);
}

function usageSince(before: ApiUsage, after: ApiUsage): ApiUsage {
  return {
    requests: after.requests - before.requests,
    retries: after.retries - before.retries,
    throttled_ms: after.throttled_ms - before.throttled_ms,
  };
}
