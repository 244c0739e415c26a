import pLimit from 'p-limit';
import type { Directory, Updated } from './cloudflare/directory.ts';
import { changesBetween } from './core/compare.ts';
import { normalise } from './core/normalise.ts';
import { failure, FailureError } from './core/outcome.ts';
import type { Failure, Outcome } from './core/outcome.ts';
import type { Plan, Update } from './core/plan.ts';

export type ApplyOptions = {
  readonly update: Directory['update'];
  /** PUTs under way at the most. */
  readonly concurrency: number;
  /** Aborted: nothing new is begun, what is under way is finished. */
  readonly stop: AbortSignal;
  /** Aborted: what is under way is given up, too. */
  readonly kill: AbortSignal;
};

export type Applied = {
  /** By service_id, one for every update of the plan. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The denial that ended it before its time. */
  readonly denied: Failure | null;
};

/**
 * Carries out a plan. One failure never stops the rest, except a denial: what is refused to one will be refused to all.
 * Who waits for another's name begins when that one is done, and is withheld when it fails. Never throws.
 */
export async function apply(plan: Plan, { update, concurrency, stop, kill }: ApplyOptions): Promise<Applied> {
  const limit = pLimit(concurrency);
  const running = new Map<string, Promise<Outcome>>();
  const updates = new Map(plan.updates.map((each) => [each.finding.live.service_id, each]));
  let denied: Failure | null = null;
  // What waits to be tried again with a credential that is refused waits in vain.
  const refused = new AbortController();
  const signal = AbortSignal.any([kill, refused.signal]);

  const put = async (each: Update): Promise<Outcome> => {
    if (denied !== null) return withheld('not begun: the API refused the credential');
    if (stop.aborted || kill.aborted) return withheld(`not begun: ${reasonOf(stop.aborted ? stop : kill)}`);
    try {
      return settle(each, await update(each.finding.live, each.body, signal));
    } catch (error) {
      const reason = error instanceof FailureError ? error.failure : failure('internal', `a bug: ${String(error)}`);
      if (reason.kind === 'denied' && denied === null) {
        denied = reason;
        refused.abort(new FailureError(reason));
      }
      return { result: 'failed', attempts: error instanceof FailureError ? error.attempts : 0, failure: reason };
    }
  };

  const begin = (each: Update): Promise<Outcome> => {
    const id = each.finding.live.service_id;
    const begun = running.get(id);
    if (begun !== undefined) return begun;
    const outcome = afterHolder(each).then((reason) => reason ?? limit(() => put(each)));
    running.set(id, outcome);
    return outcome;
  };

  /** Waits for the name. A plan has no cycles, so this ends. */
  const afterHolder = async ({ after, finding }: Update): Promise<Outcome | null> => {
    const holder = after === null ? undefined : updates.get(after);
    if (holder === undefined) return null;
    const { result } = await begin(holder);
    if (result === 'updated') return null;
    const name = JSON.stringify(finding.declaration.name);
    return withheld(`not begun: the name ${name} is still held by ${after}, whose update is ${result}`);
  };

  const outcomes = await Promise.all(plan.updates.map(begin));
  return {
    outcomes: new Map([...updates.keys()].map((id, index) => [id, outcomes[index] ?? withheld('not begun')])),
    denied,
  };
}

/** Holds the answer against the declaration: what the API keeps differently would otherwise be sent again and again. */
function settle({ finding }: Update, { live, attempts }: Updated): Outcome {
  const { known: kept } = normalise(live.value);
  const paths = changesBetween(kept, finding.declared).map((change) => change.path);
  return paths.length === 0 ? { result: 'updated', attempts } : { result: 'unsettled', attempts, paths, kept };
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : 'told to stop';
}

function withheld(reason: string): Outcome {
  return { result: 'withheld', attempts: 0, reason };
}
