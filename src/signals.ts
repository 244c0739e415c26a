import { isMainThread } from 'node:worker_threads';

/*
 * Imported before everything else. Until there is a listener, SIGHUP, SIGQUIT and SIGUSR2 end the process, SIGUSR1 opens the debugger
 * of Node.js to every local process, and the first process of a container ignores SIGTERM and SIGINT.
 */

/** Signals that a supervisor or a person sends to stop the process. */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Signals that do nothing here. */
const UNUSED = ['SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

export type StoppingSignal = (typeof STOPPING)[number];
export type UnusedSignal = (typeof UNUSED)[number];

export type SignalListeners = {
  readonly onStopping: (name: StoppingSignal) => void;
  readonly onUnused: (name: UnusedSignal) => void;
};

let listeners: SignalListeners | null = null;
const early: ((listeners: SignalListeners) => void)[] = [];

/** Calls the listeners for every signal, also for those that have arrived before. */
export function listenToSignals(given: SignalListeners): void {
  listeners = given;
  for (const deliver of early.splice(0)) deliver(given);
}

function receive(deliver: (listeners: SignalListeners) => void): void {
  if (listeners === null) early.push(deliver);
  else deliver(listeners);
}

if (isMainThread) {
  for (const name of STOPPING) process.on(name, () => receive(({ onStopping }) => onStopping(name)));
  for (const name of UNUSED) {
    // A flag of Node.js, such as --report-on-signal, can give the signal a use.
    if (process.listenerCount(name) === 0) process.on(name, () => receive(({ onUnused }) => onUnused(name)));
  }
}
