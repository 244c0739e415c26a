import { formatDuration } from '../base/duration.ts';
import type { Failure } from '../base/failure.ts';
import type { Drifted } from '../compare/compare.ts';
import { findLostFields } from '../service/normalize.ts';
import { findContested, findParked, findUnsettled } from './memory.ts';
import type { Memory } from './memory.ts';

/** The ways to treat unknown fields of the live service, which a PUT without them would remove. */
export const UNKNOWN_FIELDS_POLICIES = ['preserve', 'withhold', 'drop'] as const;
export type UnknownFieldsPolicy = (typeof UNKNOWN_FIELDS_POLICIES)[number];

/** A drifted service that is not written. */
export type Withheld = {
  readonly finding: Drifted;
  readonly reason: string;
  /** The refusal by the API, if that is the reason. */
  readonly failure: Failure | null;
};

/** Why a service is withheld. */
export type Withholding = Pick<Withheld, 'reason' | 'failure'>;

export type WithholdOptions = {
  readonly unknownFields: UnknownFieldsPolicy;
  readonly memory: Memory;
  /** When the plan is made, in milliseconds of the monotonic clock that `remember` uses. */
  readonly now: number;
  /** Whether parked updates are retried at once. */
  readonly retryParked: boolean;
};

/** Returns why a service is withheld regardless of the other services, or null if it may be updated. */
export function whyWithheld(finding: Drifted, options: WithholdOptions): Withholding | null {
  const reason =
    unknownFieldsReason(finding, options.unknownFields) ??
    unsettledReason(finding, options.memory) ??
    contestedReason(finding, options);
  return reason === null ? parkedReason(finding, options) : { reason, failure: null };
}

function unknownFieldsReason({ declared, unknown }: Drifted, policy: UnknownFieldsPolicy): string | null {
  if (unknown.size === 0 || policy === 'drop') return null;
  if (policy === 'withhold') {
    return `the live service has fields that this version does not know: ${[...unknown.keys()].join(', ')}; set unknown_fields to preserve or drop`;
  }
  const lost = findLostFields(declared, unknown);
  if (lost.length === 0) return null;
  return `the declared host has no place for live fields that this version does not know: ${lost.join(', ')}; to remove them, set unknown_fields to drop`;
}

function unsettledReason(finding: Drifted, memory: Memory): string | null {
  const paths = findUnsettled(finding, memory);
  if (paths === null) return null;
  return `the API stored a different value than the last update sent (${paths.join(', ')}); not sent again until the declaration or the live value changes`;
}

function contestedReason(finding: Drifted, options: WithholdOptions): string | null {
  const contested = findContested(finding, options.memory);
  if (contested === null || isDue(contested, options)) return null;
  const { paths, times, until } = contested;
  return `the API confirmed the last ${times} updates, but lists the old value again (${paths.join(', ')}): another writer may be setting it, for example a second reconciler, or the API does not keep the declared value; ${describeRetry(until, options)}`;
}

function parkedReason(finding: Drifted, options: WithholdOptions): Withholding | null {
  const parked = findParked(finding, options.memory);
  if (parked === null || isDue(parked, options)) return null;
  const { failure, until } = parked;
  const reason = `parked because the API refused the last update: ${failure.message}; ${describeRetry(until, options)}`;
  return { reason, failure };
}

function isDue({ until }: { readonly until: number }, { now, retryParked }: WithholdOptions): boolean {
  return retryParked || until <= now;
}

function describeRetry(until: number, { now }: WithholdOptions): string {
  return `retried in ${formatDuration(until - now)}, on SIGHUP, or once the declaration or the live value changes`;
}
