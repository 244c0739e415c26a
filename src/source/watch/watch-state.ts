import { isDeepStrictEqual } from 'node:util';
import type { WatchState } from '../../core/load/source.ts';

/** How changes are detected at the moment. */
export type StateTracker = {
  readonly set: (state: WatchState) => void;
  /** Falls back to frequent rescans, with the error as the reason. */
  readonly setFailed: (error: unknown) => void;
  /** Whether events are incomplete or missing, so that frequent rescans detect changes. */
  readonly needsRescans: () => boolean;
};

/** Calls `onState` whenever the state changes, until the signal is aborted. */
export function stateTracker(onState: (state: WatchState) => void, signal: AbortSignal): StateTracker {
  let state: WatchState | null = null;
  const set = (next: WatchState) => {
    if (signal.aborted || isDeepStrictEqual(next, state)) return;
    state = next;
    onState(next);
  };
  return {
    set,
    setFailed: (error) => set({ by: 'rescans', reason: error instanceof Error ? error.message : String(error) }),
    needsRescans: () => state?.by === 'rescans',
  };
}
