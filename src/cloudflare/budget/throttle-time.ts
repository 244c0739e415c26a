/** Measures the total time during which at least one request waits. Requests that wait at the same time count once. */
export class ThrottleTime {
  #finishedMs = 0;
  #startedAt: number | null = null;

  /** Starts the measurement. Has no effect while it runs. */
  start(now: number): void {
    this.#startedAt ??= now;
  }

  stop(now: number): void {
    this.#finishedMs = this.totalMs(now);
    this.#startedAt = null;
  }

  totalMs(now: number): number {
    return this.#finishedMs + (this.#startedAt === null ? 0 : now - this.#startedAt);
  }
}
