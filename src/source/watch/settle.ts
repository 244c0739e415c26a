/** A folder that never becomes quiet is read anyway, after this many times the settle time. */
const MAX_WAIT_FACTOR = 20;

export type SettleOptions = {
  /** How long the folder must be quiet. */
  readonly settleMs: number;
  readonly onQuiet: () => void;
  readonly signal: AbortSignal;
};

export type SettleTimer = {
  /** Starts the wait, or starts it again: something happened in the folder. */
  readonly restart: () => void;
  readonly stop: () => void;
};

/** Waits until the folder is quiet: a debounce with a maximum wait. After the signal is aborted, it no longer starts. */
export function settleTimer({ settleMs, onQuiet, signal }: SettleOptions): SettleTimer {
  let timer: NodeJS.Timeout | undefined;
  let firstRestartAt: number | null = null;
  return {
    restart: () => {
      clearTimeout(timer);
      if (signal.aborted) return;
      firstRestartAt ??= performance.now();
      const maxWaitMs = Math.max(0, firstRestartAt + MAX_WAIT_FACTOR * settleMs - performance.now());
      timer = setTimeout(
        () => {
          firstRestartAt = null;
          onQuiet();
        },
        Math.min(settleMs, maxWaitMs),
      );
    },
    stop: () => clearTimeout(timer),
  };
}
