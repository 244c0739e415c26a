import type { Signals } from '../core/base/abort.ts';
import { abortReason } from '../core/base/abort.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import { changesBetween } from '../core/compare/compare.ts';
import type { Source } from '../core/load/source.ts';
import { describeViolation } from '../core/plan/assertions/violation.ts';
import { findViolation } from '../core/plan/assertions/write-assertions.ts';
import type { PreventedWrite } from '../core/plan/assertions/violation.ts';
import type { AccountView, WriteFacts } from '../core/plan/assertions/write-assertions.ts';
import { sameFields } from '../core/plan/fingerprint.ts';
import { nameOf, stepId } from '../core/plan/step.ts';
import type { Create, Step } from '../core/plan/step.ts';
import type { Directory, LiveService, WriteGate, WriteRequest } from '../core/service/directory.ts';
import { normalize } from '../core/service/normalize.ts';
import { currentDeclarations } from './current-declarations.ts';
import type { CurrentDeclarationsOptions } from './current-declarations.ts';
import { watchSnapshot } from './snapshot-check.ts';
import { timedList } from './read-while-listing.ts';
import type { TimedList } from './read-while-listing.ts';

/** A plan is made from the folder and a list. A write needs a newer list if its list is older than this. */
const MAX_LIST_AGE_MS = 5000;

/**
 * After a new list, a write may wait this long for its turn, because a small request budget leaves no shorter time between two requests.
 * If it waits longer, for example because the API asked the client to wait, the account is listed again. If it waits too long a second
 * time, the budget is that small, and each list serves one write.
 */
const MAX_TURN_MS = 30_000;

export type WriteGuardOptions = Signals & {
  readonly source: Source;
  readonly steps: readonly Step[];
  readonly planned: CurrentDeclarationsOptions['planned'];
  /**
   * Whether the plan before this one was superseded. If so, the steps whose declarations have not changed are carried out, because a
   * folder that never comes to rest would supersede every plan.
   */
  readonly isPatient: boolean;
  /** Lists the live services again. */
  readonly list: Directory['list'];
  /** The account as the lists of this pass show it, those of `list` included. */
  readonly view: AccountView;
  /** Returns the other facts that each write is checked against. */
  readonly facts: () => Omit<WriteFacts, 'account' | 'declared' | 'folderAgeMs'>;
  /** Called with each write that is not sent because of a bug in this program. */
  readonly onPrevented: (prevented: PreventedWrite) => void;
  /** When the folder was read and when the list of the plan arrived, in milliseconds of `now`. */
  readonly readAt: number;
  readonly listedAt: number;
  /** Returns the milliseconds of a monotonic clock. */
  readonly now: () => number;
};

export type WriteGuard = {
  /** Aborted together with the caller's `stop`, and as soon as the plan is superseded. */
  readonly stop: AbortSignal;
  readonly gateOf: (step: Step) => WriteGate;
  /** Called when the view has a list that the pass needed for something else. It is newer, so all later writes are decided from it. */
  readonly onList: (listedAt: number) => void;
  /** Stops the checks. */
  readonly close: () => void;
};

/**
 * Guards the writes of a plan: no write begins after the folder or its service has changed. The folder is checked continuously, so that
 * a waiting plan ends at once. The account is listed again before a write whose list is old.
 */
export function guardWrites(options: WriteGuardOptions): WriteGuard {
  const { source, steps, planned, isPatient, list, view, readAt, listedAt, now, stop, kill } = options;
  const controller = new AbortController();
  const giveUp = (reason: FailureError) => controller.abort(reason);
  const guarded = AbortSignal.any([stop, controller.signal]);
  const declarations = currentDeclarations({ source, planned, stop: guarded });
  const folder = watchSnapshot({
    source,
    readAt,
    now,
    stop: guarded,
    onChange: async () => {
      // A folder that cannot be read any more declares nothing.
      const isSame = await declarations.refresh().catch(() => null);
      if (isSame === true) return;
      if (isSame === null || !isPatient || !steps.some(declarations.include)) giveUp(superseded(FOLDER_CHANGED));
    },
  });
  const account = latestList({
    list: async () => timedList(list, { stop: guarded, kill }, now),
    listedAt,
    now,
    giveUp,
  });
  const assertWrite = assertWrites({
    ...options,
    facts: () => ({
      ...options.facts(),
      account: view,
      declared: declarations.latest(),
      folderAgeMs: folder.ageMs(),
    }),
  });

  const isCurrent = (step: Step) => declarations.include(step) && !hasChanged(step, view);

  const gateOf = (step: Step): WriteGate => {
    /** How many times in a row the account was listed for this request. */
    let lists = 0;
    const mayUseList = () =>
      account.isFresh(lists === 0 ? MAX_LIST_AGE_MS : MAX_TURN_MS) || (lists > 1 && !account.hasServed());
    return {
      enter: (request) => {
        if (guarded.aborted || !folder.isFresh() || !mayUseList() || !isCurrent(step)) return false;
        assertWrite(step, request);
        lists = 0;
        account.serve();
        return true;
      },
      check: async () => {
        await folder.check();
        if (guarded.aborted) throw abortReason(guarded);
        if (!declarations.include(step)) throw superseded(FOLDER_CHANGED);
        if (!mayUseList()) {
          await account.refresh();
          lists += 1;
        }
        if (!hasChanged(step, view)) return;
        const isDone = findApplied(step, view) !== null;
        throw superseded(isDone ? 'the live service is now as declared' : SERVICE_CHANGED);
      },
      applied: () => findApplied(step, view),
    };
  };
  return { stop: guarded, gateOf, onList: account.accept, close: folder.close };
}

const FOLDER_CHANGED = 'the folder has changed since this pass read it';
const SERVICE_CHANGED = 'the live service has changed since this pass listed it';

function superseded(what: string): FailureError {
  return new FailureError(failure('superseded', `superseded: ${what}; the next pass makes a new plan`));
}

type AssertWritesOptions = Pick<WriteGuardOptions, 'onPrevented'> & {
  /** Returns the facts at this moment. */
  readonly facts: () => WriteFacts;
};

/** Returns a function that throws a `FailureError` if a request of a step must not be sent, because of a bug in this program. */
function assertWrites({ facts, onPrevented }: AssertWritesOptions): (step: Step, request: WriteRequest) => void {
  return (step, request) => {
    const { kind, finding } = step;
    const service_id = finding.kind === 'missing' ? null : finding.live.service_id;
    const violation = findViolation({ request, kind, service_id }, facts());
    if (violation === null) return;
    const { method, path } = request;
    onPrevented({ ...violation, method, path, service_id, name: nameOf(finding) });
    throw new FailureError(failure('internal', describeViolation(violation)));
  };
}

type LatestListOptions = Pick<WriteGuardOptions, 'listedAt' | 'now'> & {
  readonly list: () => Promise<TimedList>;
  /** Called when the list fails, because nothing may be written from an old list. */
  readonly giveUp: (reason: FailureError) => void;
};

/** Knows how old the latest list of a pass is. The steps that need a new one share it. */
function latestList({ list, listedAt: firstAt, now, giveUp }: LatestListOptions) {
  let listedAt = firstAt;
  let listing: Promise<void> | null = null;
  let hasServed = false;
  const accept = (latestAt: number) => {
    listedAt = latestAt;
    hasServed = false;
  };
  const listAgain = async () => {
    try {
      accept((await list()).listedAt);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      const { kind, message } = error.failure;
      const again = `the live services could not be listed again: ${message}`;
      const reason = kind === 'superseded' ? error : new FailureError({ ...error.failure, message: again });
      giveUp(reason);
      throw reason;
    } finally {
      listing = null;
    }
  };
  return {
    accept,
    isFresh: (maxAgeMs: number) => now() - listedAt <= maxAgeMs,
    /** Whether a write has begun that was decided from this list. */
    hasServed: () => hasServed,
    serve: () => {
      hasServed = true;
    },
    refresh: async () => {
      listing ??= listAgain();
      return listing;
    },
  };
}

/** Whether the last list shows the service of a step differently than the plan assumes. */
function hasChanged(step: Step, view: AccountView): boolean {
  if (step.kind === 'create') return isNameTaken(step, view);
  const service = view.find(stepId(step));
  // A delete of a service that is gone does no harm.
  if (service === null) return step.kind === 'update';
  const { known, unknown } = normalize(service.value);
  return !sameFields(known, step.finding.liveFields) || !sameFields(unknown, step.finding.unknown);
}

/** Returns the service of a step if the last list shows it as declared. */
function findApplied(step: Step, view: AccountView): LiveService | null {
  if (step.kind !== 'update') return null;
  const service = view.find(stepId(step));
  if (service === null) return null;
  const { known } = normalize(service.value);
  return changesBetween(known, step.finding.declared).length === 0 ? service : null;
}

/**
 * Whether another service has the name of a service to create, or its previous name. The one that gives up the name first does not count:
 * the list may be older.
 */
function isNameTaken({ finding: { declaration }, waitsFor }: Create, { holdersOf }: AccountView): boolean {
  const { renamedFrom } = declaration.instructions;
  const holders = [...holdersOf(declaration.name), ...(renamedFrom === null ? [] : holdersOf(renamedFrom))];
  return holders.some(({ service_id }) => service_id === null || service_id !== waitsFor);
}
