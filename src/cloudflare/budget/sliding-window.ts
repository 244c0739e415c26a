import type { Rate } from '../../core/base/rate.ts';

/**
 * Limits requests so that no period of the window's length, wherever it starts, contains more of them than the rate allows. A request
 * counts from its start until one window length after its *end*, because the client cannot know when in between it reached the server.
 * So the count is never too low, even if the server's clock or kind of window differs.
 */
export class SlidingWindow {
  readonly rate: Rate;
  #inFlight = 0;
  /** When requests ended, oldest first; only those that still count. */
  readonly #endTimes: number[] = [];

  constructor(rate: Rate) {
    this.rate = rate;
  }

  /** Returns when the next request may start: 0 for now, `Infinity` when this depends on the end of a request in flight. */
  freeAt(now: number): number {
    let expired = 0;
    while (expired < this.#endTimes.length && (this.#endTimes[expired] ?? 0) + this.rate.ms <= now) expired += 1;
    this.#endTimes.splice(0, expired);
    if (this.#inFlight + this.#endTimes.length < this.rate.requests) return 0;
    const [oldest] = this.#endTimes;
    return oldest === undefined ? Infinity : oldest + this.rate.ms;
  }

  begin(): void {
    this.#inFlight += 1;
  }

  /** Undoes `begin` for a request that was not sent. */
  cancel(): void {
    this.#inFlight -= 1;
  }

  end(now: number): void {
    this.#inFlight -= 1;
    this.#endTimes.push(now);
  }

  /** Returns how many more requests may start now. */
  left(now: number): number {
    return this.freeAt(now) > now ? 0 : this.rate.requests - this.#inFlight - this.#endTimes.length;
  }
}
