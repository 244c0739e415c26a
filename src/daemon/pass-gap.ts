import type { Trigger } from '../core/report/pass.ts';

export type PassGapOptions = {
  /** Returns the time between passes if they are requested without end, in milliseconds. May change at any time; 0 for none. */
  readonly gapMs: () => number;
  /** Returns the milliseconds of a monotonic clock. */
  readonly elapsedMs: () => number;
};

/** Keeps passes apart if they are requested without end, for example by a file that is rewritten several times a second. */
export type PassGap = {
  /** Returns the milliseconds until a pass with this trigger may begin; 0 for now. */
  readonly delayMs: (trigger: Trigger) => number;
  /** Counts a pass that begins. */
  readonly onBegin: (trigger: Trigger) => void;
};

/** This many passes begin without a gap after a quiet time. So the first change is never delayed, and neither are a few after it. */
const MAX_PASSES_AT_ONCE = 10;

/** Whether other programs decide how often a trigger requests passes. The others keep their own times. */
const IS_LIMITED = {
  startup: false,
  change: true,
  interval: false,
  schedule: false,
  signal: true,
  request: true,
  command: false,
} as const satisfies Record<Trigger, boolean>;

/** Creates a token bucket: a pass takes a token, and a token is added with every gap. */
export function passGap({ gapMs, elapsedMs }: PassGapOptions): PassGap {
  let tokens = MAX_PASSES_AT_ONCE;
  let refilledAt = elapsedMs();
  const refill = (): number => {
    const [now, gap] = [elapsedMs(), gapMs()];
    tokens = gap > 0 ? Math.min(MAX_PASSES_AT_ONCE, tokens + (now - refilledAt) / gap) : MAX_PASSES_AT_ONCE;
    refilledAt = now;
    return gap;
  };
  return {
    delayMs: (trigger) => {
      if (!IS_LIMITED[trigger]) return 0;
      const gap = refill();
      return Math.ceil(Math.max(0, 1 - tokens) * gap);
    },
    onBegin: (trigger) => {
      if (!IS_LIMITED[trigger]) return;
      refill();
      tokens = Math.max(0, tokens - 1);
    },
  };
}
