import { setTimeout as sleep } from 'node:timers/promises';
import { abortReason } from '../core/base/abort.ts';
import { failure, FailureError, toFailure } from '../core/base/failure.ts';
import type { Failure } from '../core/base/failure.ts';
import { changesBetween } from '../core/compare/compare.ts';
import type { Outcome } from '../core/plan/outcome.ts';
import type { Create } from '../core/plan/step.ts';
import { isUsable } from '../core/service/directory.ts';
import type { Directory, ListedItem, LiveService, WriteGate, WriteOptions } from '../core/service/directory.ts';
import { normalize } from '../core/service/normalize.ts';
import type { SharedList } from './shared-list.ts';
import { outcomeOfWrite } from './written-service.ts';

export type CreateOptions = WriteOptions & {
  readonly create: Directory['create'];
  readonly lists: SharedList<ListedItem>;
};

/** How often a service is created in one pass if it is not certain whether it exists, and does not appear in the list. */
const MAX_CREATES = 3;

/** The time until the next attempt, which also lets a list that lags behind catch up. */
const PAUSE_MS = 300;

/**
 * Creates a service. The request cannot be repeated safely: after a lost answer, a timeout or a fault of the server, the service may exist.
 * So the account is listed again, and the name decides, as it does before each attempt if this pass has a newer list:
 *
 *   listed, as declared   done: a request whose answer was lost created it, or another writer
 *   listed, different     superseded: the next pass updates it
 *   not listed            created again, a few times
 */
export async function createService(step: Create, { create, lists, ...options }: CreateOptions): Promise<Outcome> {
  const gate = gateOf(step, lists, options.gate);
  let attempts = 0;
  for (let creates = 1; ; creates += 1) {
    const created = await create(step.body, { ...options, gate }).catch((error: unknown) => {
      const known = isSuperseded(error) ? findByName(step, lists.latest()) : null;
      if (known === null) throw withAttempts(error, attempts);
      return { kind: 'found' as const, live: known };
    });
    if (created.kind === 'found') return outcomeOfFound(step, created.live, attempts);
    attempts += created.attempts;
    if (created.kind === 'created') {
      const outcome = outcomeOfWrite(step, created.live, attempts);
      return outcome ?? { result: 'created', attempts, service_id: created.live.service_id };
    }
    const live = await findAgain(step, created.failure, lists).catch((error: unknown) => {
      throw withAttempts(error, attempts);
    });
    if (live !== null) return outcomeOfFound(step, live, attempts);
    if (creates === MAX_CREATES) throw new FailureError(stillMissing(created.failure), { attempts });
    await sleep(PAUSE_MS * creates, undefined, { signal: options.stop }).catch((cause: unknown) => {
      const { kind } = toFailure(abortReason(options.stop));
      throw new FailureError({ ...stillMissing(created.failure), kind }, { attempts, cause });
    });
  }
}

/**
 * Returns a gate that also closes once a list of this pass shows the service. Since the plan was made, another writer may have created many
 * services, and a list that one create needs shows all of them.
 */
function gateOf(step: Create, { latest }: CreateOptions['lists'], gate: WriteGate): WriteGate {
  const isKnown = () => findByName(step, latest()) !== null;
  return {
    enter: (request) => !isKnown() && gate.enter(request),
    check: async () => {
      if (isKnown()) throw new FailureError(failure('superseded', 'superseded: a service with this name exists now'));
      await gate.check();
    },
    applied: () => null,
  };
}

function isSuperseded(error: unknown): boolean {
  return error instanceof FailureError && error.failure.kind === 'superseded';
}

/** Returns the live service with the declared name; null if none is listed. */
function findByName({ finding, waitsFor }: Create, items: readonly ListedItem[] | null): LiveService | null {
  const found = items
    ?.filter(isUsable)
    // The service that gave up the name in this pass can still have it in an older list.
    .find(({ name, service_id }) => name === finding.declaration.name && service_id !== waitsFor);
  return found ?? null;
}

/** The same from the latest list, or from a new one if that does not show it. */
async function findAgain(
  step: Create,
  reason: Failure,
  { list, latest }: CreateOptions['lists'],
): Promise<LiveService | null> {
  const known = findByName(step, latest());
  if (known !== null) return known;
  const items = await list().catch((error: unknown) => {
    if (!(error instanceof FailureError)) throw error;
    const message = `${reason.message}; whether the service exists is unknown, because the account could not be listed: ${error.failure.message}`;
    throw new FailureError({ ...error.failure, message }, { cause: error });
  });
  return findByName(step, items);
}

const FOUND = 'found in the list after a create without a usable answer: that request created it, or another writer';
const FOUND_BEFORE = 'found in a newer list before it was created: another writer created it';

function outcomeOfFound({ finding }: Create, { service_id, value }: LiveService, attempts: number): Outcome {
  if (changesBetween(normalize(value).known, finding.declared).length === 0) {
    return { result: 'created', attempts, service_id, note: attempts === 0 ? FOUND_BEFORE : FOUND };
  }
  const reason = `superseded: a service with this name and other values exists now, ${service_id}; the next pass updates it`;
  return { result: 'withheld', attempts, reason, superseded: true };
}

/** Not parked, although the API may have refused the request: the list may show the service soon. */
function stillMissing(reason: Failure): Failure {
  return { ...reason, kind: 'transient', message: `${reason.message}; no service with this name is listed` };
}

/** Adds the requests that were sent before the one that failed. */
function withAttempts(error: unknown, attempts: number): unknown {
  if (!(error instanceof FailureError) || attempts === 0) return error;
  return new FailureError(error.failure, { attempts: attempts + error.attempts, cause: error });
}
