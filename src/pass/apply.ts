import pLimit from 'p-limit';
import type { Signals } from '../core/base/abort.ts';
import { failure, FailureError, toFailure } from '../core/base/failure.ts';
import type { Failure } from '../core/base/failure.ts';
import { selectCanaries } from '../core/plan/canary.ts';
import { wantedName } from '../core/plan/name-order.ts';
import { SUCCESSES } from '../core/plan/outcome.ts';
import type { Outcome } from '../core/plan/outcome.ts';
import type { Plan } from '../core/plan/plan.ts';
import { nameOf, stepId } from '../core/plan/step.ts';
import type { Step } from '../core/plan/step.ts';
import type { WriteGate } from '../core/service/directory.ts';
import type { PlanDirectory } from './account-view.ts';
import { createService } from './create-service.ts';
import { sharedList } from './shared-list.ts';
import { outcomeOfWrite } from './written-service.ts';

export type ApplyOptions = Signals & {
  readonly directory: PlanDirectory;
  /** Returns the gate of a step; see `guardWrites`. */
  readonly gateOf: (step: Step) => WriteGate;
  /** At most this many steps in flight. */
  readonly concurrency: number;
  /** How many steps run alone, before all others; none by default. */
  readonly canary?: number;
  /** Called at the start and after each step, with the number of finished steps, with any result, and of all steps. */
  readonly onProgress?: (done: number, total: number) => void;
};

export type Applied = {
  /** By the id of the step, one for each step of the plan. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The first denial, which ended the pass early. */
  readonly denied: Failure | null;
};

/** The API is considered down after this many steps in a row failed with a transient error, despite their retries. */
const MAX_TRANSIENT_FAILURES_IN_A_ROW = 5;

/**
 * Carries out a plan. Never throws: every step has an outcome. A failed step does not stop the others. Two things do: a denial, because
 * every other step would be denied as well, and an API that is down. No further step is started then; steps in flight are finished.
 */
export async function apply(plan: Plan, options: ApplyOptions): Promise<Applied> {
  const { concurrency, onProgress, canary = 0 } = options;
  const breaker = openBreaker(options.stop);
  const runStep = stepRunner(options, breaker);
  const limit = pLimit(concurrency);
  const stepsById = new Map<string | null, Step>(plan.steps.map((step) => [stepId(step), step]));
  const started = new Map<string, Promise<Outcome>>();

  const start = (step: Step): Promise<Outcome> => {
    const id = stepId(step);
    const outcome = started.get(id) ?? afterNameIsFree(step).then((blocked) => blocked ?? limit(() => runStep(step)));
    started.set(id, outcome);
    return outcome;
  };

  /** Waits for the step that frees the wanted name. Ends, because the waiting steps of a plan form no cycle. */
  const afterNameIsFree = async ({ waitsFor, finding }: Step): Promise<Outcome | null> => {
    const holder = stepsById.get(waitsFor);
    if (holder === undefined) return null;
    const outcome = await start(holder);
    if (SUCCESSES.includes(outcome.result)) return null;
    const name = JSON.stringify(wantedName(finding));
    const reason = outcome.result === 'failed' ? `: ${outcome.failure.message}` : '';
    return withheld(
      `the name ${name} is still held by ${waitsFor}, whose ${holder.kind} has the result "${outcome.result}"${reason}`,
    );
  };

  const outcomes = new Map<string, Outcome>();
  const runAll = async (steps: readonly Step[], run: (step: Step) => Outcome | Promise<Outcome>) =>
    Promise.all(
      steps.map(async (step): Promise<Done> => {
        const outcome = await run(step);
        outcomes.set(stepId(step), outcome);
        onProgress?.(outcomes.size, plan.steps.length);
        return { step, outcome };
      }),
    );
  onProgress?.(0, plan.steps.length);
  const canaries = selectCanaries(plan.steps, { canary });
  const failed = (await runAll(canaries, start)).find(({ outcome }) => !SUCCESSES.includes(outcome.result));
  const others = plan.steps.filter((step) => !canaries.includes(step));
  // Once no further step may start, each of the others says why.
  if (failed === undefined || breaker.stop.aborted) await runAll(others, start);
  else await runAll(others, () => haltedBy(failed));
  return { outcomes, denied: breaker.denied() };
}

type Done = { readonly step: Step; readonly outcome: Outcome };

/** Returns the outcome of a step that does not start because a canary did not succeed. */
function haltedBy({ step: { kind, finding }, outcome }: Done): Outcome {
  const reason = outcome.result === 'failed' ? `: ${outcome.failure.message}` : '';
  return withheld(
    `canary: the ${kind} of ${JSON.stringify(nameOf(finding))}, which ran first, has the result "${outcome.result}"${reason}`,
  );
}

type Breaker = {
  /** Aborted together with the caller's `stop`, or once no further step may start. */
  readonly stop: AbortSignal;
  readonly onSuccess: () => void;
  readonly onFailure: (failure: Failure) => void;
  readonly denied: () => Failure | null;
};

/** Returns a circuit breaker, which decides from the results whether further steps may start. */
function openBreaker(stop: AbortSignal): Breaker {
  const controller = new AbortController();
  let denied: Failure | null = null;
  let transientInARow = 0;
  return {
    stop: AbortSignal.any([stop, controller.signal]),
    onSuccess: () => {
      transientInARow = 0;
    },
    onFailure: (reason) => {
      if (reason.kind === 'denied') {
        denied ??= reason;
        controller.abort(new FailureError(failure('denied', 'another write was denied')));
      }
      transientInARow = reason.kind === 'transient' ? transientInARow + 1 : 0;
      if (transientInARow < MAX_TRANSIENT_FAILURES_IN_A_ROW) return;
      const message = `${transientInARow} writes in a row failed, the last one with: ${reason.message}`;
      controller.abort(new FailureError(failure('transient', message)));
    },
    denied: () => denied,
  };
}

/** Returns a function that carries out one step and never throws. */
function stepRunner({ directory, gateOf, kill }: ApplyOptions, breaker: Breaker): (step: Step) => Promise<Outcome> {
  const signals = { stop: breaker.stop, kill };
  const lists = sharedList(async () => directory.list(signals));
  const send = async (step: Step): Promise<Outcome> => {
    const options = { ...signals, gate: gateOf(step) };
    switch (step.kind) {
      case 'create':
        return createService(step, { ...options, create: directory.create, lists });
      case 'update': {
        const { live, attempts } = await directory.update(step.finding.live, step.body, options);
        return outcomeOfWrite(step, live, attempts) ?? { result: 'updated', attempts };
      }
      case 'delete': {
        const { attempts } = await directory.remove(step.finding.live, options);
        return { result: 'deleted', attempts };
      }
    }
  };
  return async (step) => {
    try {
      const outcome = await send(step);
      breaker.onSuccess();
      return outcome;
    } catch (error) {
      if (!(error instanceof FailureError)) return { result: 'failed', attempts: 0, failure: toFailure(error) };
      const { attempts, message } = error;
      if (error.failure.kind === 'superseded')
        return { result: 'withheld', attempts, reason: message, superseded: true };
      if (attempts === 0 && error.failure.kind !== 'internal') return withheld(message);
      breaker.onFailure(error.failure);
      return { result: 'failed', attempts, failure: withAdvice(error.failure, step) };
    }
  };
}

/** Names the setting if the API may have refused fields that this version does not know. */
function withAdvice(reason: Failure, { carriedOver }: Step): Failure {
  if (reason.status !== 400 || carriedOver.length === 0) return reason;
  const fields = carriedOver.join(', ');
  const advice = `the update kept live fields that this version does not know (${fields}); if the API refuses them, set unknown_fields to drop`;
  return { ...reason, message: `${reason.message}; ${advice}` };
}

function withheld(reason: string): Outcome {
  return { result: 'withheld', attempts: 0, reason: `not started: ${reason}` };
}
