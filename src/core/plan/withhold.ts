import { formatDuration } from '../base/duration.ts';
import type { Failure } from '../base/failure.ts';
import type { Drifted } from '../compare/compare.ts';
import { findLostFields } from '../service/normalize.ts';
import { findContested, findParked, findUnsettled, retryTimeOf } from './memory.ts';
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
  /** Whether parked and contested updates are retried at once. */
  readonly retryParked: boolean;
  /** At most this many parked and contested updates are retried, so that the request budget lasts for other updates. */
  readonly maxParkedRetries: number;
};

/** Selects the parked and contested updates to retry: those that have been waiting longest, if there are more than may be retried. */
export function selectRetries(drifted: readonly Drifted[], options: WithholdOptions): ReadonlySet<Drifted> {
  const candidates = drifted.flatMap((finding) => {
    const until = retryTimeOf(finding, options.memory);
    const isCandidate = until > -Infinity && isDue(until, options) && lastingReason(finding, options) === null;
    return isCandidate ? [{ finding, until }] : [];
  });
  const sorted = candidates.toSorted((a, b) => a.until - b.until);
  return new Set(sorted.slice(0, options.maxParkedRetries).map(({ finding }) => finding));
}

/** Returns why a service is withheld regardless of the other services, or null if it may be updated. */
export function whyWithheld(
  finding: Drifted,
  options: WithholdOptions & { readonly retries: ReadonlySet<Drifted> },
): Withholding | null {
  const reason = lastingReason(finding, options);
  if (reason !== null) return { reason, failure: null };
  return options.retries.has(finding) ? null : (parkedReason(finding, options) ?? contestedReason(finding, options));
}

/** Returns why an update is not sent at any time; null if it may be. */
function lastingReason(finding: Drifted, { unknownFields, memory }: WithholdOptions): string | null {
  return unknownFieldsReason(finding, unknownFields) ?? unsettledReason(finding, memory);
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

function contestedReason(finding: Drifted, options: WithholdOptions): Withholding | null {
  const contested = findContested(finding, options.memory);
  if (contested === null) return null;
  const { paths, times } = contested;
  const reason = `the API confirmed the last ${times} updates, but lists the old value again (${paths.join(', ')}): another writer may be setting it, for example a second reconciler, or the API does not keep the declared value; ${describeRetry(finding, options)}`;
  return { reason, failure: null };
}

function parkedReason(finding: Drifted, options: WithholdOptions): Withholding | null {
  const parked = findParked(finding, options.memory);
  if (parked === null) return null;
  const { failure } = parked;
  const reason = `parked because the API refused the last update: ${failure.message}; ${describeRetry(finding, options)}`;
  return { reason, failure };
}

function isDue(until: number, { now, retryParked }: WithholdOptions): boolean {
  return retryParked || until <= now;
}

function describeRetry(finding: Drifted, options: WithholdOptions): string {
  const until = retryTimeOf(finding, options.memory);
  const when = isDue(until, options)
    ? 'when less of the request budget is used'
    : `in ${formatDuration(until - options.now)}, on SIGHUP`;
  return `retried ${when}, or once the declaration or the live value changes`;
}
