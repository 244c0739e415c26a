import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Credentials } from '../core/base/credentials.ts';
import { FailureError } from '../core/base/failure.ts';
import type { Failure } from '../core/base/failure.ts';
import type { CallState } from './request-sender.ts';

/**
 * Runs a write, or waits while another one probes the same credential. Throws a `FailureError` without calling `write` when that probe
 * was denied.
 */
export type ProbedWrite = <Result>(call: CallState, write: () => Promise<Result>) => Promise<Result>;

/**
 * Returns a function for all writes of a client. Until the current credential has written once, writes go one at a time: the first is a
 * probe, and the waiting writes fail with it if it is denied. A read-only credential thus costs one refused request instead of many.
 */
export function writeProbe(currentCredentials: () => Credentials): ProbedWrite {
  const state: {
    /** The credential that has written at least once and was not denied since. */
    proven: Credentials | null;
    /** Resolves to the failure of the write that probes the current credential; null when that write succeeds. */
    probe: Promise<Failure | null> | null;
  } = { proven: null, probe: null };
  const isProven = () => state.proven === currentCredentials();

  const outcomeOf = async (call: CallState, written: Promise<unknown>): Promise<Failure | null> => {
    try {
      await written;
      state.proven = call.credentials;
      return null;
    } catch (error) {
      const failure = error instanceof FailureError ? error.failure : null;
      if (failure?.kind === 'denied') state.proven = null;
      return failure;
    }
  };

  return async (call, write) => {
    while (state.probe !== null && !isProven()) {
      const failure = await state.probe;
      if (failure?.kind === 'denied') throw new FailureError(failure);
      await nextTurn(); // Lets the caller of the probe react to its result before the next probe starts.
    }
    const written = write();
    const outcome = outcomeOf(call, written);
    if (!isProven()) {
      const probe = outcome.finally(() => {
        if (state.probe === probe) state.probe = null;
      });
      state.probe = probe;
    }
    return written;
  };
}
