import pLimit from 'p-limit';
import type { Signals } from '../core/base/abort.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import type { Failure } from '../core/base/failure.ts';
import { changesBetween } from '../core/compare/compare.ts';
import type { Outcome } from '../core/plan/outcome.ts';
import type { Plan, Update } from '../core/plan/plan.ts';
import type { Directory, Updated } from '../core/service/directory.ts';
import { normalize } from '../core/service/normalize.ts';

export type ApplyOptions = Signals & {
  readonly update: Directory['update'];
  /** PUTs under way at the most. */
  readonly concurrency: number;
  /** Told how many of the updates have come to an end, whichever; of 0 to begin with. */
  readonly onProgress?: (done: number, of: number) => void;
};

export type Applied = {
  /** By service_id, one for every update of the plan. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The denial that ended it before its time. */
  readonly denied: Failure | null;
};

/** So many updates in a row that failed, after all their tries, though they might have worked: the API is down. */
const MOST_TRANSIENT_IN_A_ROW = 5;

/**
 * Carries out a plan. One failure never stops the rest, except a denial, for what is refused to one will be refused to all, and an API
 * that is down: the rest is not begun then, and what is under way is finished. Who waits for another's name begins when that one
 * is done, and is withheld when it fails. Never throws.
 */
export async function apply(
  plan: Plan,
  { update, concurrency, onProgress, stop, kill }: ApplyOptions,
): Promise<Applied> {
  const limit = pLimit(concurrency);
  const running = new Map<string, Promise<Outcome>>();
  const updates = new Map(plan.updates.map((each) => [each.finding.live.service_id, each]));
  const over = new AbortController();
  const signals = { stop: AbortSignal.any([stop, over.signal]), kill };
  let denied: Failure | null = null;
  let transientInARow = 0;

  const put = async (each: Update): Promise<Outcome> => {
    try {
      const updated = await update(each.finding.live, each.body, signals);
      transientInARow = 0;
      return settle(each, updated);
    } catch (error) {
      if (!(error instanceof FailureError)) {
        return { result: 'failed', attempts: 0, failure: failure('internal', `a bug: ${String(error)}`) };
      }
      if (error.attempts === 0) return withheld(`not begun: ${error.message}`);
      weigh(error.failure);
      return { result: 'failed', attempts: error.attempts, failure: error.failure };
    }
  };

  /** Whether a failure concerns the rest, too. */
  const weigh = (reason: Failure) => {
    if (reason.kind === 'denied') {
      denied ??= reason;
      over.abort(new FailureError(failure('denied', 'the API refused the credential')));
    }
    transientInARow = reason.kind === 'transient' ? transientInARow + 1 : 0;
    if (transientInARow < MOST_TRANSIENT_IN_A_ROW) return;
    const message = `${transientInARow} updates in a row failed, the last one with: ${reason.message}`;
    over.abort(new FailureError(failure('transient', message)));
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

  let done = 0;
  const ended = (outcome: Outcome): Outcome => {
    onProgress?.((done += 1), plan.updates.length);
    return outcome;
  };
  onProgress?.(0, plan.updates.length);
  const outcomes = await Promise.all(plan.updates.map((each) => begin(each).then(ended)));
  return {
    outcomes: new Map([...updates.keys()].map((id, index) => [id, outcomes[index] ?? withheld('not begun')])),
    denied,
  };
}

/** Holds the answer against the declaration: what the API keeps differently would otherwise be sent again and again. */
function settle({ finding }: Update, { live, attempts }: Updated): Outcome {
  const { known: kept } = normalize(live.value);
  const paths = changesBetween(kept, finding.declared).map((change) => change.path);
  return paths.length === 0 ? { result: 'updated', attempts } : { result: 'unsettled', attempts, paths, kept };
}

function withheld(reason: string): Outcome {
  return { result: 'withheld', attempts: 0, reason };
}
