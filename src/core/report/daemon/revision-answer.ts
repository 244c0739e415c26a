import type { RecentPass } from './recent-pass.ts';

/** The state of a commit according to the recent passes of a daemon. */
export type RevisionAnswer =
  /** A pass ended with a result that lasts. `replacedBy` is the commit of later passes; null if there are none. */
  | { readonly kind: 'decided'; readonly pass: RecentPass; readonly replacedBy: string | null }
  /** Passes of the commit have ended, and the next one may end differently. */
  | { readonly kind: 'retried'; readonly pass: RecentPass }
  /** The same, but the daemon has another commit now. */
  | { readonly kind: 'replaced'; readonly pass: RecentPass; readonly replacedBy: string }
  /** No pass of the commit has ended. `current` is the commit that the daemon has; null if no pass has read one yet. */
  | { readonly kind: 'not_seen'; readonly current: string | null }
  /** The folder of the daemon is not in a git checkout, so passes have no commit. */
  | { readonly kind: 'no_checkout' }
  /** Several commits begin with the digits. */
  | { readonly kind: 'ambiguous'; readonly revisions: readonly string[] };

/**
 * Returns what recent passes say about a commit, which may be abbreviated. `passes` are the newest first, of one process: it remembers
 * nothing longer. The newest pass with a lasting result counts. If the folder went to another commit and came back, as a rollback does, only
 * the passes since then do.
 */
export function findRevision(passes: readonly RecentPass[], wanted: string): RevisionAnswer {
  const known = passes.filter(hasRevision);
  const ofCommit = known.filter(({ revision }) => revision.startsWith(wanted));
  const revisions = [...new Set(ofCommit.map(({ revision }) => revision))];
  if (revisions.length > 1) return { kind: 'ambiguous', revisions };
  const current = known[0]?.revision ?? null;
  const replacedBy = current === revisions[0] ? null : current;
  const decided = lastVisit(known, revisions[0]).find(({ retries_soon: isRetried }) => !isRetried);
  if (decided !== undefined) return { kind: 'decided', pass: decided, replacedBy };
  const [last] = ofCommit;
  if (last !== undefined) {
    return replacedBy === null ? { kind: 'retried', pass: last } : { kind: 'replaced', pass: last, replacedBy };
  }
  // A pass that failed may not have read the folder.
  const lastGood = passes.find(({ error }) => error === null);
  return lastGood?.revision === null ? { kind: 'no_checkout' } : { kind: 'not_seen', current };
}

/** Returns the passes from the last time that the folder was at a commit, the newest first. */
function lastVisit<Pass extends RecentPass>(passes: readonly Pass[], revision: string | undefined): readonly Pass[] {
  const since = passes.slice(passes.findIndex((pass) => pass.revision === revision));
  const before = since.findIndex((pass) => pass.revision !== revision);
  return before < 0 ? since : since.slice(0, before);
}

function hasRevision(pass: RecentPass): pass is RecentPass & { readonly revision: string } {
  return pass.revision !== null;
}
