/** Runs tasks one at a time, in the order in which they were added. */
export type TaskQueue = {
  /** Resolves when the task has ended, even if it failed. */
  readonly add: (task: () => Promise<void>) => Promise<void>;
  /** Resolves when all tasks added so far have ended. */
  readonly drained: () => Promise<void>;
};

/** Creates a queue. A task that fails does not stop the queue. When the signal is aborted, waiting tasks are skipped. */
export function taskQueue(onError: (error: unknown) => void, signal: AbortSignal): TaskQueue {
  let last = Promise.resolve();
  return {
    add: (task) => {
      last = last.then(() => (signal.aborted ? undefined : task())).catch(onError);
      return last;
    },
    drained: () => last,
  };
}
