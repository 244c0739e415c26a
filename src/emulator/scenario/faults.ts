import { createHash } from 'node:crypto';

/** Faults of a single request. "Carried out" means that the API performs the request, whatever the client receives. */
export const FAULT_NAMES = [
  /** Not carried out; an HTML error page of the edge: 502, 520, 522 or 524. */
  'html',
  /** Not carried out; a 5xx without a body. */
  'empty',
  /** Not carried out; the connection is reset. */
  'reset',
  /** Carried out; the connection is reset instead of an answer. */
  'lost',
  /** Carried out; only the first half of the answer is sent. */
  'truncated',
  /** Carried out; a 200 with a body that is not JSON. */
  'garbage',
  /** Not carried out; a 200 with `success: false`. */
  'unsuccessful',
  /** Carried out; a 200 with `result: null`. */
  'null_result',
  /** Not carried out; no answer until the client disconnects. */
  'hang',
  /** Carried out; no answer until the client disconnects. */
  'late',
  /** Carried out; the answer is delayed. */
  'slow',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

/** A fault name, or a status from 400 to 599: not carried out, and answered with an API error. */
export type FaultKind = FaultName | number;

/** All transient faults. Permanent refusals, such as 400, are injected only on request. */
export const TRANSIENT_FAULTS: readonly FaultKind[] = [408, 429, 500, 502, 503, 504, ...FAULT_NAMES];

/** The share of requests that fail, and the kinds of fault to choose from, all equally likely. */
export type FaultPlan = { readonly seed: number; readonly share: number; readonly kinds: readonly FaultKind[] };

/** Identifies a request for the draw: `nth` is its number, from 1, among the requests with the same `occasion`. */
export type Turn = { readonly occasion: string; readonly nth: number };

/** An injected fault, with the status of its answer if that is drawn as well. */
export type Fault =
  | { readonly kind: 'status' | 'html' | 'empty'; readonly status: number }
  | { readonly kind: Exclude<FaultName, 'html' | 'empty'> };

/** Errors of Cloudflare's edge: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/ */
const EDGE_STATUSES = [502, 520, 522, 524];
const EMPTY_STATUSES = [500, 502, 503, 504];

/**
 * Returns the fault of a request, or null. Depends on the arguments alone, so the same seed injects the same faults in any order of
 * concurrent requests. A request that fails with one share fails in the same way with every larger share.
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

/** Returns the key that requests share in the draw: method, path, and the page from the query. */
export function occasionOf(method: string, path: string): string {
  const [bare = '', query] = path.split(/\?(.*)/s);
  const page = new URLSearchParams(query).get('page');
  return `${method} ${bare}${page === null ? '' : `?page=${page}`}`;
}
