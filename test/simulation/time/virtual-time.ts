import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { EventQueue } from './event-queue.ts';
import type { Event } from './event-queue.ts';
import { randomOf } from './random.ts';

/**
 * Virtual time. It replaces everything by which a program learns the time, waits, or draws random numbers, so that the program runs
 * unchanged: days pass in milliseconds, and the same seed always leads to the same run.
 *
 * Two parties share it. The *process* is the program under test: its timers are those that it sets itself, and they end with it. The
 * *world* is everything else.
 */
export type VirtualTime = {
  /** Milliseconds since the start of the simulation. */
  readonly now: () => number;
  /** Calls `run` in `ms` milliseconds, whatever happens to the process. */
  readonly inWorld: (ms: number, run: () => void) => void;
  /** Calls `run` in `ms` milliseconds, unless the process ends before. A process that hangs is called once it continues. */
  readonly inProcess: (ms: number, run: () => void) => Event;
  /** Runs everything until a moment. Resolves when all code waits for something later. `onEvent` is called after each event. */
  readonly runUntil: (at: number, onEvent: () => void) => Promise<void>;
  /** Begins a process. Without one, `inProcess` does nothing. */
  readonly startProcess: () => void;
  /** Ends the process at once: nothing that it waits for ever happens. */
  readonly killProcess: () => void;
  /** How many processes have ended. */
  readonly ended: () => number;
  /** How many events have happened. */
  readonly eventCount: () => number;
  /** Stops the process for a while, as a machine without memory does. */
  readonly hangProcess: (ms: number) => void;
  /** Returns Unix time in milliseconds, as the process sees it. */
  readonly wallNow: () => number;
  /** Sets the wall clock forward or back. The monotonic clock is not affected. */
  readonly moveWallClock: (ms: number) => void;
  /** Gives the program its clock back. */
  readonly uninstall: () => void;
};

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
  Date: globalThis.Date,
  performanceNow: performance.now.bind(performance),
  random: Math.random,
  abortTimeout: AbortSignal.timeout.bind(AbortSignal),
  randomUUID: crypto.randomUUID,
  sleep: timersPromises.setTimeout,
  nextTurn: timersPromises.setImmediate,
};

/** The moment at which every simulation begins: a Friday. */
const START = Date.UTC(2026, 0, 2, 3, 4, 5);

/** So many turns without a moment passing mean that the program waits for itself without end. */
const MAX_TURNS_AT_ONE_MOMENT = 200_000;

/** A timer of the process. Node's own has the same methods. */
type Timer = {
  readonly ref: () => Timer;
  readonly unref: () => Timer;
  readonly hasRef: () => boolean;
  readonly refresh: () => Timer;
  readonly close: () => Timer;
  readonly [Symbol.toPrimitive]: () => number;
  readonly [Symbol.dispose]: () => void;
};

/** Installs a virtual clock. Only one can be installed at a time. */
export function installVirtualTime(seed: number): VirtualTime {
  const events = new EventQueue();
  const processEvents = new Set<Event>();
  const immediates: Event[] = [];
  const random = randomOf(seed, 'process');
  let now = 0;
  let order = 0;
  let wallClock = START;
  let hangsUntil = 0;
  let ended = 0;
  let isRunning = false;
  let eventCount = 0;
  /**
   * Whether the last event was a repeated check that led to nothing. Such checks are nine of ten events of a quiet day, so they do not
   * wait for promises.
   */
  let hasDoneNothing = false;

  const add = (ms: number, run: () => void): Event => {
    const event = { at: now + ms, order: (order += 1), run, isCanceled: false };
    events.add(event);
    return event;
  };
  const inProcess = (ms: number, run: () => void): Event => {
    if (!isRunning) return { at: now, order, run, isCanceled: true };
    const event = add(ms, () => {
      if (now < hangsUntil) {
        // Everything that was due happens at once, in its order.
        event.at = hangsUntil;
        return events.add(event);
      }
      processEvents.delete(event);
      run();
    });
    processEvents.add(event);
    return event;
  };
  const cancel = (event: Event | undefined) => {
    if (event === undefined) return;
    event.isCanceled = true;
    processEvents.delete(event);
  };

  const timersByNumber = new Map<number, { readonly cancel: () => void }>();
  const startTimer = (ms: unknown, run: () => void, { repeats }: { readonly repeats: boolean }): Timer => {
    const delayMs = toDelay(ms);
    let event: Event | undefined;
    const number = (order += 1);
    const onTime = () => {
      if (repeats) start();
      else timersByNumber.delete(number);
      const before = order;
      run();
      hasDoneNothing = repeats && order === before && immediates.length === 0;
    };
    const start = () => {
      event = inProcess(delayMs, onTime);
    };
    const stop = () => {
      cancel(event);
      timersByNumber.delete(number);
    };
    start();
    timersByNumber.set(number, { cancel: stop });
    const timer: Timer = {
      ref: () => timer,
      unref: () => timer,
      hasRef: () => true,
      refresh: () => {
        cancel(event);
        start();
        return timer;
      },
      close: () => {
        stop();
        return timer;
      },
      [Symbol.toPrimitive]: () => number,
      [Symbol.dispose]: stop,
    };
    return timer;
  };
  const stopTimer = (timer: unknown) => {
    if (timer === undefined || timer === null) return;
    timersByNumber.get(Number(timer))?.cancel();
  };
  const startImmediate = (run: () => void) => {
    const event = { at: now, order: (order += 1), run, isCanceled: false };
    immediates.push(event);
    return event;
  };

  class VirtualDate extends real.Date {
    constructor(...parts: readonly unknown[]) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Passed on as they were given.
      super(...((parts.length === 0 ? [wallClock + Math.floor(now)] : parts) as [number]));
    }

    static override now(): number {
      return wallClock + Math.floor(now);
    }
  }

  const sleep = async <Value>(ms?: number, value?: Value, options?: { readonly signal?: AbortSignal }) =>
    untilCalled(value, options?.signal, (resolve) => {
      const timer = startTimer(ms, resolve, { repeats: false });
      return timer.close;
    });
  const nextTurn = async <Value>(value?: Value, options?: { readonly signal?: AbortSignal }) =>
    untilCalled(value, options?.signal, (resolve) => {
      const event = startImmediate(resolve);
      return () => {
        event.isCanceled = true;
      };
    });

  const setTimer = (run: Callback, ms?: number, ...values: readonly unknown[]) =>
    startTimer(ms, () => run(...values), { repeats: false });
  const setRepeatedTimer = (run: Callback, ms?: number, ...values: readonly unknown[]) =>
    startTimer(ms, () => run(...values), { repeats: true });
  const setTurn = (run: Callback, ...values: readonly unknown[]) => startImmediate(() => run(...values));
  const global = {
    setTimeout: setTimer,
    clearTimeout: stopTimer,
    setInterval: setRepeatedTimer,
    clearInterval: stopTimer,
    setImmediate: setTurn,
    clearImmediate: clearTurn,
  };
  Object.assign(globalThis, global, { Date: VirtualDate });
  Object.assign(timers, global);
  Object.assign(timersPromises, { setTimeout: sleep, setImmediate: nextTurn });
  Object.assign(performance, { now: () => now });
  Object.assign(Math, { random: random.next });
  Object.assign(AbortSignal, {
    timeout: (ms: number) => {
      const controller = new AbortController();
      startTimer(ms, () => controller.abort(new DOMException('The operation timed out', 'TimeoutError')), {
        repeats: false,
      });
      return controller.signal;
    },
  });
  Object.assign(crypto, { randomUUID: () => uuidOf(random.next) });
  syncBuiltinESMExports();

  /** Runs all events until `end`. Between two of them, every promise and callback runs that can run without time passing. */
  const run = async (end: number, onEvent: () => void) =>
    new Promise<void>((resolve, reject) => {
      let turns = 0;
      let isAfterEvent = false;
      const turn = () => {
        try {
          step();
        } catch (error) {
          reject(error);
        }
      };
      const step = () => {
        turns += 1;
        if (turns > MAX_TURNS_AT_ONE_MOMENT) throw new Error(`the program never waits at ${now} ms`);
        const immediate = immediates.shift();
        if (immediate !== undefined) {
          if (!immediate.isCanceled) immediate.run();
          return real.setImmediate(turn);
        }
        if (isAfterEvent) onEvent();
        do {
          const next = events.first();
          if (next === undefined || next.at > end) return resolve();
          events.removeFirst();
          if (next.at > now) turns = 0;
          now = Math.max(now, next.at);
          hasDoneNothing = false;
          next.run();
          eventCount += 1;
        } while (hasDoneNothing);
        isAfterEvent = true;
        return real.setImmediate(turn);
      };
      real.setImmediate(turn);
    });

  return {
    now: () => now,
    inWorld: (ms, run) => void add(ms, run),
    inProcess,
    runUntil: async (end, onEvent) => {
      await run(end, onEvent);
      now = Math.max(now, end);
    },
    ended: () => ended,
    eventCount: () => eventCount,
    startProcess: () => {
      isRunning = true;
    },
    killProcess: () => {
      isRunning = false;
      ended += 1;
      hangsUntil = 0;
      for (const event of processEvents) event.isCanceled = true;
      processEvents.clear();
      timersByNumber.clear();
      immediates.length = 0;
    },
    hangProcess: (ms) => {
      hangsUntil = Math.max(hangsUntil, now + ms);
    },
    wallNow: () => wallClock + Math.floor(now),
    moveWallClock: (ms) => {
      wallClock += ms;
    },
    uninstall: () => {
      const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = real;
      const originals = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate };
      Object.assign(globalThis, originals, { Date: real.Date });
      Object.assign(timers, originals);
      Object.assign(timersPromises, { setTimeout: real.sleep, setImmediate: real.nextTurn });
      Object.assign(performance, { now: real.performanceNow });
      Object.assign(Math, { random: real.random });
      Object.assign(AbortSignal, { timeout: real.abortTimeout });
      Object.assign(crypto, { randomUUID: real.randomUUID });
      syncBuiltinESMExports();
      events.clear();
    },
  };
}

/** As `clearImmediate`. */
function clearTurn(event?: Event): void {
  if (event !== undefined) event.isCanceled = true;
}

type Callback = (...values: readonly unknown[]) => void;

/** Milliseconds of the real clock, for figures about the simulation itself. */
export const realMs = real.performanceNow;

/** Node sets a timer to whole milliseconds, at least one, and does not wait at all if the number is too large. */
function toDelay(ms: unknown): number {
  const number = Math.trunc(Number(ms));
  return number >= 1 && number <= 2 ** 31 - 1 ? number : 1;
}

/** Resolves when the function that `start` receives is called, and rejects as Node does when the signal is aborted. */
async function untilCalled<Value>(
  value: Value,
  signal: AbortSignal | undefined,
  start: (resolve: () => void) => () => void,
): Promise<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  const fail = () => {
    const error = new Error('The operation was aborted', { cause: signal?.reason });
    reject(Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' }));
  };
  if (signal?.aborted === true) {
    fail();
    return promise;
  }
  const onAbort = () => {
    stop();
    fail();
  };
  const stop = start(() => {
    signal?.removeEventListener('abort', onAbort);
    resolve(value);
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  return promise;
}

function uuidOf(random: () => number): string {
  const [a = '', b = '', c = '', d = ''] = [0, 1, 2, 3].map(() =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  );
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(0, 3)}-${c.slice(4)}${d}`;
}
