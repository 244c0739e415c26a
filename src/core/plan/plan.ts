import { formatDuration } from '../base/duration.ts';
import type { Failure } from '../base/failure.ts';
import type { JsonObject } from '../base/json.ts';
import type { Drifted, Finding } from '../compare/compare.ts';
import type { LiveService } from '../service/directory.ts';
import { toBody, withoutPlace } from '../service/normalize.ts';
import type { Fields } from '../service/normalize.ts';
import { hasStumbled, parkedFor, unsettledFor } from './memory.ts';
import type { Memory } from './memory.ts';

/** What to do with live fields that this version does not know, which a full replacement would wipe. */
export type UnknownFieldsPolicy = 'preserve' | 'withhold' | 'drop';

/** What the settings say. */
export type Rules = {
  readonly unknownFields: UnknownFieldsPolicy;
  /** More updates than so many are withheld whole; null is any number. */
  readonly maxChanges: number | null;
  /** So are updates of more than this part of the declared services that are live, in percent. */
  readonly maxChangePercent: number | null;
};

export type Policy = Rules & {
  /** What earlier passes of this process learned. */
  readonly memory: Memory;
  /** When the plan is made, on the clock of `remember`. */
  readonly now: number;
  /** Somebody asked for this pass: what is parked is tried at once. */
  readonly retryParked: boolean;
  /** Who else is left alone: the others keep what they have, their names among it. Null for nobody. */
  readonly only: ReadonlySet<Finding> | null;
};

/** One PUT. */
export type Update = {
  readonly finding: Drifted;
  readonly body: JsonObject;
  /** The paths of the live object's unknown fields that the body carries over. */
  readonly carriedOver: readonly string[];
  /** The service that must have given up the wanted name before; null where the name is free or stays. */
  readonly after: string | null;
};

/** A service that differs and is not written, why, and for which refusal of the API, if that is why. */
export type Withheld = { readonly finding: Drifted; readonly reason: string; readonly failure: Failure | null };

/**
 * What shall be done, decided before anything is. Every drifted service that was asked for is in one of the two lists, sorted by service_id; but updates
 * that failed last time though they might have worked stand behind the others, so that they keep nobody from having a turn.
 */
export type Plan = { readonly updates: readonly Update[]; readonly withheld: readonly Withheld[] };

/**
 * Decides from the findings. Names are unique in an account, so who wants a name waits until its holder has given it up;
 * who waits in vain is withheld. No temporary names: nothing is written that no declaration says.
 */
export function plan(findings: readonly Finding[], policy: Policy): Plan {
  const drifted = findings
    .filter((finding) => finding.kind === 'drifted')
    .filter((finding) => policy.only?.has(finding) ?? true);
  const holders = new Map(findings.flatMap(liveOf).map((live) => [live.name, live.service_id]));
  const wanting = new Map(drifted.map((finding) => [idOf(finding), finding]));
  const reasons = new Map(drifted.map((finding) => [idOf(finding), reasonOfItsOwn(finding, policy)]));
  const staying = new Set(drifted.map(idOf).filter((id) => reasons.get(id) != null));
  const decided = drifted.map((finding) => ({
    finding,
    why: reasons.get(idOf(finding)) ?? because(reasonOfName(finding, { holders, wanting, staying })),
  }));
  const inTurn = decided.toSorted((a, b) => turnOf(a.finding, policy) - turnOf(b.finding, policy));
  const updates = inTurn.flatMap(({ finding, why }): Update[] => {
    if (why !== null) return [];
    const carriedOver = policy.unknownFields === 'drop' ? nothing : finding.unknown;
    return [
      {
        finding,
        body: toBody(finding.declared, carriedOver),
        carriedOver: [...carriedOver.keys()],
        after: waitsFor(finding, holders),
      },
    ];
  });
  const existing = findings.filter(({ kind }) => kind === 'drifted' || kind === 'in_sync').length;
  const limit = because(reasonOfLimit(updates.length, existing, policy));
  return {
    updates: limit === null ? updates : [],
    withheld: decided.flatMap(({ finding, why }): Withheld[] => {
      const reason = why ?? limit;
      return reason === null ? [] : [{ finding, ...reason }];
    }),
  };
}

function turnOf(finding: Drifted, { memory }: Policy): number {
  return hasStumbled(finding, memory) ? 1 : 0;
}

/** Why something is withheld. */
type Why = Pick<Withheld, 'reason' | 'failure'>;

function because(reason: string | null, failure: Failure | null = null): Why | null {
  return reason === null ? null : { reason, failure };
}

/** A plan that is too large is withheld whole: which part of it would be meant, nobody said. */
function reasonOfLimit(updates: number, existing: number, { maxChanges, maxChangePercent }: Rules): string | null {
  const percent = updates === 0 ? 0 : (100 * updates) / existing;
  const shown = Number(percent.toFixed(1));
  const size = `the plan has ${updates} ${updates === 1 ? 'update' : 'updates'}, ${shown} % of the ${existing} declared services that are live`;
  if (maxChanges !== null && updates > maxChanges) {
    return `${size}, and max_changes is ${maxChanges}: ${howToAllow('max_changes', `--max-changes ${updates}`)}`;
  }
  if (maxChangePercent !== null && percent > maxChangePercent) {
    const flag = `--max-change-percent ${Math.ceil(percent)}`;
    return `${size}, and max_change_percent is ${maxChangePercent}: ${howToAllow('max_change_percent', flag)}`;
  }
  return null;
}

function howToAllow(setting: string, flag: string): string {
  return `withheld whole; raise ${setting}, or allow it once: vpc-reconciler apply ${flag}`;
}

const nothing: Fields = new Map();

type Names = {
  /** Who bears a name now. */
  readonly holders: ReadonlyMap<string, string>;
  readonly wanting: ReadonlyMap<string, Drifted>;
  /** Who is withheld for a reason of its own, and so keeps its name. */
  readonly staying: ReadonlySet<string>;
};

/**
 * Follows the chain of names from a service: free at the end, or held by somebody who keeps it, or a cycle.
 *
 *   a → b → c → (free)           each waits for the next
 *   a → b → b's holder stays     withheld, a and its followers
 *   a → b → a                    withheld, all of them and their followers
 */
function reasonOfName(start: Drifted, { holders, wanting, staying }: Names): string | null {
  const wanted = new Set<string>();
  for (let finding = start; ;) {
    const holder = waitsFor(finding, holders);
    if (holder === null) return null;
    const { name } = finding.declaration;
    if (wanted.has(name)) {
      const names = [...wanted];
      const cycle = shortened([...names.slice(names.indexOf(name)), name].map(quote)).join(' → ');
      return `a cycle of names, ${cycle}: none can be first without a name that no declaration says; rename one of them in two steps`;
    }
    wanted.add(name);
    const next = wanting.get(holder);
    if (staying.has(holder)) return `${chainOf(wanted)}, whose holder ${holder} is withheld`;
    if (next === undefined || next.declaration.name === name) return `${chainOf(wanted)}, which ${holder} keeps`;
    finding = next;
  }
}

function chainOf(wanted: ReadonlySet<string>): string {
  return `wants the name ${shortened([...wanted].map(quote)).join(', whose holder wants ')}`;
}

/** A chain may be as long as the account; its ends say enough. */
function shortened(names: readonly string[]): readonly string[] {
  return names.length > 8 ? [...names.slice(0, 4), `… (${names.length - 8} more)`, ...names.slice(-4)] : names;
}

/** The other service that bears the name which this one wants. */
function waitsFor(finding: Drifted, holders: ReadonlyMap<string, string>): string | null {
  const holder = holders.get(finding.declaration.name);
  return holder === undefined || holder === idOf(finding) ? null : holder;
}

/** Why a service is withheld, whatever becomes of the others. */
function reasonOfItsOwn(finding: Drifted, policy: Policy): Why | null {
  return (
    because(reasonOfUnknownFields(finding, policy.unknownFields)) ??
    because(reasonOfUnsettled(finding, policy.memory)) ??
    reasonOfParking(finding, policy)
  );
}

function reasonOfParking(finding: Drifted, { memory, now, retryParked }: Policy): Why | null {
  const parked = parkedFor(finding, memory);
  if (parked === null || retryParked || parked.until <= now) return null;
  const { failure, until } = parked;
  const reason = `parked, for the API refused the last update: ${failure.message}; not tried again for ${formatDuration(until - now)}, but at once when the declaration or the live value changes, or on SIGHUP`;
  return { reason, failure };
}

function reasonOfUnknownFields({ declared, unknown }: Drifted, policy: UnknownFieldsPolicy): string | null {
  if (unknown.size === 0 || policy === 'drop') return null;
  if (policy === 'withhold')
    return `live has fields that this version does not know: ${[...unknown.keys()].join(', ')}; set unknown_fields to preserve or drop`;
  const lost = withoutPlace(declared, unknown);
  if (lost.length === 0) return null;
  return `the declared host has no place for live fields that this version does not know: ${lost.join(', ')}; set unknown_fields to drop to give them up`;
}

function reasonOfUnsettled(finding: Drifted, memory: Memory): string | null {
  const unsettled = unsettledFor(finding, memory);
  if (unsettled === null) return null;
  const fields = unsettled.paths.join(', ');
  const what = {
    answer: `the API answered the last update with something else (${fields})`,
    list: `the API answered the last updates as declared, and shows something else again (${fields})`,
  }[unsettled.by];
  return `${what}; not sent again until the declaration or the live value changes`;
}

function liveOf(finding: Finding): LiveService[] {
  return finding.kind === 'missing' || finding.live === null ? [] : [finding.live];
}

function idOf(finding: Drifted): string {
  return finding.live.service_id;
}

function quote(name: string): string {
  return JSON.stringify(name);
}
