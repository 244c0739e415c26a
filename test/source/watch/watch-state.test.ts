import { expect, test } from 'vitest';
import type { WatchState } from '../../../src/core/load/source.ts';
import { stateTracker } from '../../../src/source/watch/watch-state.ts';

function startTracking() {
  const states: WatchState[] = [];
  const controller = new AbortController();
  return { states, controller, ...stateTracker((state) => void states.push(state), controller.signal) };
}

test('reports each state once, until it changes', () => {
  const { states, set, setFailed, needsRescans } = startTracking();
  expect(needsRescans()).toBe(false);
  set({ by: 'events' });
  set({ by: 'events' });
  expect(needsRescans()).toBe(false);
  setFailed(new Error('too many files are open'));
  setFailed('too many files are open');
  expect(needsRescans()).toBe(true);
  setFailed('it is on NFS');
  expect(states).toEqual([
    { by: 'events' },
    { by: 'rescans', reason: 'too many files are open' },
    { by: 'rescans', reason: 'it is on NFS' },
  ]);
});

test('reports nothing after the signal was aborted', () => {
  const { states, set, controller } = startTracking();
  controller.abort();
  set({ by: 'events' });
  expect(states).toEqual([]);
});
