import type { RequestKind } from '../../core/base/api-usage.ts';
import type { Rate } from '../../core/base/rate.ts';

/** A request that has ended but still counts. */
type Ended = { readonly method: RequestKind; readonly at: number };

type Counts = Record<RequestKind, number>;

/**
 * Limits requests so that no period of the window's length, wherever it starts, contains more of them than the rate allows. A request
 * counts from its start until one window length after its *end*, because the client cannot know when in between it reached the server.
 * So the count is never too low, even if the server's clock or kind of window differs.
 *
 * Lists use at most half of what updates leave, so that updates can start however often the account is listed. A single list is always
 * allowed while anything is left.
 */
export class SlidingWindow {
  readonly rate: Rate;
  /** How many requests count now: those in flight and those in `#ended`. */
  readonly #counts: Counts = { GET: 0, PUT: 0 };
  /** Oldest first; only those that still count. */
  readonly #ended: Ended[] = [];

  constructor(rate: Rate) {
    this.rate = rate;
  }

  /** Returns when the next request may start: 0 for now, `Infinity` when this depends on the end of a request in flight. */
  freeAt(now: number, method: RequestKind): number {
    this.#forgetExpired(now);
    if (this.#allows(method, this.#counts)) return 0;
    const counts = { ...this.#counts };
    for (const ended of this.#ended) {
      counts[ended.method] -= 1;
      if (this.#allows(method, counts)) return ended.at + this.rate.ms;
    }
    return Infinity;
  }

  begin(method: RequestKind): void {
    this.#counts[method] += 1;
  }

  /** Undoes `begin` for a request that was not sent. */
  cancel(method: RequestKind): void {
    this.#counts[method] -= 1;
  }

  end(now: number, method: RequestKind): void {
    this.#ended.push({ method, at: now });
  }

  /** Returns how many more requests may start now. */
  left(now: number): number {
    this.#forgetExpired(now);
    return this.rate.requests - this.#counts.GET - this.#counts.PUT;
  }

  #allows(method: RequestKind, { GET, PUT }: Counts): boolean {
    const { requests } = this.rate;
    return method === 'GET' ? 2 * GET < requests - PUT : GET + PUT < requests;
  }

  #forgetExpired(now: number): void {
    let expired = 0;
    for (const { method, at } of this.#ended) {
      if (at + this.rate.ms > now) break;
      this.#counts[method] -= 1;
      expired += 1;
    }
    this.#ended.splice(0, expired);
  }
}
