import type { Failure } from '../base/failure.ts';
import { formatValues } from '../base/format-value.ts';
import { findingId, findingKey } from '../compare/compare.ts';
import type { Change, Finding, FindingKind, Missing, Skipped } from '../compare/compare.ts';
import type { DeclaredServices } from '../compare/undeclared.ts';
import type { DeclarationIdentity } from '../load/declaration.ts';
import { findChangesBack } from '../plan/contest.ts';
import type { ChangesBack, Contests } from '../plan/contest.ts';
import { findDriftCause } from '../plan/memory.ts';
import type { DriftCause, Memory } from '../plan/memory.ts';
import type { Outcome, Result, UnsettledOutcome } from '../plan/outcome.ts';
import type { Plan } from '../plan/plan.ts';
import { declaredFields } from '../plan/step.ts';
import type { Actionable, Step, StepKind } from '../plan/step.ts';
import type { Fields } from '../service/normalize.ts';

/** One service that is not in sync, was not before the pass, is contested, or has differences that its declaration ignores. */
export type ServiceReport = {
  /** Null if the service does not exist yet, or if the declaration has no readable service_id. */
  readonly service_id: string | null;
  readonly name: string | null;
  /** Of a service whose declaration has disappeared, the file that had it. */
  readonly file: string | null;
  readonly line: number | null;
  /** `in_sync` only with ignored differences, or if it is contested. */
  readonly finding: FindingKind;
  readonly cause: DriftCause | null;
  /** How often another writer has changed it back, and since when; null if it is not contested. */
  readonly contested: ChangesBack | null;
  readonly action: StepKind | null;
  readonly changes: readonly Change[];
  /** The differences that the declaration ignores. */
  readonly ignored: readonly Change[];
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
  /** The memory at the beginning of the pass. */
  readonly memory: Memory;
  /** The contests as of the comparison. */
  readonly contests: Contests;
  /** By the key of the finding; empty if nothing was applied. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The services whose declaration has disappeared, with what it was. */
  readonly undeclared: DeclaredServices;
};

/** Whether a report lists the service of a finding, even if it is not contested. The others are in sync, and nothing is ignored. */
export function isListed(finding: Finding): boolean {
  return finding.kind !== 'gone' && (finding.kind !== 'in_sync' || finding.ignored.length > 0);
}

/** Returns the report of a service that a report does not list, because it is in sync. */
export function inSyncReport(finding: Finding): ServiceReport {
  const identity =
    'declaration' in finding
      ? identityOf(finding.declaration)
      : 'tombstone' in finding
        ? identityOf(finding.tombstone)
        : {};
  return { ...nothingDone(finding), ...identity };
}

function nothingDone(finding: Finding): ServiceReport {
  return {
    service_id: findingId(finding),
    name: null,
    file: null,
    line: null,
    finding: finding.kind === 'gone' ? 'in_sync' : finding.kind,
    cause: null,
    contested: null,
    action: null,
    changes: [],
    ignored: [],
    unknown_fields: [],
    result: null,
    reason: null,
    hint: null,
    attempts: 0,
    error: null,
  };
}

/** Returns the report of a service; null if it was in sync, is not contested, and nothing is ignored. */
export function toServiceReport(finding: Finding, facts: ServiceFacts): ServiceReport | null {
  const contested = findChangesBack(finding, facts.contests);
  if (contested === null && !isListed(finding)) return null;
  const nothing = { ...nothingDone(finding), cause: findDriftCause(finding, facts.memory), contested };
  switch (finding.kind) {
    case 'gone':
      return { ...nothing, ...identityOf(finding.tombstone) };
    case 'in_sync': {
      const { ignored, declaration } = finding;
      return { ...nothing, ...identityOf(declaration), ignored };
    }
    case 'drifted': {
      const { changes, ignored, unknown, declaration } = finding;
      const fields = { changes, ignored, unknown_fields: [...unknown.keys()] };
      return {
        ...nothing,
        ...identityOf(declaration),
        ...fields,
        ...reportAction(finding, facts),
      };
    }
    case 'missing': {
      const { hint, declaration } = finding;
      const changes = hint === null ? createdFields(finding) : [];
      return {
        ...nothing,
        ...identityOf(declaration),
        changes,
        hint,
        ...reportAction(finding, facts),
      };
    }
    case 'unwanted': {
      const place = { ...identityOf(finding.tombstone), name: finding.live.name };
      return { ...nothing, ...place, hint: BINDINGS_HINT, ...reportAction(finding, facts) };
    }
    case 'unmanaged': {
      const before = facts.undeclared.get(finding.live.service_id);
      const change = before === undefined ? {} : { file: before.file, cause: 'declaration' as const };
      return { ...nothing, name: finding.live.name, ...change };
    }
    case 'invalid': {
      const { file, line, reason, by } = finding.skipped;
      return { ...nothing, name: nameOfSkipped(finding), file, line, reason, hint: SKIP_HINTS[by] };
    }
  }
}

/** A delete succeeds even if the service is in use (observed). */
const BINDINGS_HINT = 'Worker and Hyperdrive bindings to a deleted service stop working';

const SKIP_HINTS = {
  declaration: null,
  list: 'the API lists it in a form that cannot be used; it is left alone',
  names: 'they are left alone',
} as const satisfies Record<Skipped['by'], string | null>;

function nameOfSkipped({ skipped, live }: Finding & { readonly kind: 'invalid' }): string | null {
  return skipped.name ?? live?.name ?? null;
}

function identityOf({ name, file, line }: DeclarationIdentity): Pick<ServiceReport, 'name' | 'file' | 'line'> {
  return { name, file, line };
}

/** Returns the fields of a service that is created, as changes of nothing. */
function createdFields({ declared }: Missing): readonly Change[] {
  return [...declared].map(([path, value]) => ({ path, live: null, declared: value }));
}

/** Whether a person has to do something about the service. */
export function needsAttention({ finding, action, result }: ServiceReport): boolean {
  return (
    finding === 'invalid' ||
    (finding === 'missing' && action === null && result === null) ||
    result === 'failed' ||
    result === 'withheld' ||
    result === 'unsettled'
  );
}

/** Whether another writer changes the service back again and again. A paused service is not written, so there is nothing to change back. */
export function isContested({ contested, result }: Pick<ServiceReport, 'contested' | 'result'>): boolean {
  return contested !== null && result !== 'paused';
}

/** Whether a person should look at the service first: it needs attention, or is contested. */
export function isUrgent(service: ServiceReport): boolean {
  return needsAttention(service) || isContested(service);
}

/** Whether the declaration of a live service has disappeared. */
export function isUndeclared({ finding, cause }: ServiceReport): boolean {
  return finding === 'unmanaged' && cause !== null;
}

/** Returns where the service is declared, or was: `services/orders-db.yaml:4`; null if it is not. */
export function placeOf({ file, line }: Pick<ServiceReport, 'file' | 'line'>): string | null {
  return file === null || line === null ? file : `${file}:${line}`;
}

type ActionReport = Pick<ServiceReport, 'action' | 'result' | 'reason' | 'attempts' | 'error'> &
  Partial<Pick<ServiceReport, 'service_id'>>;

/** Returns what was planned for a service, and the result. */
function reportAction(finding: Actionable, { plan, outcomes }: ServiceFacts): ActionReport {
  const withheld = plan.withheld.find((each) => each.finding === finding);
  if (withheld !== undefined) {
    const { result, reason, failure: error } = withheld;
    return { action: null, result, reason, attempts: 0, error };
  }
  const step = plan.steps.find((each) => each.finding === finding);
  const outcome = outcomes.get(findingKey(finding));
  return {
    // Null if the pass ended before there was a plan.
    action: step?.kind ?? null,
    attempts: outcome?.attempts ?? 0,
    ...reportResult(outcome, finding, describeRemovedFields(step)),
  };
}

function reportResult(
  outcome: Outcome | undefined,
  finding: Actionable,
  loss: string | null,
): Pick<ServiceReport, 'result' | 'reason' | 'error'> & Partial<Pick<ServiceReport, 'service_id'>> {
  switch (outcome?.result) {
    case undefined:
      return { result: null, reason: loss, error: null };
    case 'created':
      return { result: outcome.result, reason: outcome.note ?? null, error: null, service_id: outcome.service_id };
    case 'updated':
    case 'deleted':
      return { result: outcome.result, reason: loss, error: null };
    case 'unsettled': {
      const { result, service_id } = outcome;
      return { result, reason: describeUnsettled(outcome, declaredFields(finding)), error: null, service_id };
    }
    case 'failed':
      return { result: outcome.result, reason: outcome.failure.message, error: outcome.failure };
    case 'withheld':
      return { result: outcome.result, reason: outcome.reason, error: null };
  }
}

/** Describes the unknown fields that an update removes; null if it removes none. */
function describeRemovedFields(step: Step | undefined): string | null {
  if (step?.kind !== 'update') return null;
  const removed = [...step.finding.unknown.keys()].filter((path) => !step.carriedOver.includes(path));
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
