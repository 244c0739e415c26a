import { abortReason } from '../../core/base/abort.ts';

type Waiter<Permit> = {
  readonly signal: AbortSignal;
  readonly grant: (permit: Permit) => void;
  readonly refuse: (error: Error) => void;
};

/** Callers that wait for a permit, first in, first out. A caller leaves the queue when its signal is aborted. */
export class WaitQueue<Permit> {
  readonly #waiters: Waiter<Permit>[] = [];
  readonly #onLeave: () => void;

  /** `onLeave` is called after a caller left without a permit, so that the next one can be served. */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  /** Waits for a permit. Throws the reason of the signal, or the error that was given to `refuseAll`. */
  async join(signal: AbortSignal): Promise<Permit> {
    if (signal.aborted) throw abortReason(signal);
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(abortReason(signal));
        this.#onLeave();
      };
      const waiter: Waiter<Permit> = {
        signal,
        grant: (permit) => {
          signal.removeEventListener('abort', leave);
          resolve(permit);
        },
        refuse: (error) => {
          signal.removeEventListener('abort', leave);
          reject(error);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Removes callers at the front whose signal is aborted. Returns whether a caller is left. */
  hasWaiter(): boolean {
    let first = this.#waiters[0];
    while (first?.signal.aborted === true) {
      this.#waiters.shift();
      first.refuse(abortReason(first.signal));
      first = this.#waiters[0];
    }
    return first !== undefined;
  }

  grantFirst(permit: Permit): void {
    this.#waiters.shift()?.grant(permit);
  }

  refuseAll(createError: () => Error): void {
    for (const { refuse } of this.#waiters.splice(0)) refuse(createError());
  }
}
