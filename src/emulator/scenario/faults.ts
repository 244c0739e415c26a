import { createHash } from 'node:crypto';

/** What can go wrong with one request. Carried out is what the API did, whatever the client hears of it. */
export const FAULT_NAMES = [
  /** Not carried out; an error of the edge, 502, 520, 522 or 524, as a page of HTML. */
  'html',
  /** Not carried out; a 5xx without a body. */
  'empty',
  /** Not carried out; the connection is reset. */
  'reset',
  /** Carried out; the connection is reset instead of an answer. */
  'lost',
  /** Carried out; the answer ends in its middle. */
  'truncated',
  /** Carried out; a 200 with what is no JSON. */
  'garbage',
  /** Not carried out; a 200 that says `success: false`. */
  'unsuccessful',
  /** Carried out; a 200 with `result: null`. */
  'null_result',
  /** Not carried out; no answer until the client goes away. */
  'hang',
  /** Carried out; no answer until the client goes away. */
  'late',
  /** Carried out; answered after a while. */
  'slow',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

/** A name, or a status from 400 to 599: not carried out, and answered with the API's envelope of a failure. */
export type FaultKind = FaultName | number;

/** Every kind of trouble that passes. Of the statuses those that ask for another try: a refusal is for good, and must be asked for. */
export const PASSING_FAULTS: readonly FaultKind[] = [408, 429, 500, 502, 503, 504, ...FAULT_NAMES];

/** Which requests go wrong: this share of them, each by one of `kinds`, all as likely. */
export type FaultPlan = { readonly seed: number; readonly share: number; readonly kinds: readonly FaultKind[] };

/** A request as far as chance looks at it: `nth`, from 1, counts those with the same `occasion`. */
export type Turn = { readonly occasion: string; readonly nth: number };

/** A fault that strikes; with the status that is answered, where it is drawn too. */
export type Fault =
  | { readonly kind: 'status' | 'html' | 'empty'; readonly status: number }
  | { readonly kind: Exclude<FaultName, 'html' | 'empty'> };

/** Errors of Cloudflare's edge: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/ */
const EDGE_STATUSES = [502, 520, 522, 524];
const EMPTY_STATUSES = [500, 502, 503, 504];

/**
 * What strikes a request, or null. It follows from the arguments alone, so the same seed gives the same trouble whatever the order
 * in which concurrent requests arrive; and whoever is struck at a share is struck, alike, at every larger one.
 */
export function drawFault({ seed, share, kinds }: FaultPlan, { occasion, nth }: Turn): Fault | null {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, occasion, nth]))
    .digest();
  const chance = (index: number): number => digest.readUInt32BE(index * 4) / 2 ** 32;
  const drawn = <Item>(items: readonly Item[], index: number): Item | undefined =>
    items[Math.floor(chance(index) * items.length)];

  const kind = chance(0) < share ? drawn(kinds, 1) : undefined;
  if (kind === undefined) return null;
  if (typeof kind === 'number') return { kind: 'status', status: kind };
  if (kind === 'html') return { kind, status: drawn(EDGE_STATUSES, 2) ?? 502 };
  if (kind === 'empty') return { kind, status: drawn(EMPTY_STATUSES, 2) ?? 500 };
  return { kind };
}

/** What makes two requests the same to chance: method and path, and of the query the page alone. */
export function occasionOf(method: string, path: string): string {
  const [bare = '', query] = path.split(/\?(.*)/s);
  const page = new URLSearchParams(query).get('page');
  return `${method} ${bare}${page === null ? '' : `?page=${page}`}`;
}
