import type { Rate } from '../core/base/rate.ts';

/**
 * Counts requests so that no stretch of the window's length, wherever it begins, holds more than the rate allows. A request is
 * counted from when it begins until the window's length after it *ended*: when it reached the server in between is not known. So the
 * count is never too low, whichever clock and kind of window the server has.
 */
export class SlidingWindow {
  readonly rate: Rate;
  #underWay = 0;
  /** When requests ended, oldest first, as far as they still count. */
  readonly #ended: number[] = [];

  constructor(rate: Rate) {
    this.rate = rate;
  }

  /** When one more may begin: 0 for at once, `Infinity` when only the end of one under way can tell. */
  freeAt(now: number): number {
    let gone = 0;
    while (gone < this.#ended.length && (this.#ended[gone] ?? 0) + this.rate.ms <= now) gone += 1;
    this.#ended.splice(0, gone);
    if (this.#underWay + this.#ended.length < this.rate.requests) return 0;
    const [oldest] = this.#ended;
    return oldest === undefined ? Infinity : oldest + this.rate.ms;
  }

  begin(): void {
    this.#underWay += 1;
  }

  end(now: number): void {
    this.#underWay -= 1;
    this.#ended.push(now);
  }

  /** How many more may begin now. */
  left(now: number): number {
    return this.freeAt(now) > now ? 0 : this.rate.requests - this.#underWay - this.#ended.length;
  }
}
