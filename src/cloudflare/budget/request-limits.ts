import type { BudgetWindow, RequestKind } from '../../core/base/api-usage.ts';
import type { Rate } from '../../core/base/rate.ts';
import type { ResponseLimits } from '../http/rate-limit-headers.ts';
import { Hold } from './hold.ts';
import { Pace } from './pace.ts';
import { SlidingWindow } from './sliding-window.ts';
import { latest } from './start-time.ts';
import type { StartTime } from './start-time.ts';

/** Repeated lists use this share of what is left of a window. With the default budget, they are 1.4 s apart. */
const LIST_SHARE = 0.2;

const MAX_LIST_GAP_MS = 10_000;

/** Retries of refused updates use this share of a window, so that the rest is there for a commit. */
const RETRY_SHARE = 0.25;

/** A request in flight, with its start in milliseconds of the monotonic clock. */
export type StartedRequest = { readonly method: RequestKind; readonly startedAt: number };

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

  nextStart(now: number, method: RequestKind): StartTime {
    const windows = this.#windows.map((window) => ({
      at: window.freeAt(now, method),
      reason:
        method === 'GET' && window.left(now) > 0
          ? `lists have used their share of the request budget of ${window.rate.text}`
          : `the request budget of ${window.rate.text} is used up`,
    }));
    return latest([this.#hold.nextStart(this.#inFlight), this.#pace.nextStart(now, this.#lastStart), ...windows]);
  }

  begin(now: number, method: RequestKind): void {
    this.#inFlight += 1;
    this.#lastStart = now;
    for (const window of this.#windows) window.begin(method);
  }

  /** Undoes `begin` for a request that was not sent. */
  cancel(method: RequestKind): void {
    this.#inFlight -= 1;
    for (const window of this.#windows) window.cancel(method);
  }

  /** Counts the end of a request and records the limits in its response; null when there was no response. */
  end(response: ResponseLimits | null, { method, startedAt }: StartedRequest, now: number): void {
    this.#inFlight -= 1;
    for (const window of this.#windows) window.end(now, method);
    if (response === null) return;
    this.#hold.record(response, startedAt, now);
    this.#pace.record(response.quotas, now);
  }

  /** Returns how much longer the API asks the client to wait, in milliseconds. */
  heldMs(now: number): number {
    return this.#hold.remainingMs(now);
  }

  /** Returns how far apart lists must be to leave most of the budget to updates, in milliseconds. Grows as the budget shrinks. */
  listGapMs(now: number): number {
    const gaps = this.#windows.map((window) => {
      const { ms } = window.rate;
      return Math.min(ms, ms / (LIST_SHARE * Math.max(1, window.left(now))));
    });
    return Math.min(MAX_LIST_GAP_MS, Math.max(0, ...gaps));
  }

  /**
   * Returns how many requests a pass may spend on retries that can wait, at least one. A short window does not limit them: it is soon
   * free again.
   */
  spare(now: number): number {
    const spares = this.#windows
      .filter(({ rate }) => rate.ms > MAX_LIST_GAP_MS)
      .map((window) => Math.max(0, Math.floor(window.left(now) - (1 - RETRY_SHARE) * window.rate.requests)));
    return Math.max(1, Math.min(...spares));
  }

  windows(now: number): readonly BudgetWindow[] {
    return this.#windows.map((window) => {
      const { ms, requests } = window.rate;
      return { limit: requests, ms, left: window.left(now) };
    });
  }
}
