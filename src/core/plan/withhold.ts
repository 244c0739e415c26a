import { formatDuration } from '../base/duration.ts';
import type { Failure } from '../base/failure.ts';
import { formatValues } from '../base/format-value.ts';
import type { Drifted, Unwanted } from '../compare/compare.ts';
import { describePause, isActive } from '../service/instructions.ts';
import { findLostFields, toBody } from '../service/normalize.ts';
import { checkService } from '../service/schema.ts';
import { contestedUntil, retryTimeOf } from './contest.ts';
import type { Knowledge } from './contest.ts';
import { findParked, findUnsettled } from './memory.ts';
import type { Memory } from './memory.ts';
import { refusalBy } from './policy.ts';
import type { Policy } from './policy.ts';
import { actionFor } from './step.ts';
import type { Actionable } from './step.ts';

/** The ways to treat unknown fields of the live service, which a PUT without them would remove. */
export const UNKNOWN_FIELDS_POLICIES = ['preserve', 'withhold', 'drop'] as const;
export type UnknownFieldsPolicy = (typeof UNKNOWN_FIELDS_POLICIES)[number];

/** A service that is not written although it differs from its declaration. */
export type Withheld = {
  readonly finding: Actionable;
  /** `paused` if the declaration asks for it, which needs no attention. */
  readonly result: 'withheld' | 'paused';
  readonly reason: string;
  /** The refusal by the API, if that is the reason. */
  readonly failure: Failure | null;
};

/** Why a service is withheld. */
export type Withholding = Omit<Withheld, 'finding'>;

export type WithholdOptions = Knowledge & {
  readonly policy: Policy;
  readonly unknownFields: UnknownFieldsPolicy;
  /** When the plan is made, in milliseconds of the monotonic clock that `remember` uses. */
  readonly now: number;
  /** The same in milliseconds of Unix time. */
  readonly at: number;
  /** Whether parked and contested writes are retried at once. */
  readonly retryParked: boolean;
  /** At most this many parked and contested writes are retried, so that the request budget lasts for other writes. */
  readonly maxParkedRetries: number;
};

/** Selects the parked and contested writes to retry: those that have been waiting longest, if there are more than may be retried. */
export function selectRetries(selected: readonly Actionable[], options: WithholdOptions): ReadonlySet<Actionable> {
  const candidates = selected.flatMap((finding) => {
    const until = retryTimeOf(finding, options);
    const isCandidate = until > -Infinity && isDue(until, options) && lastingReason(finding, options) === null;
    return isCandidate ? [{ finding, until }] : [];
  });
  const sorted = candidates.toSorted((a, b) => a.until - b.until);
  return new Set(sorted.slice(0, options.maxParkedRetries).map(({ finding }) => finding));
}

export function withholding(reason: string): Withholding {
  return { result: 'withheld', reason, failure: null };
}

/** Returns why a service is withheld regardless of the other services, or null if it may be written. */
export function whyWithheld(
  finding: Actionable,
  options: WithholdOptions & { readonly retries: ReadonlySet<Actionable> },
): Withholding | null {
  const lasting = lastingReason(finding, options);
  if (lasting !== null) return lasting;
  return options.retries.has(finding) ? null : (parkedReason(finding, options) ?? contestedReason(finding, options));
}

/** Returns why a write is not sent at any time; null if it may be. */
function lastingReason(finding: Actionable, options: WithholdOptions): Withholding | null {
  const { pause } = finding.kind === 'unwanted' ? finding.tombstone.instructions : finding.declaration.instructions;
  if (pause !== null && isActive(pause, options.at)) {
    return { result: 'paused', reason: describePause(pause), failure: null };
  }
  const reason = refusalBy(options.policy, actionFor(finding)) ?? reasonOf(finding, options);
  return reason === null ? null : withholding(reason);
}

function reasonOf(finding: Actionable, options: WithholdOptions): string | null {
  switch (finding.kind) {
    case 'missing':
      return null;
    case 'unwanted':
      return contradictionReason(finding);
    case 'drifted':
      return (
        unknownFieldsReason(finding, options.unknownFields) ??
        unsettledReason(finding, options.memory) ??
        combinationReason(finding)
      );
  }
}

/** A tombstone that contradicts the live service may be a mistake, and a delete cannot be undone. */
function contradictionReason({ contradiction, tombstone }: Unwanted): string | null {
  if (contradiction === null) return null;
  const { path, line } = contradiction;
  const [live, declared] = formatValues(contradiction.live, contradiction.declared);
  return `${tombstone.file}:${line} ${path}: expected the value of the live service, ${live}, found ${declared}; correct or remove the field, or check whether this is the service to delete`;
}

/** Ignored fields keep their live values, which may not fit to the declared ones. */
function combinationReason({ declared, declaration, ignored }: Drifted): string | null {
  if (ignored.length === 0) return null;
  const { service } = checkService({ ...toBody(declared, new Map()), name: declaration.name });
  if (service !== null) return null;
  const paths = ignored.map(({ path }) => path).join(', ');
  return `the live values of ignored fields (${paths}) do not fit to the declared ones; ignore all fields that belong together`;
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

function contestedReason(finding: Actionable, options: WithholdOptions): Withholding | null {
  if (contestedUntil(finding, options.contests) === null) return null;
  const what = finding.kind === 'drifted' ? ` (${finding.changes.map(({ path }) => path).join(', ')})` : '';
  const when = describeRetry(finding, options);
  return withholding(
    `contested${what}: another writer, for example a second reconciler, changes it back, or the API does not keep the writes; retried ${when}, or once the declaration changes`,
  );
}

function parkedReason(finding: Actionable, options: WithholdOptions): Withholding | null {
  const parked = findParked(finding, options.memory);
  if (parked === null) return null;
  const { failure } = parked;
  const when = describeRetry(finding, options);
  const reason = `parked because the API refused the last ${actionFor(finding)}: ${failure.message}; retried ${when}, or once the declaration or the live value changes`;
  return { result: 'withheld', reason, failure };
}

function isDue(until: number, { now, retryParked }: WithholdOptions): boolean {
  return retryParked || until <= now;
}

function describeRetry(finding: Actionable, options: WithholdOptions): string {
  const until = retryTimeOf(finding, options);
  if (isDue(until, options)) return 'when less of the request budget is used';
  return `in ${formatDuration(until - options.now)}, on SIGHUP`;
}
