import type { ApiUsage } from '../base/api-usage.ts';
import type { Failure } from '../base/failure.ts';
import type { Finding } from '../compare/compare.ts';
import type { Problem } from '../load/problem.ts';
import { SUCCESSES } from '../plan/outcome.ts';
import { toCounts } from './counts.ts';
import type { Counts } from './counts.ts';
import type { Mode, PassOutcome, Trigger } from './pass.ts';
import type { Suspension } from './suspension.ts';
import { needsAttention, toServiceReport } from './service-report.ts';
import type { ServiceFacts, ServiceReport } from './service-report.ts';

/** Where the declarations came from. `revision` is the commit; null if it is not known. */
export type SourceFacts = { readonly path: string; readonly revision: string | null; readonly files: number };

/** The findings, decisions and results of one pass. Every log line, page and metric is made from this value. */
export type Report = {
  /** Increases when the shape of the report changes. */
  readonly schema_version: 2;
  readonly run_id: string;
  readonly trigger: Trigger;
  readonly mode: Mode;
  readonly account_id: string;
  readonly source: SourceFacts;
  readonly started_at: string;
  readonly finished_at: string;
  readonly duration_ms: number;
  readonly outcome: PassOutcome;
  /** While all writes are paused: since when, until when, and why; null if they are not. The pass then writes nothing. */
  readonly paused: Suspension | null;
  /** Whether planned writes were not sent because the folder or the account changed. The next pass then begins at once. */
  readonly superseded: boolean;
  readonly counts: Counts;
  readonly api: ApiUsage;
  /** The service_ids of services in sync whose last update the list does not show yet. They are checked again soon. */
  readonly unconfirmed: readonly string[];
  /** When the next pause or ignored difference ends, for which a pass is scheduled; null if none ends. */
  readonly next_expiry: string | null;
  /** Sorted by service_id, then by name. Services that were in sync appear only in `counts`, unless differences are ignored or they are contested. */
  readonly services: readonly ServiceReport[];
  /** Sorted by file, line and column. */
  readonly problems: readonly Problem[];
  /** Why the pass ended early; null if it did not. */
  readonly error: Failure | null;
};

/** A report without its lists, for the history of passes. */
export type PassSummary = Pick<
  Report,
  | 'run_id'
  | 'trigger'
  | 'mode'
  | 'outcome'
  | 'paused'
  | 'superseded'
  | 'started_at'
  | 'finished_at'
  | 'duration_ms'
  | 'counts'
  | 'api'
>;

/** Returns the summary of a report. */
export function summarize(report: PassSummary): PassSummary {
  const { run_id, trigger, mode, outcome, paused, superseded, started_at, finished_at, duration_ms, counts, api } =
    report;
  return { run_id, trigger, mode, outcome, paused, superseded, started_at, finished_at, duration_ms, counts, api };
}

/** Whether everything is as declared after a pass. A contested service is as declared only for a while. */
export function isAsDeclared({ outcome, counts }: Pick<PassSummary, 'outcome' | 'counts'>): boolean {
  return (outcome === 'in_sync' || outcome === 'converged') && counts.contested === 0;
}

/** Everything that is known at the end of a pass. A pass that ended early has no findings, or no plan. */
export type PassFacts = Omit<Report, 'schema_version' | 'outcome' | 'superseded' | 'counts' | 'services'> &
  ServiceFacts & {
    /** The number of declarations that were read, including those that were skipped. Known even without findings. */
    readonly declared: number;
    readonly findings: readonly Finding[];
  };

/** Makes the report, with its fields in the order in which a person reads them. The counts always agree with the lists. */
export function toReport(facts: PassFacts): Report {
  const { findings, declared, plan: _, memory: __, contests: ___, undeclared: ____, outcomes, ...rest } = facts;
  const { api, paused, unconfirmed, next_expiry, problems, error, ...pass } = rest;
  const services = findings.flatMap((finding) => toServiceReport(finding, facts) ?? []);
  return {
    schema_version: 2,
    ...pass,
    outcome: passOutcome(facts, services),
    paused,
    superseded: [...outcomes.values()].some((outcome) => outcome.result === 'withheld' && outcome.superseded === true),
    counts: toCounts(declared, findings, services),
    api,
    unconfirmed,
    next_expiry,
    services,
    problems,
    error,
  };
}

function passOutcome(
  { error, plan, problems, unconfirmed }: PassFacts,
  services: readonly ServiceReport[],
): PassOutcome {
  if (error !== null) return error.kind === 'denied' || error.kind === 'interrupted' ? error.kind : 'failed';
  if (problems.length > 0 || services.some(needsAttention)) return 'partial';
  if (plan.steps.length === 0) return unconfirmed.length === 0 ? 'in_sync' : 'converged';
  return services.some(({ result }) => SUCCESSES.includes(result)) ? 'converged' : 'pending';
}
