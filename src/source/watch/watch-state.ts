import { isDeepStrictEqual } from 'node:util';
import type { WatchState } from '../../core/load/source.ts';

/** Tracks how changes are detected: by events, or by frequent rescans. */
export type StateTracker = {
  readonly set: (state: WatchState) => void;
  /** Switches to frequent rescans, with the error as the reason. */
  readonly setFailed: (error: unknown) => void;
  /** Whether frequent rescans are needed, because events do not cover all changes. */
  readonly needsRescans: () => boolean;
  /** Calls `listener` once, when the state changes next. Replaces the listener of the last call. */
  readonly onNextChange: (listener: () => void) => void;
};

/** Creates a tracker that calls `onState` whenever the state changes, until the signal is aborted. */
export function stateTracker(onState: (state: WatchState) => void, signal: AbortSignal): StateTracker {
  let state: WatchState | null = null;
  let listener: (() => void) | null = null;
  const set = (next: WatchState) => {
    if (signal.aborted || isDeepStrictEqual(next, state)) return;
    state = next;
    onState(next);
    listener?.();
    listener = null;
  };
  return {
    set,
    setFailed: (error) => set({ by: 'rescans', reason: error instanceof Error ? error.message : String(error) }),
    needsRescans: () => state?.by === 'rescans',
    onNextChange: (next) => {
      listener = next;
    },
  };
}
