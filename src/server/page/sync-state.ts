import { countNotLive } from '../../core/report/counts.ts';
import type { Counts } from '../../core/report/counts.ts';
import type { PassOutcome } from '../../core/report/pass.ts';
import type { ServiceReport } from '../../core/report/service-report.ts';
import type { Suspension } from '../../core/report/suspension.ts';
import type { PassSummary, Report } from '../../core/report/report.ts';
import { countOf, formatNumber, formatSentenceList } from './numbers.ts';
import type { PageData } from './page-data.ts';

/**
 * The state that the page opens with. The first one that applies is shown:
 *
 *   stuck                           the reconcile loop makes no progress
 *   starting                        no pass has ended yet
 *   failing, denied, interrupted    the last pass did not run to completion
 *   stale                           the last pass did, but its result is too old to rely on
 *   paused                          a person paused all writes
 *   partial, pending, converged, in_sync    the outcome of the last pass
 */
export type SyncState = 'stuck' | 'starting' | 'failing' | 'stale' | 'paused' | Exclude<PassOutcome, 'failed'>;

export type SyncStatus = {
  readonly state: SyncState;
  readonly title: string;
  readonly reason: string;
  /** When the state began; null if unknown. `orEarlier` means that it began before the oldest remembered pass. */
  readonly since: { readonly at: string; readonly orEarlier: boolean } | null;
};

const TITLES: Readonly<Record<SyncState, string>> = {
  stuck: 'Stuck',
  starting: 'Starting',
  failing: 'Failing',
  denied: 'Access denied',
  interrupted: 'Interrupted',
  stale: 'Out of date',
  paused: 'Paused',
  partial: 'Needs attention',
  pending: 'Drift detected',
  converged: 'Converged',
  in_sync: 'In sync',
};

/** Returns whether the account is in sync, and if not, why and since when. */
export function syncStatus(data: PageData): SyncStatus {
  const { state, reason } = stateOf(data);
  return { state, title: TITLES[state], reason, since: sinceOf(state, data) };
}

function stateOf({ health, latest, passes }: PageData): Pick<SyncStatus, 'state' | 'reason'> {
  const reason = health.reason ?? 'the reason is unknown';
  if (!health.healthy) {
    return { state: 'stuck', reason: `The reconcile loop makes no progress: ${reason}. Restart the process.` };
  }
  if (latest === null) return { state: 'starting', reason: `Not ready yet: ${reason}.` };
  const { outcome } = latest;
  const error = latest.error?.message;
  switch (outcome) {
    case 'failed': {
      const failures = trailingRun(passes, outcome).length;
      const subject = failures > 1 ? `The last ${failures} passes` : 'The last pass';
      return { state: 'failing', reason: `${subject} failed: ${error}` };
    }
    case 'denied':
      return { state: outcome, reason: `The API rejected the credential or the account: ${error}` };
    case 'interrupted':
      return { state: outcome, reason: `The last pass was interrupted: ${error}` };
    case 'in_sync':
    case 'converged':
    case 'pending':
    case 'partial':
      if (!health.ready) return { state: 'stale', reason: `The last result may no longer be true: ${reason}.` };
      if (health.paused !== null) return { state: 'paused', reason: describePaused(health.paused, latest) };
      return { state: outcome, reason: describeOutcome(outcome, latest) };
  }
}

function describePaused(paused: Suspension, report: Report): string {
  const until = paused.until === null ? 'until they are resumed' : `until ${paused.until}`;
  const reason = paused.reason === null ? '' : ` (${paused.reason})`;
  const { outcome } = report;
  const state =
    outcome === 'failed' || outcome === 'denied' || outcome === 'interrupted' ? '' : describeOutcome(outcome, report);
  return `All writes are paused ${until}${reason}. ${state}`.trim();
}

function describeOutcome(outcome: 'in_sync' | 'converged' | 'pending' | 'partial', report: Report): string {
  const { counts, mode } = report;
  switch (outcome) {
    case 'in_sync':
      return describeInSync(counts);
    case 'converged':
      return describeConverged(counts);
    case 'pending':
      return report.paused === null
        ? `${describePending(counts)} Mode ${mode} writes nothing.`
        : describePending(counts);
    case 'partial':
      return describePartial(report);
  }
}

function describeInSync({ declared, paused }: Counts): string {
  if (declared === 0) return 'No services are declared.';
  const rest = paused === 0 ? '' : ` ${countOf(paused, 'service')} ${paused === 1 ? 'is' : 'are'} paused.`;
  const matching = declared - paused;
  if (matching === 0) return rest.trim();
  const subject =
    matching === 1
      ? 'The declared service matches its declaration.'
      : `All ${formatNumber(matching)} ${paused === 0 ? '' : 'other '}declared services match their declarations.`;
  return subject + rest;
}

function describeConverged({ created, updated, deleted }: Counts): string {
  const parts = [
    { number: created, text: `${countOf(created, 'service')} ${created === 1 ? 'was' : 'were'} created` },
    { number: updated, text: `${countOf(updated, 'drifted service')} ${updated === 1 ? 'was' : 'were'} updated` },
    { number: deleted, text: `${countOf(deleted, 'service')} ${deleted === 1 ? 'was' : 'were'} deleted` },
  ];
  const changes = formatSentenceList(parts.filter(({ number }) => number > 0).map(({ text }) => text));
  return `${changes === '' ? '' : `${changes}. `}Everything is in sync now.`;
}

function describePending({
  to_create: creates,
  drifted,
  paused,
  to_update: updates,
  to_delete: deletes,
}: Counts): string {
  const differing = Math.max(updates, paused === 0 ? drifted : 0);
  const parts = [
    { number: creates, text: `${countOf(creates, 'service')} would be created` },
    {
      number: differing,
      text: `${countOf(differing, 'service')} ${differing === 1 ? 'differs from its declaration' : 'differ from their declarations'}`,
    },
    { number: deletes, text: `${countOf(deletes, 'service')} would be deleted` },
  ];
  return `${formatSentenceList(parts.filter(({ number }) => number > 0).map(({ text }) => text))}.`;
}

function isCreateOrDelete({ finding, result }: ServiceReport): boolean {
  return finding === 'unwanted' || (finding === 'missing' && result !== null);
}

function describePartial({ counts, problems, services }: Report): string {
  const { failed, unsettled, withheld } = counts;
  const missing = countNotLive(counts);
  const unusable = services.filter(({ finding, hint }) => finding === 'invalid' && hint !== null).length;
  const invalid = counts.invalid - unusable;
  const noun = services.some(isCreateOrDelete) ? 'change' : 'update';
  const parts = [
    { number: failed, text: `${countOf(failed, noun)} failed` },
    { number: unsettled, text: `the API stored different values for ${countOf(unsettled, 'service')}` },
    { number: withheld, text: `${countOf(withheld, noun)} ${withheld === 1 ? 'is' : 'are'} withheld` },
    { number: missing, text: `${countOf(missing, 'declared service')} ${missing === 1 ? 'is' : 'are'} not live` },
    { number: invalid, text: `${countOf(invalid, 'declaration')} ${invalid === 1 ? 'is' : 'are'} skipped` },
    { number: unusable, text: `the API lists ${countOf(unusable, 'service')} in a form that cannot be used` },
    { number: problems.length, text: `the files have ${countOf(problems.length, 'problem')}` },
  ];
  return `${formatSentenceList(parts.filter(({ number }) => number > 0).map(({ text }) => text))}.`;
}

function sinceOf(state: SyncState, { health, latest, passes }: PageData): SyncStatus['since'] {
  if (state === 'paused') return health.paused && { at: health.paused.since, orEarlier: false };
  if (state === 'stuck') return health.pass && { at: health.pass.at, orEarlier: false };
  if (latest === null) return { at: health.started.at, orEarlier: false };
  if (state === 'stale') return null;
  const run = trailingRun(passes, latest.outcome);
  const before = passes.at(-run.length - 1);
  // A pass that converged left everything in sync.
  const begin = latest.outcome === 'in_sync' && before?.outcome === 'converged' ? before : (run[0] ?? latest);
  return { at: begin.finished_at, orEarlier: begin === passes[0] && begin.trigger !== 'startup' };
}

/** Returns the most recent passes that all ended with the outcome. */
function trailingRun(passes: readonly PassSummary[], outcome: PassOutcome): readonly PassSummary[] {
  return passes.slice(passes.findLastIndex((pass) => pass.outcome !== outcome) + 1);
}
