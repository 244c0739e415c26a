import { formatDuration } from '../../core/base/duration.ts';
import type { ResponseLimits } from '../http/rate-limit-headers.ts';
import type { StartTime } from './start-time.ts';

/** A response can hold requests back for at most this long. Cloudflare never asks for more, but a proxy in between might. */
const MAX_HOLD_MS = 60 * 60_000;

/** The back-off after a 429 without `Retry-After`: twice as long each time. */
const FIRST_BACK_OFF_MS = 1000;
const MAX_BACK_OFF_MS = 60_000;

/** The period in which no request may start because the API asked the client to wait or returned 429. */
export class Hold {
  readonly #random: () => number;
  #until = 0;
  #reason = '';
  /** 429 responses in a row. Until a later request succeeds, only one request at a time may be in flight. */
  #refusals = 0;
  #lastRefusalAt = -Infinity;

  /** `random` returns a number from 0 up to 1, for jitter. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Records the response to a request that started at `startedAt`. */
  record({ status, retryAfterMs }: ResponseLimits, startedAt: number, now: number): void {
    // Requests that were in flight together are refused together, which counts as one refusal.
    if (status === 429 && (this.#refusals === 0 || startedAt > this.#lastRefusalAt)) {
      this.#refusals += 1;
      this.#lastRefusalAt = now;
    }
    if (status < 400 && startedAt > this.#lastRefusalAt) this.#refusals = 0;
    const requestedMs = retryAfterMs === 0 && status === 429 ? this.#backOffMs() : retryAfterMs;
    const ms = Math.min(MAX_HOLD_MS, requestedMs);
    if (ms > 0 && now + ms > this.#until) {
      this.#until = now + ms;
      this.#reason = describeHold(status, retryAfterMs);
    }
  }

  remainingMs(now: number): number {
    return Math.max(0, this.#until - now);
  }

  nextStart(inFlight: number): StartTime {
    const isAnotherInFlight = this.#refusals > 0 && inFlight > 0;
    return { at: isAnotherInFlight ? Infinity : this.#until, reason: this.#reason };
  }

  #backOffMs(): number {
    const ms = Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (this.#refusals - 1));
    return ms * (0.5 + 0.5 * this.#random());
  }
}

function describeHold(status: number, retryAfterMs: number): string {
  if (retryAfterMs === 0) return 'the API returned HTTP 429 (too many requests)';
  return `the API asked the client to wait ${formatDuration(retryAfterMs)} (HTTP ${status})`;
}
