/** Runs tasks, a few in each turn of the event loop. */
export type Turns = {
  /** Adds a task that runs after all others. */
  readonly add: (task: () => void) => void;
  /** Adds a task that runs before all others. */
  readonly addFirst: (task: () => void) => void;
  /** Called for each new connection. */
  readonly onAccept: () => void;
};

type Task = () => void;

/** Tasks run for at most this long in one turn, so that a timer or another connection never waits longer. */
const SLICE_MS = 5;
/** Tasks wait at most this long for new connections to be accepted. */
const MAX_WAIT_MS = 25;

/**
 * Creates an empty queue. The event loop accepts a single connection in each turn: a probe behind a thousand new connections is accepted a
 * thousand turns later. Therefore tasks run only in turns without a new connection, or when they have waited for long enough.
 */
export function turns(): Turns {
  const tasks: Task[] = [];
  /** The newest task is the last one. */
  const firstTasks: Task[] = [];
  let isScheduled = false;
  let hasAccepted = false;
  let ranAt = -Infinity;
  const schedule = () => {
    isScheduled = true;
    setImmediate(run);
  };
  const wake = () => {
    if (!isScheduled) schedule();
  };
  const run = () => {
    const startedAt = performance.now();
    const mustWait = hasAccepted && startedAt - ranAt < MAX_WAIT_MS;
    hasAccepted = false;
    if (mustWait) return schedule();
    // Tasks that are added by these tasks run in a later turn.
    const due = [...firstTasks.splice(0).toReversed(), ...tasks.splice(0)];
    const isOver = () => performance.now() - startedAt > SLICE_MS;
    let count = 0;
    while (count < due.length && (count === 0 || !isOver())) {
      due[count]?.();
      count += 1;
    }
    // The rest of both queues is old by now, so it is in one queue.
    tasks.unshift(...due.slice(count));
    ranAt = performance.now();
    isScheduled = tasks.length + firstTasks.length > 0;
    if (isScheduled) schedule();
  };
  return {
    add: (task) => {
      tasks.push(task);
      wake();
    },
    addFirst: (task) => {
      firstTasks.push(task);
      wake();
    },
    onAccept: () => {
      hasAccepted = true;
    },
  };
}
