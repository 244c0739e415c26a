import type { Failure } from '../base/failure.ts';
import { escapeControlCharacters } from '../base/text/escape.ts';
import { FINDING_KINDS, liveOf } from '../compare/compare.ts';
import type { Finding, FindingKind } from '../compare/compare.ts';
import { SUCCESSES } from '../plan/outcome.ts';
import type { Result } from '../plan/outcome.ts';
import type { StepKind } from '../plan/step.ts';
import type { Mode } from './pass.ts';
import { isContested } from './service-report.ts';
import type { ServiceReport } from './service-report.ts';
import type { Suspension } from './suspension.ts';

/** The numbers of a pass: all declarations and live services, then a number for each finding and each result. */
export type Counts = {
  /** Includes the declarations that were skipped. */
  readonly declared: number;
  readonly live: number;
  /** Services with a difference that their declaration ignores. */
  readonly ignored: number;
  /** Services that another writer changes back again and again. */
  readonly contested: number;
} & Readonly<Record<FindingKind | Result | `to_${StepKind}`, number>>;

/** Counts what a pass found and did. */
export function toCounts(declared: number, findings: readonly Finding[], services: readonly ServiceReport[]): Counts {
  const countFindings = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind).length;
  const countResults = (result: Result) => services.filter((service) => service.result === result).length;
  const countPending = (kind: StepKind) =>
    services.filter(({ action, result }) => action === kind && result === null).length;
  return {
    declared,
    // Two declarations with the same service_id are two findings with one live service.
    live: new Set(findings.flatMap((finding) => liveOf(finding) ?? [])).size,
    in_sync: countFindings('in_sync') + countFindings('gone'),
    drifted: countFindings('drifted'),
    missing: countFindings('missing'),
    unwanted: countFindings('unwanted'),
    unmanaged: countFindings('unmanaged'),
    invalid: countFindings('invalid'),
    created: countResults('created'),
    updated: countResults('updated'),
    deleted: countResults('deleted'),
    failed: countResults('failed'),
    unsettled: countResults('unsettled'),
    withheld: countResults('withheld'),
    paused: countResults('paused'),
    ignored: services.filter(({ ignored }) => ignored.length > 0).length,
    contested: services.filter(isContested).length,
    to_create: countPending('create'),
    to_update: countPending('update'),
    to_delete: countPending('delete'),
  };
}

/** Returns how many declared services are not live, except those that were created or are about to be. */
function countNotLive({ missing, created, to_create }: Counts): number {
  return missing - created - to_create;
}

/** The states of a service after a pass, for metrics. */
export const SERVICE_STATES = [...FINDING_KINDS, 'paused'] as const;
export type ServiceState = (typeof SERVICE_STATES)[number];

/** The part of a report that the state of services is read from. */
type CountedServices = { readonly counts: Counts; readonly services: readonly ServiceReport[] };

/** Counts services by their state after the pass. A service that the pass wrote is in sync; a paused one is neither in sync nor drifted. */
export function countStates({ counts, services }: CountedServices): Readonly<Record<ServiceState, number>> {
  const states: Record<ServiceState, number> = {
    in_sync: counts.in_sync,
    drifted: 0,
    missing: 0,
    unwanted: 0,
    unmanaged: 0,
    invalid: 0,
    paused: 0,
  };
  for (const { finding, result } of services) {
    // In a report, a service that was in sync is already counted.
    if (finding !== 'in_sync') states[stateAfter(finding, result)] += 1;
  }
  return states;
}

/** Returns the state of a service after a pass. */
export function stateAfter(finding: FindingKind, result: Result | null): ServiceState {
  if (result === 'paused') return 'paused';
  // It was created, but not as declared.
  if (finding === 'missing' && result === 'unsettled') return 'drifted';
  return SUCCESSES.includes(result) ? 'in_sync' : finding;
}

/** Counts the live services after the pass. */
export function countLive({ counts, services }: CountedServices): number {
  const created = services.filter(
    ({ finding, result }) => finding === 'missing' && (result === 'created' || result === 'unsettled'),
  );
  return counts.live + created.length - counts.deleted;
}

/** A number to show, and its label: `3`, `to update`. */
export type LabeledCount = { readonly count: number; readonly label: string };

/** The part of a report that its counts are read from. */
type CountedPass = {
  readonly counts: Counts;
  readonly mode: Mode;
  /** With a pause of all writes, nothing was written. */
  readonly paused?: Suspension | null;
  readonly unconfirmed?: readonly string[];
};

/** Returns the counts that are not zero, in the order in which they are shown. */
export function nonZeroCounts({ counts, mode, paused = null, unconfirmed = [] }: CountedPass): readonly LabeledCount[] {
  const pending = (count: number) => (mode === 'apply' && paused === null ? 0 : count);
  return [
    { count: counts.created, label: 'created' },
    { count: counts.updated, label: 'updated' },
    { count: counts.deleted, label: 'deleted' },
    { count: pending(counts.to_create), label: 'to create' },
    { count: pending(counts.to_update), label: 'to update' },
    { count: pending(counts.to_delete), label: 'to delete' },
    { count: counts.failed, label: 'failed' },
    { count: counts.unsettled, label: 'unsettled' },
    { count: counts.withheld, label: 'withheld' },
    { count: counts.contested, label: 'contested' },
    { count: counts.paused, label: 'paused' },
    { count: countNotLive(counts), label: 'missing' },
    { count: counts.invalid, label: 'invalid' },
    { count: counts.unmanaged, label: 'unmanaged' },
    { count: counts.in_sync, label: 'in sync' },
    { count: counts.ignored, label: 'with ignored differences' },
    { count: unconfirmed.length, label: 'of them not listed as updated yet' },
  ].filter(({ count }) => count > 0);
}

/** Returns the error that ended the pass, if any, and the counts that are not zero: `1 updated, 2 missing`. */
export function describeCounts(pass: CountedPass & { readonly error: Failure | null }): string {
  const numbers = nonZeroCounts(pass).map(({ count, label }) => `${count} ${label}`);
  const { counts, error } = pass;
  // The outcome precedes this text, and "in sync: 9 in sync" would repeat it.
  if (error === null && numbers.length === 1 && counts.in_sync > 0) {
    return `${counts.in_sync} ${counts.in_sync === 1 ? 'service' : 'services'}`;
  }
  return error === null
    ? numbers.join(', ') || 'no services'
    : [escapeControlCharacters(error.message), ...numbers].join(' · ');
}
