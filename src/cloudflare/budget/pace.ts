import { MAX_WAIT_IN_PASS_MS } from '../errors.ts';
import type { Quota } from '../http/rate-limit-headers.ts';
import type { StartTime } from './start-time.ts';

/** Below this share of a quota, the rest of it is spread over the time until it is renewed. */
const LOW_SHARE = 0.1;

/** The assumed size of a quota whose size the API does not report. */
const DEFAULT_QUOTA_SIZE = 100;

/** Spaces requests out while a quota that the API reports is almost used up. */
export class Pace {
  #intervalMs = 0;
  #until = 0;

  /** Records the quotas that a response reported. A quota that is not low changes nothing. */
  record(quotas: readonly Quota[], now: number): void {
    for (const { remaining, size, resetMs } of quotas) {
      if (remaining >= LOW_SHARE * (size ?? DEFAULT_QUOTA_SIZE)) continue;
      const untilResetMs = Math.min(resetMs, MAX_WAIT_IN_PASS_MS);
      const intervalMs = untilResetMs / (remaining + 1);
      this.#intervalMs = this.#until > now ? Math.max(this.#intervalMs, intervalMs) : intervalMs;
      this.#until = Math.max(this.#until, now + untilResetMs);
    }
  }

  nextStart(now: number, lastStart: number): StartTime {
    const at = this.#until > now ? Math.min(lastStart + this.#intervalMs, this.#until) : 0;
    return { at, reason: 'the API reports that few requests are left' };
  }
}
