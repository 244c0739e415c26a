import { describeCounts } from '../counts.ts';
import { OUTCOME_LABELS } from '../labels.ts';
import { isAsDeclared } from '../report.ts';
import type { Report } from '../report.ts';

/** The status that a forge shows next to a commit. */
export type CommitStatus = {
  /** The full hash of the commit. */
  readonly revision: string;
  readonly state: 'pending' | 'success' | 'failure';
  readonly description: string;
};

/**
 * Returns the statuses to set when a pass has read a commit, in order. `last` is the status that was set last. A status stays as it is
 * while the passes of a commit agree, so that it does not flicker with every check for drift.
 */
export function statusesAtStart(last: CommitStatus | null, revision: string | null): readonly CommitStatus[] {
  if (revision === null || last?.revision === revision) return [];
  const pending: CommitStatus = { revision, state: 'pending', description: 'reconciling' };
  if (last?.state !== 'pending') return [pending];
  const description = `replaced by ${shortRevision(revision)} before it was applied`;
  return [{ revision: last.revision, state: 'failure', description }, pending];
}

/** Returns the status to set after a pass; null if it stays as it is, if the commit is unknown, or if the next pass decides. */
export function statusAtEnd(last: CommitStatus | null, report: Report): CommitStatus | null {
  const { outcome, superseded } = report;
  const { revision } = report.source;
  if (revision === null || superseded || outcome === 'interrupted') return null;
  const state = isAsDeclared(report) ? 'success' : 'failure';
  if (last?.revision === revision && last.state === state) return null;
  return { revision, state, description: `${OUTCOME_LABELS[outcome]}: ${describeCounts(report)}` };
}

/**
 * Returns the status to set when the process stops, after the last pass; null if it stays as it is. The next process may read another
 * commit, and would leave this one pending forever.
 */
export function statusAtStop(last: CommitStatus): CommitStatus | null {
  if (last.state !== 'pending') return null;
  return { ...last, state: 'failure', description: 'vpc-reconciler stopped before it was applied' };
}

/** Returns a commit as people write it. */
export function shortRevision(revision: string): string {
  return revision.slice(0, 7);
}
