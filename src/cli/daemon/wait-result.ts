import { formatDuration } from '../../core/base/duration.ts';
import { FailureError } from '../../core/base/failure.ts';
import type { RecentPass } from '../../core/report/daemon/recent-pass.ts';
import { shortRevision } from '../../core/report/notifications/commit-status.ts';
import { isAsDeclared } from '../../core/report/report.ts';
import type { Report } from '../../core/report/report.ts';
import { describeNotSeen, describePass } from './commit-poll.ts';
import type { Poll, Wanted } from './commit-poll.ts';
import { parseAnswer, reportSchema } from './daemon-answers.ts';
import type { DaemonClient } from './daemon-client.ts';

/** The result of `wait`, as `--output json` prints it. */
export type WaitResult = {
  readonly result: 'converged' | 'failed' | 'timeout';
  /** The commit; complete if the daemon has read it. */
  readonly revision: string;
  /** Why it is not converged; null if it is. */
  readonly reason: string | null;
  /** The commit that the daemon has read last; null if it is not known. */
  readonly daemon_revision: string | null;
  /** The report of the pass that decided; null if there is none, or if the daemon no longer keeps it. */
  readonly report: Report | null;
};

/** Returns the result of `wait` from the last answer of the daemon. Reads the report of the pass that decided. */
export async function conclude(
  client: DaemonClient,
  poll: Poll,
  { revision, timeoutMs }: Wanted,
  signal: AbortSignal,
): Promise<WaitResult> {
  const without = { revision, daemon_revision: poll.current, report: null };
  switch (poll.kind) {
    case 'decided':
    case 'retried':
    case 'replaced': {
      const { pass } = poll;
      const result = poll.kind === 'decided' && isAsDeclared(pass) ? 'converged' : 'failed';
      return {
        result,
        revision: pass.revision ?? revision,
        reason: result === 'converged' ? null : describePass(pass) + describeReplaced(poll),
        daemon_revision: poll.current,
        report: await reportOf(client, pass, signal),
      };
    }
    case 'no_checkout':
      return {
        ...without,
        result: 'failed',
        reason: 'the folder of the daemon is not in a git checkout, so its passes have no commit',
      };
    case 'ambiguous': {
      const commits = poll.revisions.join(', ');
      return {
        ...without,
        result: 'failed',
        reason: `the beginning of several commits; write more digits: ${commits}`,
      };
    }
    case 'not_seen':
    case 'no_answer':
      return { ...without, result: 'timeout', reason: describeTimeout(poll, { revision, timeoutMs }) };
  }
}

type Unanswered = Extract<Poll, { readonly kind: 'not_seen' | 'no_answer' }>;

function describeTimeout(poll: Unanswered, { revision, timeoutMs }: Wanted): string {
  const within = timeoutMs === 0 ? '' : ` within ${formatDuration(timeoutMs)}`;
  const state = poll.kind === 'no_answer' ? poll.reason : describeNotSeen(poll, revision);
  const text = `not reconciled${within}: ${state}`;
  if (poll.current === null) return text;
  return `${text}; that commit contains this one if this command exits with 0: git merge-base --is-ancestor ${revision} ${poll.current}`;
}

function describeReplaced(poll: Extract<Poll, { readonly pass: RecentPass }>): string {
  if (poll.kind === 'replaced') return `; replaced by commit ${shortRevision(poll.replacedBy)} before it was applied`;
  if (poll.kind === 'retried' || poll.replacedBy === null) return '';
  return `; the daemon has read commit ${shortRevision(poll.replacedBy)} since`;
}

/** Returns the report of a pass; null if the daemon no longer keeps it, or has ended. */
async function reportOf(client: DaemonClient, pass: RecentPass, signal: AbortSignal): Promise<Report | null> {
  try {
    const answer = await client.ask({ path: REPORT, query: { run_id: pass.run_id } }, signal);
    return parseAnswer(reportSchema, answer, REPORT);
  } catch (error) {
    if (error instanceof FailureError) return null;
    throw error;
  }
}

const REPORT = '/api/report';

/** Returns the last line of the text output. */
export function describeResult({ result, revision, reason, daemon_revision: current }: WaitResult): string {
  const commit = `commit ${shortRevision(revision)}`;
  if (result !== 'converged') return `${commit}: ${reason}`;
  const isLast = current === null || current === revision;
  return `${commit}: converged${isLast ? '' : `; the daemon has read commit ${shortRevision(current)} since`}`;
}
