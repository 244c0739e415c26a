import { liveOf } from '../compare/compare.ts';
import type { Finding } from '../compare/compare.ts';
import type { Actionable } from './step.ts';

/*
 * Names are unique in an account, so a step that takes a name must run after the one that frees it. Temporary names would solve every
 * case, but only declared values are written. `a → b` is a service that is named a and declared as b; `+ b` is created, `- b` is deleted:
 *
 *   a → b, b → c, and c is free   b → c runs first, then a → b
 *   - a, b → a, + b               - a runs first, then b → a, then + b
 *   a → b, b → c, and c is kept   both are withheld
 *   a → b, b → a                  both are withheld, and so is each service that waits for one of them
 *   a → b, and two hold b         a → b is withheld; a declared service that already holds b is not affected
 */

/** From each live name to the service_ids of its holders: one, unless a list shows the same name twice. */
export type NameHolders = ReadonlyMap<string, readonly string[]>;

/** The names of an account before the plan is applied, and which services will change theirs. */
export type Names = {
  readonly holders: NameHolders;
  /** The findings about live services that a step may change or delete, by service_id. */
  readonly changing: ReadonlyMap<string, Actionable>;
  /** The service_ids of such services that are withheld for another reason, and so keep their names. */
  readonly withheldIds: ReadonlySet<string>;
};

/** Messages shorten longer chains of names. */
const MAX_NAMES_SHOWN = 8;

/** Returns the holders of each live name. */
export function nameHolders(findings: readonly Finding[]): NameHolders {
  const live = findings.flatMap((finding) => liveOf(finding) ?? []);
  const holders = new Map<string, string[]>();
  for (const { name, service_id } of live) {
    const others = holders.get(name);
    if (others === undefined) holders.set(name, [service_id]);
    // Two declarations of one service are two findings with the same live service.
    else if (!others.includes(service_id)) others.push(service_id);
  }
  return holders;
}

/** Returns the service_id of another service that holds the declared name, or null if the name is free or already its own. */
export function holderOfWantedName(finding: Actionable, holders: NameHolders): string | null {
  return otherHolders(finding, holders)[0] ?? null;
}

/** Returns the name that a service has after its step; null if it is deleted. */
export function wantedName(finding: Actionable): string | null {
  return finding.kind === 'unwanted' ? null : finding.declaration.name;
}

function otherHolders(finding: Actionable, holders: NameHolders): readonly string[] {
  const ids = holders.get(wantedName(finding) ?? '') ?? [];
  const own = liveOf(finding)?.service_id;
  return finding.kind === 'unwanted' || (own !== undefined && ids.includes(own)) ? [] : ids;
}

/** Returns why a service can never get its declared name, or null if the name is free once other steps have run. */
export function whyNameIsBlocked(start: Actionable, { holders, changing, withheldIds }: Names): string | null {
  const wanted = new Set<string>();
  for (let finding = start; ;) {
    const name = wantedName(finding);
    const [holder, ...more] = otherHolders(finding, holders);
    if (holder === undefined || name === null) return null;
    if (wanted.has(name)) return describeCycle([...wanted], name);
    wanted.add(name);
    // A step waits for one other step at most. Once one of the holders has another name, the next pass finds a single holder.
    if (more.length > 0)
      return `${describeChain([...wanted])}, which ${more.length + 1} services hold: ${[holder, ...more].join(', ')}`;
    if (withheldIds.has(holder)) return `${describeChain([...wanted])}, whose holder ${holder} is withheld`;
    const next = changing.get(holder);
    if (next === undefined || wantedName(next) === name) return `${describeChain([...wanted])}, which ${holder} keeps`;
    finding = next;
  }
}

function describeChain(names: readonly string[]): string {
  return `waits for the name ${shorten(names.map(quote)).join(', whose holder waits for ')}`;
}

/** `repeated` is the name that closes the cycle. The names before its first occurrence only lead into the cycle. */
function describeCycle(names: readonly string[], repeated: string): string {
  const cycle = [...names.slice(names.indexOf(repeated)), repeated];
  return `the names form a cycle, ${shorten(cycle.map(quote)).join(' → ')}, so no rename can run first; rename one of these services to an unused name in a separate commit`;
}

/** Keeps both ends of a chain, which can be as long as the account. */
function shorten(names: readonly string[]): readonly string[] {
  const hidden = names.length - MAX_NAMES_SHOWN;
  return hidden > 0 ? [...names.slice(0, 4), `… (${hidden} more)`, ...names.slice(-4)] : names;
}

function quote(name: string): string {
  return JSON.stringify(name);
}
