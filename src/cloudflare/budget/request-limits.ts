import type { BudgetWindow } from '../../core/base/api-usage.ts';
import type { Rate } from '../../core/base/rate.ts';
import type { ResponseLimits } from '../http/rate-limit-headers.ts';
import { Hold } from './hold.ts';
import { Pace } from './pace.ts';
import { SlidingWindow } from './sliding-window.ts';
import { latest } from './start-time.ts';
import type { StartTime } from './start-time.ts';

/** Everything that limits when the next request may start: our own sliding windows, and the hold and the pace that the API asks for. */
export class RequestLimits {
  readonly #windows: readonly SlidingWindow[];
  readonly #hold: Hold;
  readonly #pace = new Pace();
  #inFlight = 0;
  #lastStart = -Infinity;

  constructor(rates: readonly Rate[], random: () => number) {
    this.#windows = rates.map((rate) => new SlidingWindow(rate));
    this.#hold = new Hold(random);
  }

  nextStart(now: number): StartTime {
    const windows = this.#windows.map((window) => ({
      at: window.freeAt(now),
      reason: `the request budget of ${window.rate.text} is used up`,
    }));
    return latest([this.#hold.nextStart(this.#inFlight), this.#pace.nextStart(now, this.#lastStart), ...windows]);
  }

  begin(now: number): void {
    this.#inFlight += 1;
    this.#lastStart = now;
    for (const window of this.#windows) window.begin();
  }

  /** Undoes `begin` for a request that was not sent. */
  cancel(): void {
    this.#inFlight -= 1;
    for (const window of this.#windows) window.cancel();
  }

  /** Counts the end of a request and records the limits in its response; null when there was no response. */
  end(response: ResponseLimits | null, startedAt: number, now: number): void {
    this.#inFlight -= 1;
    for (const window of this.#windows) window.end(now);
    if (response === null) return;
    this.#hold.record(response, startedAt, now);
    this.#pace.record(response.quotas, now);
  }

  /** Returns how much longer the API asks the client to wait, in milliseconds. */
  heldMs(now: number): number {
    return this.#hold.remainingMs(now);
  }

  windows(now: number): readonly BudgetWindow[] {
    return this.#windows.map((window) => {
      const { text, requests } = window.rate;
      return { window: text, limit: requests, left: window.left(now) };
    });
  }
}
