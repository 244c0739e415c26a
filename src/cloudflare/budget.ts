import { abortReason } from '../core/base/abort.ts';
import type { BudgetWindow } from '../core/base/api-usage.ts';
import { formatDuration } from '../core/base/duration.ts';
import type { Rate } from '../core/base/rate.ts';
import { HeldError } from './errors.ts';
import type { Limits } from './rate-limit-headers.ts';
import { SlidingWindow } from './sliding-window.ts';

/** How long requests will have to wait, and what for: for the log. */
export type Wait = { readonly ms: number; readonly reason: string };

/** The requests of one credential: lists, updates and retries alike. All times are of a clock that never jumps. */
export type Budget = {
  /**
   * Waits until one more request may begin, in turn, and gives what is to be called when that has ended: with what its answer said
   * of limits, or null where there was none. Throws a `FailureError`: the reason of the signal, or that the API asked to be left
   * alone for longer than a pass waits.
   */
  readonly take: (signal: AbortSignal) => Promise<(limits: Limits | null) => void>;
  /** For how long the API still wants to be left alone. */
  readonly heldMs: () => number;
  /** For how long, all in all, there was a request that had to wait. */
  readonly throttledMs: () => number;
  /** For each window of the rates, how many requests may begin now. */
  readonly left: () => readonly BudgetWindow[];
};

export type BudgetOptions = {
  readonly rates: readonly Rate[];
  /** A number from 0 up to 1, for jitter. */
  readonly random: () => number;
  /** Told of a wait that a person would wonder about. */
  readonly onWait: (wait: Wait) => void;
};

/**
 * Twice as long as the API blocks who crossed its limit. What asks for more is not waited for within a pass.
 * https://developers.cloudflare.com/fundamentals/api/reference/limits/
 */
export const LONGEST_WAIT_MS = 10 * 60_000;

/** After this long the API is asked again, whatever it said: nothing there asks for so much, but something between might. */
const LONGEST_HOLD_MS = 60 * 60_000;

const WORTH_TELLING_MS = 2000;

/** A 429 without `Retry-After`: all wait, twice as long each time. */
const FIRST_HOLD_MS = 1000;
const LONGEST_UNASKED_HOLD_MS = 60_000;

/** When so little is left of a quota, what is left is spread over its time. Without its size, it counts as a hundred. */
const LOW = 0.1;
const UNKNOWN_QUOTA = 100;

type Waiter = { readonly signal: AbortSignal; readonly grant: () => void; readonly refuse: (error: Error) => void };

/** It spends at once while there is something to spend, and then waits for the windows to move on. Nothing makes it faster. */
export function requestBudget({ rates, random, onWait }: BudgetOptions): Budget {
  const windows = rates.map((rate) => new SlidingWindow(rate));
  const waiting: Waiter[] = [];
  let timer: NodeJS.Timeout | undefined;
  let underWay = 0;
  let lastBegun = -Infinity;
  let toldUntil = 0;
  const throttled: { ms: number; since: number | null } = { ms: 0, since: null };
  let hold = { until: 0, reason: '' };
  let pace = { everyMs: 0, until: 0 };
  /** 429s in a row, and when the last of them was counted. Until something has worked since, one request goes at a time. */
  let refusals = 0;
  let refusedAt = -Infinity;

  const throttledMs = () => throttled.ms + (throttled.since === null ? 0 : performance.now() - throttled.since);

  /** When the next request may begin, and what it waits for. */
  const nextTurn = (now: number): { readonly at: number; readonly reason: string } => {
    const turns = windows.map((window) => ({
      at: window.freeAt(now),
      reason: `the request budget of ${window.rate.text} is spent`,
    }));
    turns.push({ at: hold.until, reason: hold.reason });
    if (refusals > 0 && underWay > 0) turns.push({ at: Infinity, reason: hold.reason });
    if (pace.until > now) {
      turns.push({ at: Math.min(lastBegun + pace.everyMs, pace.until), reason: 'the API has few requests left' });
    }
    return turns.reduce((latest, turn) => (turn.at > latest.at ? turn : latest));
  };

  /** Lets begin who may, and comes back when the next one may. */
  const serve = () => {
    clearTimeout(timer);
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      if (first.signal.aborted) {
        waiting.shift();
        first.refuse(abortReason(first.signal));
        continue;
      }
      const now = performance.now();
      const { at, reason } = nextTurn(now);
      if (at > now) {
        throttled.since ??= now;
        // When all depends on what is under way, its end comes back here.
        if (at !== Infinity) timer = setTimeout(serve, Math.ceil(at - now));
        if (at !== Infinity) tell({ ms: at - now, reason }, at);
        return;
      }
      waiting.shift();
      underWay += 1;
      lastBegun = now;
      for (const window of windows) window.begin();
      first.grant();
    }
    throttled.ms = throttledMs();
    throttled.since = null;
  };

  const tell = (wait: Wait, until: number) => {
    if (wait.ms < WORTH_TELLING_MS || until <= toldUntil) return;
    toldUntil = until;
    onWait({ ...wait, ms: Math.round(wait.ms) });
  };

  /** What a request that began at that time was answered, for all that come after it. */
  const heed = ({ status, retryAfterMs, quotas }: Limits, begun: number) => {
    const now = performance.now();
    // Those that were under way together are refused together; that is one refusal.
    if (status === 429 && (refusals === 0 || begun > refusedAt)) {
      refusals += 1;
      refusedAt = now;
    }
    if (status < 400 && begun > refusedAt) refusals = 0;
    const ms = Math.min(LONGEST_HOLD_MS, retryAfterMs === 0 && status === 429 ? unaskedHold() : retryAfterMs);
    if (ms > 0 && now + ms > hold.until) hold = { until: now + ms, reason: reasonOf(status, retryAfterMs) };
    if (ms > LONGEST_WAIT_MS) for (const { refuse } of waiting.splice(0)) refuse(new HeldError(ms));
    for (const { remaining, of, resetMs } of quotas) {
      if (remaining >= LOW * (of ?? UNKNOWN_QUOTA)) continue;
      const untilReset = Math.min(resetMs, LONGEST_WAIT_MS);
      const everyMs = untilReset / (remaining + 1);
      pace = {
        everyMs: pace.until > now ? Math.max(pace.everyMs, everyMs) : everyMs,
        until: Math.max(pace.until, now + untilReset),
      };
    }
  };

  const unaskedHold = () =>
    Math.min(LONGEST_UNASKED_HOLD_MS, FIRST_HOLD_MS * 2 ** (refusals - 1)) * (0.5 + 0.5 * random());

  /** Counts a request that has just been let begin, until it ends. */
  const begun = (): ((limits: Limits | null) => void) => {
    const at = lastBegun;
    return (limits) => {
      underWay -= 1;
      for (const window of windows) window.end(performance.now());
      if (limits !== null) heed(limits, at);
      // A refusal may be one for all who wait: whoever made the request is to know of it before the next one begins.
      if (limits === null || limits.status < 400) serve();
      else setImmediate(serve);
    };
  };

  return {
    take: async (signal) => {
      const heldMs = hold.until - performance.now();
      if (heldMs > LONGEST_WAIT_MS) throw new HeldError(heldMs);
      if (signal.aborted) throw abortReason(signal);
      return new Promise((resolve, reject) => {
        const leave = () => {
          waiting.splice(waiting.indexOf(waiter), 1);
          reject(abortReason(signal));
          serve();
        };
        const waiter: Waiter = {
          signal,
          grant: () => {
            signal.removeEventListener('abort', leave);
            resolve(begun());
          },
          refuse: (error) => {
            signal.removeEventListener('abort', leave);
            reject(error);
          },
        };
        signal.addEventListener('abort', leave, { once: true });
        waiting.push(waiter);
        serve();
      });
    },
    heldMs: () => Math.max(0, hold.until - performance.now()),
    throttledMs: () => Math.round(throttledMs()),
    left: () =>
      windows.map((window) => {
        const { text, requests } = window.rate;
        return { window: text, limit: requests, left: window.left(performance.now()) };
      }),
  };
}

function reasonOf(status: number, retryAfterMs: number): string {
  if (retryAfterMs > 0) return `the API asked with HTTP ${status} to be left alone for ${formatDuration(retryAfterMs)}`;
  return 'the API answered HTTP 429: too many requests';
}
