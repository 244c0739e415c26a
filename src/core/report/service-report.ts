import type { Failure } from '../base/failure.ts';
import { formatValues } from '../base/format-value.ts';
import { findingId } from '../compare/compare.ts';
import type { Change, Drifted, Finding, FindingKind } from '../compare/compare.ts';
import type { DeclaredServices } from '../compare/undeclared.ts';
import { findDriftCause } from '../plan/memory.ts';
import type { DriftCause, Memory } from '../plan/memory.ts';
import type { Outcome, Result, UnsettledOutcome } from '../plan/outcome.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../plan/step.ts';
import type { Fields } from '../service/normalize.ts';

/** One service that is not in sync, or was not before the pass. */
export type ServiceReport = {
  /** Null only if the declaration has no readable service_id. */
  readonly service_id: string | null;
  readonly name: string | null;
  /** Of a service whose declaration has disappeared, the file that had it. */
  readonly file: string | null;
  readonly line: number | null;
  readonly finding: Exclude<FindingKind, 'in_sync'>;
  readonly cause: DriftCause | null;
  readonly action: Step['kind'] | null;
  readonly changes: readonly Change[];
  /** The unknown fields of a drifted live service. An update keeps them, unless `reason` says otherwise. */
  readonly unknown_fields: readonly string[];
  readonly result: Result | null;
  readonly reason: string | null;
  readonly hint: string | null;
  /** The requests that were made for the action. */
  readonly attempts: number;
  readonly error: Failure | null;
};

/** The input of the report of a service. */
export type ServiceFacts = {
  readonly plan: Plan;
  /** What was remembered when the pass began. */
  readonly memory: Memory;
  /** By service_id; empty if nothing was applied. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The services whose declaration has disappeared, with what it was. */
  readonly undeclared: DeclaredServices;
};

/** Returns the report of a service; null if it was in sync. */
export function toServiceReport(finding: Finding, facts: ServiceFacts): ServiceReport | null {
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
      return { ...nothingDone, name, file, line, finding: finding.kind, ...reportAction(finding, facts) };
    }
    case 'missing': {
      const { name, file, line } = finding.declaration;
      return { ...nothingDone, name, file, line, finding: finding.kind, hint: finding.hint };
    }
    case 'unmanaged': {
      const before = facts.undeclared.get(finding.live.service_id);
      const change = before === undefined ? {} : { file: before.file, cause: 'declaration' as const };
      return { ...nothingDone, name: finding.live.name, finding: finding.kind, ...change };
    }
    case 'invalid': {
      const { file, line, reason, by } = finding.skipped;
      const name = finding.skipped.name ?? finding.live?.name ?? null;
      const hint = by === 'list' ? 'the API lists it in a form that cannot be used; it is left alone' : null;
      return { ...nothingDone, name, file, line, finding: finding.kind, reason, hint };
    }
  }
}

/** Whether a person has to do something about the service. */
export function needsAttention({ finding, result }: ServiceReport): boolean {
  return (
    finding === 'missing' ||
    finding === 'invalid' ||
    result === 'failed' ||
    result === 'withheld' ||
    result === 'unsettled'
  );
}

/** Whether the declaration of a live service has disappeared. */
export function isUndeclared({ finding, cause }: ServiceReport): boolean {
  return finding === 'unmanaged' && cause !== null;
}

/** Returns where the service is declared, or was: `services/orders-db.yaml:4`; null if it is not. */
export function placeOf({ file, line }: ServiceReport): string | null {
  return file === null || line === null ? file : `${file}:${line}`;
}

type ActionReport = Pick<
  ServiceReport,
  'action' | 'changes' | 'unknown_fields' | 'result' | 'reason' | 'attempts' | 'error'
>;

/** Returns what was planned for a drifted service, and the result. */
function reportAction(finding: Drifted, { plan, outcomes }: ServiceFacts): ActionReport {
  const { changes } = finding;
  const unknown_fields = [...finding.unknown.keys()];
  const withheld = plan.withheld.find((each) => each.finding === finding);
  if (withheld !== undefined) {
    const { reason, failure: error } = withheld;
    return { action: null, changes, unknown_fields, result: 'withheld', reason, attempts: 0, error };
  }
  const step = plan.steps.find((each) => each.finding === finding);
  const outcome = outcomes.get(finding.live.service_id);
  return {
    // Null if the pass ended before there was a plan.
    action: step?.kind ?? null,
    changes,
    unknown_fields,
    attempts: outcome?.attempts ?? 0,
    ...reportResult(outcome, finding, describeRemovedFields(unknown_fields, step)),
  };
}

function reportResult(
  outcome: Outcome | undefined,
  { declared }: Drifted,
  loss: string | null,
): Pick<ServiceReport, 'result' | 'reason' | 'error'> {
  switch (outcome?.result) {
    case undefined:
      return { result: null, reason: loss, error: null };
    case 'updated':
      return { result: outcome.result, reason: loss, error: null };
    case 'unsettled':
      return { result: outcome.result, reason: describeUnsettled(outcome, declared), error: null };
    case 'failed':
      return { result: outcome.result, reason: outcome.failure.message, error: outcome.failure };
    case 'withheld':
      return { result: outcome.result, reason: outcome.reason, error: null };
  }
}

/** Describes the unknown fields that an update removes; null if it removes none. */
function describeRemovedFields(unknownFields: readonly string[], step: Step | undefined): string | null {
  if (step === undefined) return null;
  const removed = unknownFields.filter((path) => !step.carriedOver.includes(path));
  return removed.length === 0 ? null : `removes unknown fields of the live service: ${removed.join(', ')}`;
}

/** Describes what the API did not store as it was sent. */
function describeUnsettled({ paths, stored, lost = [] }: UnsettledOutcome, declared: Fields): string {
  const parts = [
    ...(paths.length === 0 ? [] : [describeStored(paths, stored, declared)]),
    ...(lost.length === 0 ? [] : [`the API removed unknown fields that the update contained: ${lost.join(', ')}`]),
  ];
  return parts.join('; ');
}

/** Returns, for example, `the API stored a different value: tcp_port is 1, declared 5432`. */
function describeStored(paths: readonly string[], stored: Fields, declared: Fields): string {
  const values = paths.map(
    (path) => `${path} is ${formatValues(stored.get(path) ?? null, declared.get(path) ?? null).join(', declared ')}`,
  );
  return `the API stored ${paths.length === 1 ? 'a different value' : 'different values'}: ${values.join('; ')}`;
}
