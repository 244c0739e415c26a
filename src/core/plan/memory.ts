import type { Failure } from '../base/failure.ts';
import { cachedByIdentity } from '../base/identity-cache.ts';
import { findingId } from '../compare/compare.ts';
import type { Drifted, Finding } from '../compare/compare.ts';
import type { Fields } from '../service/normalize.ts';
import type { Outcome } from './outcome.ts';

/** Who made a service drift: its file was changed, or somebody changed it outside git. */
export type Cause = 'declaration' | 'live' | 'both';

/** How a service stood at the end of the last pass that compared it. */
type Seen = {
  readonly declared: string;
  readonly live: string;
  /** What of the live value this version does not know. */
  readonly unknown: string;
  readonly cause: Cause | null;
  /** What the API would not keep when this declaration was last sent, and the live value from which it was. */
  readonly unsettled: { readonly paths: readonly string[]; readonly from: string } | null;
  /** How often in a row it was updated from one and the same live value, and from which. */
  readonly updates: { readonly from: string; readonly times: number };
  /** Refused by the API, and not tried again for a while. */
  readonly parked: Parked | null;
  /** The last update failed though it might have worked: in the next pass, others come first. */
  readonly stumbled: boolean;
};

/** An update that the API refused so many times in a row. `until` is on the clock of `remember`. */
export type Parked = { readonly failure: Failure; readonly times: number; readonly until: number };

/**
 * What is refused may work later although nobody here changed anything: a tunnel is made, a name set free. So it is tried again, but
 * less and less often, up to once an hour.
 */
const FIRST_PARKING_MS = 15 * 60_000;
const LONGEST_PARKING_MS = 60 * 60_000;

/**
 * An API whose list does not show what its PUT answers looks like somebody who undoes the update at once; so often in a row
 * it is believed.
 */
const MOST_UPDATES_FROM_ONE_VALUE = 3;

const noUpdates: Seen['updates'] = { from: '', times: 0 };
const nothingSpecial = { unknown: '', cause: null, unsettled: null, updates: noUpdates, parked: null, stumbled: false };

/** By service_id. Held by the process only: nothing is lost with it but the causes of the next pass. */
export type Memory = ReadonlyMap<string, Seen>;

export const nothingSeen: Memory = new Map();

/**
 * Why a service drifted, as far as this process saw it; null when it did not see it in sync before. What is not put right
 * stays a cause: a service that drifted live, and whose declaration changes after, drifted on both sides.
 */
export function causeOf(finding: Finding, memory: Memory): Cause | null {
  if (finding.kind !== 'drifted') return null;
  const seen = memory.get(finding.live.service_id);
  if (seen === undefined) return null;
  const declaration = seen.declared !== fingerprint(finding.declared) || isPart('declaration', seen.cause);
  const live = seen.live !== fingerprint(finding.liveFields) || isPart('live', seen.cause);
  if (declaration && live) return 'both';
  if (declaration) return 'declaration';
  return live ? 'live' : null;
}

/** Why a declaration is not sent again, while neither side has changed since that was seen. */
export type Unsettled = {
  readonly paths: readonly string[];
  /** The API said so in its answer; or else the update did not last, time after time. */
  readonly by: 'answer' | 'list';
};

/** What the API will not keep as declared, while neither side has changed since that was seen; else null. */
export function unsettledFor(finding: Finding, memory: Memory): Unsettled | null {
  if (finding.kind !== 'drifted') return null;
  const seen = memory.get(finding.live.service_id);
  if (seen?.declared !== fingerprint(finding.declared) || seen.unknown !== fingerprint(finding.unknown)) return null;
  const live = fingerprint(finding.liveFields);
  // Live is what was kept; or what it was before, where the list does not show what the answer did.
  if (seen.unsettled !== null && (live === seen.live || live === seen.unsettled.from)) {
    return { paths: seen.unsettled.paths, by: 'answer' };
  }
  if (seen.updates.from !== live || seen.updates.times < MOST_UPDATES_FROM_ONE_VALUE) return null;
  return { paths: finding.changes.map(({ path }) => path), by: 'list' };
}

/** The refusal for which a service is parked, due again or not, while neither side has changed since; else null. */
export function parkedFor(finding: Finding, memory: Memory): Parked | null {
  if (finding.kind !== 'drifted') return null;
  const seen = memory.get(finding.live.service_id);
  const same =
    seen?.declared === fingerprint(finding.declared) &&
    seen.live === fingerprint(finding.liveFields) &&
    seen.unknown === fingerprint(finding.unknown);
  return same ? seen.parked : null;
}

/** Whether the last update of a service failed though it might have worked. */
export function hasStumbled(finding: Drifted, memory: Memory): boolean {
  return memory.get(finding.live.service_id)?.stumbled === true;
}

export type Remembered = {
  readonly findings: readonly Finding[];
  /** Of this pass, by service_id. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly memory: Memory;
  /** Milliseconds of a clock that never jumps. */
  readonly now: number;
};

/** What to remember after a pass. */
export function remember(pass: Remembered): Memory {
  return new Map(
    pass.findings.flatMap((finding): [string, Seen][] => {
      const id = findingId(finding);
      const seen = id === null ? undefined : seenAfter(id, finding, pass);
      return id === null || seen === undefined ? [] : [[id, seen]];
    }),
  );
}

/** How one service stands; undefined for what is missing or unmanaged, which is forgotten. */
function seenAfter(id: string, finding: Finding, pass: Remembered): Seen | undefined {
  switch (finding.kind) {
    case 'in_sync': {
      const fields = fingerprint(finding.fields);
      return { ...nothingSpecial, declared: fields, live: fields };
    }
    // A declaration that is broken for a while is no change of it.
    case 'invalid':
      return pass.memory.get(id);
    case 'drifted':
      return driftSeen(finding, pass);
    case 'missing':
    case 'unmanaged':
      return undefined;
  }
}

function driftSeen(finding: Drifted, { outcomes, memory, now }: Remembered): Seen {
  const id = finding.live.service_id;
  const declared = fingerprint(finding.declared);
  const live = fingerprint(finding.liveFields);
  const seen = memory.get(id);
  const outcome = outcomes.get(id);
  const before: Seen = {
    declared,
    live,
    unknown: fingerprint(finding.unknown),
    cause: causeOf(finding, memory),
    unsettled: unsettledFor(finding, memory) === null ? null : (seen?.unsettled ?? null),
    updates: seen?.declared === declared ? seen.updates : noUpdates,
    parked: parkedFor(finding, memory),
    stumbled: false,
  };
  switch (outcome?.result) {
    case 'updated': {
      const times = before.updates.from === live ? before.updates.times + 1 : 1;
      return { ...nothingSpecial, declared, live: declared, unknown: before.unknown, updates: { from: live, times } };
    }
    case 'unsettled':
      return {
        ...before,
        live: fingerprint(outcome.kept),
        unsettled: { paths: outcome.paths, from: live },
        parked: null,
      };
    case 'failed':
      if (outcome.failure.kind !== 'rejected') return { ...before, stumbled: true };
      return { ...before, parked: parkedAgain(outcome.failure, before.parked, now) };
    case 'withheld':
    case undefined:
      return { ...before, stumbled: seen?.stumbled === true };
  }
}

function parkedAgain(failure: Failure, before: Parked | null, now: number): Parked {
  const times = (before?.times ?? 0) + 1;
  return { failure, times, until: now + Math.min(LONGEST_PARKING_MS, FIRST_PARKING_MS * 2 ** (times - 1)) };
}

function isPart(side: Cause, cause: Cause | null): boolean {
  return cause === side || cause === 'both';
}

/** Equal for equal fields: the order of the fields is that of `normalize`. */
const fingerprint = cachedByIdentity((fields: Fields) => JSON.stringify([...fields]));
