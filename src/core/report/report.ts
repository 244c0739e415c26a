import type { ApiUsage } from '../base/api-usage.ts';
import type { Failure } from '../base/failure.ts';
import { formatValue } from '../base/printable.ts';
import { findingId } from '../compare/compare.ts';
import type { Change, Drifted, Finding } from '../compare/compare.ts';
import type { Problem } from '../load/problem.ts';
import { findDriftCause } from '../plan/memory.ts';
import type { DriftCause, Memory } from '../plan/memory.ts';
import type { Outcome } from '../plan/outcome.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../plan/step.ts';
import type { Fields } from '../service/normalize.ts';

export type Trigger = 'startup' | 'change' | 'interval' | 'schedule' | 'signal' | 'request' | 'command';
export type Mode = 'apply' | 'detect' | 'plan';

/**
 * How a pass ended:
 *
 *   in_sync       nothing differed, nothing is wrong
 *   converged     what differed was updated, nothing is wrong
 *   pending       plan or detect: changes to make, nothing is wrong
 *   partial       something failed, withheld, unsettled, missing or invalid
 *   failed        could not read or list
 *   denied        the credential or the account was refused
 *   interrupted   told to stop
 */
export type PassOutcome = 'in_sync' | 'converged' | 'pending' | 'partial' | 'failed' | 'denied' | 'interrupted';

/** Where the declarations came from. `revision` is the commit, where it can be known. */
export type SourceFacts = { readonly path: string; readonly revision: string | null; readonly files: number };

/** One service that is not simply in sync. */
export type ServiceReport = {
  /** Null only for a declaration whose id cannot be read. */
  readonly service_id: string | null;
  readonly name: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly finding: 'drifted' | 'missing' | 'unmanaged' | 'invalid';
  readonly cause: DriftCause | null;
  readonly action: Step['kind'] | null;
  readonly changes: readonly Change[];
  /** What a drifted live service holds and this version does not know; carried over, unless `reason` says otherwise. */
  readonly unknown_fields: readonly string[];
  readonly result: Outcome['result'] | null;
  readonly reason: string | null;
  readonly hint: string | null;
  readonly attempts: number;
  readonly error: Failure | null;
};

/** What one pass found, decided and did: the value from which every log line, page and metric is made. */
export type Report = {
  /** Rises when the shape of the report changes. */
  readonly schema_version: 1;
  readonly run_id: string;
  readonly trigger: Trigger;
  readonly mode: Mode;
  readonly account_id: string;
  readonly source: SourceFacts;
  readonly started_at: string;
  readonly finished_at: string;
  readonly duration_ms: number;
  readonly outcome: PassOutcome;
  readonly counts: {
    /** Declarations, those set aside among them. */
    readonly declared: number;
    readonly live: number;
    readonly in_sync: number;
    readonly drifted: number;
    readonly missing: number;
    readonly unmanaged: number;
    readonly invalid: number;
    readonly updated: number;
    readonly failed: number;
    readonly unsettled: number;
    readonly withheld: number;
  };
  readonly api: ApiUsage;
  /** Sorted by service_id. Services in sync appear only in `counts`. */
  readonly services: readonly ServiceReport[];
  /** Sorted by place. */
  readonly problems: readonly Problem[];
  /** What ended the pass before its time. */
  readonly error: Failure | null;
};

/** A pass in numbers: what is kept where its whole report would be too much. */
export type PassSummary = Pick<
  Report,
  'run_id' | 'trigger' | 'mode' | 'outcome' | 'started_at' | 'finished_at' | 'duration_ms' | 'counts' | 'api'
>;

export function summaryOf(report: Report): PassSummary {
  const { run_id, trigger, mode, outcome, started_at, finished_at, duration_ms, counts, api } = report;
  return { run_id, trigger, mode, outcome, started_at, finished_at, duration_ms, counts, api };
}

/** All that a pass knows at its end. A pass that ended early knows less: no findings, no plan. */
export type PassFacts = Pick<
  Report,
  | 'run_id'
  | 'trigger'
  | 'mode'
  | 'account_id'
  | 'source'
  | 'started_at'
  | 'finished_at'
  | 'duration_ms'
  | 'api'
  | 'error'
> & {
  readonly problems: readonly Problem[];
  /** Declarations read, those set aside among them: known also where there was nothing to compare them with. */
  readonly declared: number;
  readonly findings: readonly Finding[];
  readonly plan: Plan;
  /** What was remembered when the pass began. */
  readonly memory: Memory;
  /** By service_id; empty where nothing was to be applied. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
};

/** Makes the report, in the order in which people read it. The counts always agree with the lists. */
export function toReport(facts: PassFacts): Report {
  const { findings, declared, plan: _, memory: __, outcomes: ___, api, problems, error, ...pass } = facts;
  const services = findings.flatMap((finding) => toServiceReport(finding, facts) ?? []);
  const countFindings = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind).length;
  const countResults = (result: Outcome['result']) => services.filter((service) => service.result === result).length;
  return {
    schema_version: 1,
    ...pass,
    outcome: passOutcome(facts, services),
    counts: {
      declared,
      // A doubled declaration is two findings about one live service.
      live: new Set(findings.flatMap((finding) => (finding.kind === 'missing' ? [] : (finding.live ?? [])))).size,
      in_sync: countFindings('in_sync'),
      drifted: countFindings('drifted'),
      missing: countFindings('missing'),
      unmanaged: countFindings('unmanaged'),
      invalid: countFindings('invalid'),
      updated: countResults('updated'),
      failed: countResults('failed'),
      unsettled: countResults('unsettled'),
      withheld: countResults('withheld'),
    },
    api,
    services,
    problems,
    error,
  };
}

function passOutcome({ error, plan, problems }: PassFacts, services: readonly ServiceReport[]): PassOutcome {
  if (error !== null) return error.kind === 'denied' || error.kind === 'interrupted' ? error.kind : 'failed';
  if (problems.length > 0 || services.some(isWrong)) return 'partial';
  if (plan.steps.length === 0) return 'in_sync';
  return services.some(({ result }) => result === 'updated') ? 'converged' : 'pending';
}

/** Whether somebody has to do something about it. */
export function isWrong({ finding, result }: ServiceReport): boolean {
  return (
    finding === 'missing' ||
    finding === 'invalid' ||
    result === 'failed' ||
    result === 'withheld' ||
    result === 'unsettled'
  );
}

function toServiceReport(finding: Finding, facts: PassFacts): ServiceReport | null {
  const nothingDone = {
    service_id: findingId(finding),
    name: null,
    file: null,
    line: null,
    finding: finding.kind,
    cause: findDriftCause(finding, facts.memory),
    action: null,
    changes: [],
    unknown_fields: [],
    result: null,
    reason: null,
    hint: null,
    attempts: 0,
    error: null,
  };
  switch (finding.kind) {
    case 'in_sync':
      return null;
    case 'drifted': {
      const { name, file, line } = finding.declaration;
      return { ...nothingDone, name, file, line, finding: finding.kind, ...fateOf(finding, facts) };
    }
    case 'missing': {
      const { name, file, line } = finding.declaration;
      return { ...nothingDone, name, file, line, finding: finding.kind, hint: finding.hint };
    }
    case 'unmanaged':
      return { ...nothingDone, name: finding.live.name, finding: finding.kind };
    case 'invalid': {
      const { file, line, reason } = finding.skipped;
      const name = finding.skipped.name ?? finding.live?.name ?? null;
      return { ...nothingDone, name, file, line, finding: finding.kind, reason };
    }
  }
}

/** What was planned for a drifted service, and what became of it. */
function fateOf(
  finding: Drifted,
  { plan, outcomes }: PassFacts,
): Pick<ServiceReport, 'action' | 'changes' | 'unknown_fields' | 'result' | 'reason' | 'attempts' | 'error'> {
  const { changes } = finding;
  const unknown_fields = [...finding.unknown.keys()];
  const withheld = plan.withheld.find((each) => each.finding === finding);
  if (withheld !== undefined) {
    return {
      action: null,
      changes,
      unknown_fields,
      result: 'withheld',
      reason: withheld.reason,
      attempts: 0,
      error: withheld.failure,
    };
  }
  const step = plan.steps.find((each) => each.finding === finding);
  // Neither planned nor withheld: the pass ended before there was a plan.
  const action = step?.kind ?? null;
  const lost = unknown_fields.length > 0 && step?.carriedOver.length === 0;
  const loss = lost ? `gives up live fields that this version does not know: ${unknown_fields.join(', ')}` : null;
  const outcome = outcomes.get(finding.live.service_id);
  const fate = { action, changes, unknown_fields, attempts: outcome?.attempts ?? 0 } as const;
  switch (outcome?.result) {
    case undefined:
      return { ...fate, result: null, reason: loss, error: null };
    case 'updated':
      return { ...fate, result: outcome.result, reason: loss, error: null };
    case 'unsettled':
      return {
        ...fate,
        result: outcome.result,
        reason: `the API keeps something else: ${keptInstead(outcome.paths, outcome.stored, finding.declared)}`,
        error: null,
      };
    case 'failed':
      return { ...fate, result: outcome.result, reason: outcome.failure.message, error: outcome.failure };
    case 'withheld':
      return { ...fate, result: outcome.result, reason: outcome.reason, error: null };
  }
}

/** `tcp_port 1, not 5432` for each. */
function keptInstead(paths: readonly string[], kept: Fields, declared: Fields): string {
  return paths
    .map((path) => `${path} ${formatValue(kept.get(path) ?? null)}, not ${formatValue(declared.get(path) ?? null)}`)
    .join('; ');
}
