import type { PassOutcome, PassSummary, Report } from '../../core/report/report.ts';
import type { PageFacts } from './page-facts.ts';

/**
 * The answer to "is it in sync?":
 *
 *   stuck        the loop moves no more, whatever the last pass found
 *   starting     no pass is done yet
 *   failing, denied, interrupted    the last pass did not come to its end
 *   stale        the last pass did, but nobody can say whether that still holds
 *   partial, pending, converged, in_sync    as the last pass found
 */
export type State = 'stuck' | 'starting' | 'failing' | 'stale' | Exclude<PassOutcome, 'failed'>;

export type Verdict = {
  readonly state: State;
  readonly title: string;
  readonly reason: string;
  /** Since when it has been so, as far as that is known; `orEarlier` where it began before what is remembered. */
  readonly since: { readonly at: string; readonly orEarlier: boolean } | null;
};

export const TITLES: Readonly<Record<State, string>> = {
  stuck: 'Stuck',
  starting: 'Starting',
  failing: 'Failing',
  denied: 'Denied',
  interrupted: 'Interrupted',
  stale: 'Out of date',
  partial: 'Something needs you',
  pending: 'Drift pending',
  converged: 'Converged',
  in_sync: 'In sync',
};

export function judge(facts: PageFacts): Verdict {
  const { state, reason } = stateOf(facts);
  return { state, title: TITLES[state], reason, since: sinceOf(state, facts) };
}

function stateOf({ health, latest, passes }: PageFacts): Pick<Verdict, 'state' | 'reason'> {
  const reason = health.reason ?? 'nobody knows why';
  if (!health.healthy) return { state: 'stuck', reason: `It does not move: ${reason}. A restart would help.` };
  if (latest === null) return { state: 'starting', reason: `Not ready yet: ${reason}.` };
  const { outcome, error } = latest;
  const why = error?.message;
  switch (outcome) {
    case 'failed': {
      const times = runOf(passes, outcome).length;
      return { state: 'failing', reason: `${times > 1 ? `The last ${times} passes` : 'The last pass'} failed: ${why}` };
    }
    case 'denied':
      return { state: outcome, reason: `The credential or the account was refused: ${why}` };
    case 'interrupted':
      return { state: outcome, reason: `The last pass did not come to its end: ${why}` };
    case 'in_sync':
    case 'converged':
    case 'pending':
    case 'partial':
      if (!health.ready) return { state: 'stale', reason: `Not to be relied on: ${reason}.` };
      return { state: outcome, reason: reasonOf(outcome, latest) };
  }
}

function reasonOf(
  outcome: 'in_sync' | 'converged' | 'pending' | 'partial',
  { counts, mode, problems }: Report,
): string {
  switch (outcome) {
    case 'in_sync':
      if (counts.declared === 0) return 'No service is declared.';
      return counts.declared === 1
        ? 'The declared service is live as declared.'
        : `All ${spellNumber(counts.declared)} declared services are live as declared.`;
    case 'converged':
      return `${count(counts.updated, 'service')} differed and ${counts.updated === 1 ? 'was' : 'were'} updated; all is live as declared.`;
    case 'pending':
      return `${count(counts.drifted, 'service')} ${counts.drifted === 1 ? 'differs from its declaration' : 'differ from their declarations'}, and mode ${mode} writes nothing.`;
    case 'partial': {
      const { failed, unsettled, withheld, missing, invalid } = counts;
      const parts = [
        { number: failed, words: `${count(failed, 'update')} failed` },
        { number: unsettled, words: `the API keeps something else of ${count(unsettled, 'service')}` },
        { number: withheld, words: `${count(withheld, 'update')} ${withheld === 1 ? 'is' : 'are'} withheld` },
        { number: missing, words: `${count(missing, 'declared service')} ${missing === 1 ? 'is' : 'are'} not live` },
        { number: invalid, words: `${count(invalid, 'declaration')} ${invalid === 1 ? 'is' : 'are'} set aside` },
        { number: problems.length, words: `files have ${count(problems.length, 'problem')}` },
      ].flatMap(({ number, words }) => (number > 0 ? [words] : []));
      const text = new Intl.ListFormat('en').format(parts);
      return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
    }
  }
}

/** `1 service`, `1,000 services`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${spellNumber(number)} ${number === 1 ? one : many}`;
}

export function spellNumber(number: number): string {
  return number.toLocaleString('en');
}

function sinceOf(state: State, { health, latest, passes }: PageFacts): Verdict['since'] {
  if (state === 'stuck') return health.pass && { at: health.pass.at, orEarlier: false };
  if (latest === null) return { at: health.started.at, orEarlier: false };
  if (state === 'stale') return null;
  const run = runOf(passes, latest.outcome);
  const before = passes.at(-run.length - 1);
  // What was updated then has been in sync ever since.
  const begin = latest.outcome === 'in_sync' && before?.outcome === 'converged' ? before : (run[0] ?? latest);
  return { at: begin.finished_at, orEarlier: begin === passes[0] && begin.trigger !== 'startup' };
}

/** The last passes, as far back as they all ended so. */
function runOf(passes: readonly PassSummary[], outcome: PassOutcome): readonly PassSummary[] {
  return passes.slice(passes.findLastIndex((pass) => pass.outcome !== outcome) + 1);
}
