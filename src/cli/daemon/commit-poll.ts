import { setTimeout as sleep } from 'node:timers/promises';
import { FailureError } from '../../core/base/failure.ts';
import { describeCounts } from '../../core/report/counts.ts';
import type { RecentPass } from '../../core/report/daemon/recent-pass.ts';
import { findRevision } from '../../core/report/daemon/revision-answer.ts';
import type { RevisionAnswer } from '../../core/report/daemon/revision-answer.ts';
import { OUTCOME_LABELS } from '../../core/report/labels.ts';
import { shortRevision } from '../../core/report/notifications/commit-status.ts';
import { describeSuspension } from '../../core/report/suspension.ts';
import { printNotice } from '../context.ts';
import type { Context } from '../context.ts';
import { parseAnswer, passesSchema } from './daemon-answers.ts';
import type { DaemonClient } from './daemon-client.ts';

/** The commit to wait for, which may be abbreviated, and how long. */
export type Wanted = { readonly revision: string; readonly timeoutMs: number };

/** The last answer of the daemon about the commit, or why there is none. */
export type Poll =
  | (RevisionAnswer & { readonly current: string | null })
  | { readonly kind: 'no_answer'; readonly reason: string; readonly current: null };

/** The time between two requests. */
const POLL_MS = 1000;

/** The timeout of a request: the time that is left, within these limits; the longer one if there is only one request. */
const MIN_REQUEST_MS = 1000;
const MAX_REQUEST_MS = 10_000;

/** Asks the daemon until the answer is final, or until the time is over. Returns the last answer. */
export async function pollCommit(
  client: DaemonClient,
  { revision, timeoutMs }: Wanted,
  context: Context,
): Promise<Poll> {
  const endsAt = performance.now() + timeoutMs;
  const leftMs = () => endsAt - performance.now();
  let lastNotice = '';
  let answered: Poll | null = null;
  for (;;) {
    const limitMs = timeoutMs === 0 ? MAX_REQUEST_MS : Math.max(MIN_REQUEST_MS, Math.min(MAX_REQUEST_MS, leftMs()));
    const limit = AbortSignal.timeout(Math.ceil(limitMs));
    const poll = await pollOnce(client, revision, AbortSignal.any([context.stop, limit]));
    context.stop.throwIfAborted();
    if (poll.kind !== 'no_answer') answered = poll;
    if (!isPending(poll)) return poll;
    // While a daemon restarts, the reasons of its last pass are worth more than that it does not answer.
    if (leftMs() <= 0) return poll.kind === 'no_answer' && answered?.kind === 'retried' ? answered : poll;
    const notice = describeWaiting(poll, revision);
    if (notice !== lastNotice) printNotice(context, `waiting: ${notice}`);
    lastNotice = notice;
    await sleep(Math.max(0, Math.min(POLL_MS, leftMs())), undefined, { signal: context.stop }).catch(() => {});
    context.stop.throwIfAborted();
  }
}

async function pollOnce(client: DaemonClient, revision: string, signal: AbortSignal): Promise<Poll> {
  try {
    const { passes } = parseAnswer(passesSchema, await client.ask({ path: PASSES }, signal), PASSES);
    const current = passes.find((pass) => pass.revision !== null)?.revision ?? null;
    return { ...findRevision(passes, revision), current };
  } catch (error) {
    const isOver = signal.aborted && !(error instanceof FailureError);
    if (isOver) return { kind: 'no_answer', reason: 'no answer in time', current: null };
    if (!(error instanceof FailureError) || error.failure.kind !== 'transient') throw error;
    return { kind: 'no_answer', reason: error.message, current: null };
  }
}

const PASSES = '/api/passes';

/** An answer that the next pass may change, or none. */
type Pending = Extract<Poll, { readonly kind: 'no_answer' | 'not_seen' | 'retried' }>;

function isPending(poll: Poll): poll is Pending {
  return poll.kind === 'no_answer' || poll.kind === 'not_seen' || poll.kind === 'retried';
}

function describeWaiting(poll: Pending, revision: string): string {
  switch (poll.kind) {
    case 'no_answer':
      return poll.reason;
    case 'not_seen':
      return describeNotSeen(poll, revision);
    case 'retried':
      return `${describePass(poll.pass)}; the next pass may end differently`;
  }
}

export function describeNotSeen({ current }: { readonly current: string | null }, revision: string): string {
  return current === null
    ? 'no pass has read a commit yet'
    : `the daemon has read commit ${shortRevision(current)}, not ${shortRevision(revision)}`;
}

export function describePass(pass: RecentPass): string {
  const paused = pass.paused === null ? '' : `, all writes are ${describeSuspension(pass.paused)}`;
  const mode = pass.outcome === 'pending' && pass.paused === null ? `, mode ${pass.mode} writes nothing` : '';
  return `${OUTCOME_LABELS[pass.outcome]}: ${describeCounts(pass)}${paused}${mode}`;
}
