import { formatDuration } from '../base/duration.ts';
import type { Failure } from '../base/failure.ts';
import type { Drifted } from '../compare/compare.ts';
import { findLostFields } from '../service/normalize.ts';
import { findParked, findUnsettled } from './memory.ts';
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
  const reason = unknownFieldsReason(finding, options.unknownFields) ?? unsettledReason(finding, options.memory);
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
  const unsettled = findUnsettled(finding, memory);
  if (unsettled === null) return null;
  const fields = unsettled.paths.join(', ');
  const observation = {
    answer: `the API stored a different value than the last update sent (${fields})`,
    list: `the API confirmed the last updates but still lists a different value (${fields})`,
  }[unsettled.seenIn];
  return `${observation}; not sent again until the declaration or the live value changes`;
}

function parkedReason(finding: Drifted, { memory, now, retryParked }: WithholdOptions): Withholding | null {
  const parked = findParked(finding, memory);
  if (parked === null || retryParked || parked.until <= now) return null;
  const { failure, until } = parked;
  const retry = `retried in ${formatDuration(until - now)}, on SIGHUP, or once the declaration or the live value changes`;
  return { reason: `parked because the API refused the last update: ${failure.message}; ${retry}`, failure };
}
