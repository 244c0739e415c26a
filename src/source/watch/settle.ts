/** A folder that keeps changing is read after this many times the settle time. */
const MAX_WAIT_FACTOR = 20;

export type SettleOptions = {
  /** How long the folder must be quiet. */
  readonly settleMs: number;
  readonly onQuiet: () => void;
  readonly signal: AbortSignal;
};

export type SettleTimer = {
  /** Starts or restarts the wait, because something happened in the folder. */
  readonly restart: () => void;
  readonly stop: () => void;
};

/** Creates a timer that waits until the folder is quiet: a debounce with a maximum wait. It does not start after the signal is aborted. */
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
