import type { Counts } from '../../core/report/counts.ts';
import type { PassOutcome } from '../../core/report/pass.ts';
import type { PassSummary, Report } from '../../core/report/report.ts';
import { isContested, isUrgent } from '../../core/report/service-report.ts';
import { sharedReasons } from '../../core/report/shared-reasons.ts';
import type { Suspension } from '../../core/report/suspension.ts';
import { countOf, formatNumber } from './numbers.ts';
import type { PageData } from './page-data.ts';
import { formatTime } from './relative-time.ts';

/**
 * The state that the page opens with. The first one that applies is shown:
 *
 *   stuck                           the reconcile loop makes no progress
 *   starting                        no pass has ended yet
 *   failing, denied, interrupted    the last pass did not run to completion
 *   stale                           the last pass did, but its result is too old to rely on
 *   paused                          a person paused all writes
 *   partial, pending, converged, in_sync    the outcome of the last pass; partial also while a service is contested
 */
export type SyncState = 'stuck' | 'starting' | 'failing' | 'stale' | 'paused' | Exclude<PassOutcome, 'failed'>;

export type SyncStatus = {
  readonly state: SyncState;
  /** Carries the number of services that it is about. */
  readonly title: string;
  /** Null if the title and the lists say everything. */
  readonly reason: string | null;
  /** When the state began; null if unknown. `orEarlier` means that it began before the oldest remembered pass. */
  readonly since: { readonly at: string; readonly orEarlier: boolean } | null;
};

/** Returns whether the account is in sync, and if not, why and since when. */
export function syncStatus(data: PageData): SyncStatus {
  const status = statusOf(data);
  return { ...status, since: sinceOf(status.state, data) };
}

function statusOf({ health, latest, passes }: PageData): Omit<SyncStatus, 'since'> {
  const reason = health.reason ?? 'the reason is unknown';
  if (!health.healthy) {
    return {
      state: 'stuck',
      title: 'Stuck',
      reason: `The reconcile loop makes no progress: ${reason}. Restart the process.`,
    };
  }
  if (latest === null) return { state: 'starting', title: 'Starting', reason: `Not ready yet: ${reason}.` };
  const { outcome } = latest;
  if (outcome === 'failed' || outcome === 'denied' || outcome === 'interrupted') {
    return describeFailure(outcome, latest.error?.message ?? null, passes);
  }
  if (!health.ready) {
    return { state: 'stale', title: 'Out of date', reason: `The last result may no longer be true: ${reason}.` };
  }
  return health.paused === null ? describeOutcome(outcome, latest) : describePause(health.paused, outcome, latest);
}

function describeFailure(
  outcome: Exclude<PassOutcome, Completed>,
  error: string | null,
  passes: readonly PassSummary[],
): Omit<SyncStatus, 'since'> {
  switch (outcome) {
    case 'failed': {
      const failures = trailingRun(passes, outcome).length;
      const title = failures > 1 ? `The last ${formatNumber(failures)} passes failed` : 'The last pass failed';
      return { state: 'failing', title, reason: error };
    }
    case 'denied': {
      const denials = trailingRun(passes, outcome).length;
      return {
        state: outcome,
        title: denials > 1 ? `Access denied in the last ${formatNumber(denials)} passes` : 'Access denied',
        reason: `The API rejected the credential or the account: ${error}`,
      };
    }
    case 'interrupted':
      return { state: outcome, title: 'Interrupted', reason: error };
  }
}

type Completed = 'in_sync' | 'converged' | 'pending' | 'partial';

function describePause({ until, reason }: Suspension, outcome: Completed, report: Report): Omit<SyncStatus, 'since'> {
  const end = until === null ? 'until they are resumed' : `until ${formatTime(until)}`;
  const { title } = describeOutcome(outcome, report);
  return {
    state: 'paused',
    title: `Paused: ${uncapitalize(title)}`,
    reason: `All writes are paused ${end}${reason === null ? '' : `: ${reason}`}.`,
  };
}

function uncapitalize(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

function describeOutcome(outcome: Completed, report: Report): Omit<SyncStatus, 'since'> {
  const { counts, mode } = report;
  if (counts.contested > 0 && (outcome === 'in_sync' || outcome === 'converged')) {
    const reason = `Everything is in sync now, but another writer changes ${countOf(counts.contested, 'service')} back again and again.`;
    return { state: 'partial', title: describeAttention(report), reason };
  }
  switch (outcome) {
    case 'in_sync':
      return { state: outcome, title: describeInSync(counts), reason: describePausedServices(counts) };
    case 'converged':
      return { state: outcome, title: describeWrites(counts), reason: describeRest(counts) };
    case 'pending':
      return { state: outcome, title: describePending(counts), reason: `Mode ${mode} writes nothing.` };
    case 'partial':
      return { state: outcome, title: describeAttention(report), reason: describeSharedReasons(report) };
  }
}

function describeInSync({ declared, paused }: Counts): string {
  const matching = declared - paused;
  if (declared === 0) return 'No services declared';
  if (matching === 0) return `${countOf(paused, 'service')} paused`;
  return matching === 1 ? '1 service in sync' : `All ${formatNumber(matching)} services in sync`;
}

function describePausedServices({ declared, paused }: Counts): string | null {
  if (paused === 0 || paused === declared) return null;
  return `${countOf(paused, 'more service')} ${paused === 1 ? 'is' : 'are'} paused by ${paused === 1 ? 'its declaration' : 'their declarations'}.`;
}

function describeWrites({ created, updated, deleted }: Counts): string {
  const writes = created + updated + deleted;
  if (writes === 0) return 'Converged';
  const verb =
    writes === created ? 'created' : writes === updated ? 'updated' : writes === deleted ? 'deleted' : 'changed';
  return `${countOf(writes, 'service')} ${verb}`;
}

function describeRest({ paused }: Counts): string {
  return `Everything is in sync now${paused === 0 ? '' : `, except ${countOf(paused, 'paused service')}`}.`;
}

function describePending({
  to_create: creates,
  to_update: updates,
  to_delete: deletes,
  drifted,
  paused,
}: Counts): string {
  const differing = Math.max(updates, paused === 0 ? drifted : 0);
  if (creates + deletes === 0) return `${countOf(differing, 'service')} drifted`;
  return `${countOf(creates + differing + deletes, 'change')} to make`;
}

function describeAttention({ services, problems }: Report): string {
  const count = services.filter(isUrgent).length;
  if (count === 0) return `${countOf(problems.length, 'problem')} in files`;
  return `${countOf(count, 'service')} ${count === 1 ? 'needs' : 'need'} attention`;
}

/** Returns the reasons that several services share, which their items leave out. */
function describeSharedReasons(report: Report): string | null {
  const reasons = [...sharedReasons(report)].map(
    ([reason, count]) => `${countOf(count, 'change')} withheld: ${reason}.`,
  );
  return reasons.length === 0 ? null : reasons.join(' ');
}

function sinceOf(state: SyncState, { health, latest, passes }: PageData): SyncStatus['since'] {
  if (state === 'paused') return health.paused && { at: health.paused.since, orEarlier: false };
  // The reason says how long.
  if (state === 'stuck') return null;
  if (latest === null) return { at: health.started.at, orEarlier: false };
  if (state === 'stale') return null;
  const run = trailingRun(passes, latest.outcome);
  const before = passes.at(-run.length - 1);
  // A pass that converged left everything in sync.
  const begin = latest.outcome === 'in_sync' && before?.outcome === 'converged' ? before : (run[0] ?? latest);
  const contestedSince = firstContest(latest);
  // Between two writes, a contested service is in sync for a while.
  if (contestedSince !== null && contestedSince < begin.finished_at) return { at: contestedSince, orEarlier: false };
  return { at: begin.finished_at, orEarlier: begin === passes[0] && begin.trigger !== 'startup' };
}

function firstContest({ services }: Report): string | null {
  const times = services.filter(isContested).map(({ contested }) => contested?.since ?? '');
  return times.toSorted()[0] ?? null;
}

/** Returns the most recent passes that all ended with the outcome. */
function trailingRun(passes: readonly PassSummary[], outcome: PassOutcome): readonly PassSummary[] {
  return passes.slice(passes.findLastIndex((pass) => pass.outcome !== outcome) + 1);
}
