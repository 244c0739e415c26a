import { Worker } from 'node:worker_threads';
import { abortReason } from '../../core/base/abort.ts';
import { formatDuration } from '../../core/base/duration.ts';
import { countThread } from './live-threads.ts';
import type { Notice, Reply, Request, Task, TaskResults, ThreadData } from './protocol.ts';

export type ThreadOptions = Pick<ThreadData, 'path' | 'rules'> & {
  /** After this long without progress, the file system is considered hung. */
  readonly stallMs: number;
  readonly onNotice: (notice: Notice) => void;
};

/** One folder thread. */
export type FolderThread = {
  /**
   * Returns the result of a task. Throws the reason of the signal as soon as it is aborted, and an error that says so if the file system
   * does not respond. The thread may still be busy with the task then.
   */
  readonly ask: <T extends Task>(task: T, signal: AbortSignal) => Promise<TaskResults[T['kind']]>;
  /** How long the thread has made no progress with its tasks; 0 if it has none. */
  readonly stalledMs: () => number;
  readonly hasEnded: () => boolean;
  /** Ends the thread. Resolves once it has ended; never, if a file system blocks it for good. */
  readonly end: () => Promise<void>;
};

/** The thread holds few objects for long. V8 would otherwise let its heap grow to a share of the memory of the machine. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 256 };

/**
 * A diagnostic report of Node.js contains the environment of every thread that does not exclude it, from its start on. Preloaded modules
 * apply to the thread as well, as they do by default. Other flags are of the whole process, and invalid here.
 */
const FLAGS = [
  '--report-exclude-env',
  '--report-exclude-network',
  ...process.execArgv.filter((flag) => /^--(?:import|require)=/.test(flag)),
];

/** The bundle is one file, which starts as the folder thread in a worker. */
const SCRIPT = new URL(import.meta.url.endsWith('.ts') ? 'folder-thread.ts' : import.meta.url, import.meta.url);

export function startThread({ path, rules, stallMs, onNotice }: ThreadOptions): FolderThread {
  const progress = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const heartbeatMs = Math.min(1000, stallMs / 10);
  const worker = startWorker({ path, rules, progress: progress.buffer, heartbeatMs });
  const send = (request: Request) => worker.postMessage(request, []);
  const tasks = openTasks();
  let hasEnded = false;
  const monitor = stallMonitor(progress, heartbeatMs, (stalledMs) => {
    if (stalledMs >= stallMs) tasks.rejectAll(notResponding(stallMs));
  });

  const settle = (reply: Reply) => {
    tasks.settle(reply);
    if (tasks.count() > 0) return;
    monitor.stop();
    worker.unref();
  };
  worker.on('message', (message: Reply | Notice) => ('notice' in message ? onNotice(message) : settle(message)));
  worker.on('error', (error) => {
    const message = `internal error in the thread that reads it: ${String(error)}`;
    tasks.rejectAll(new Error(message));
    onNotice({ notice: 'failed', message });
  });
  worker.on('exit', () => {
    hasEnded = true;
    monitor.stop();
    tasks.rejectAll(new Error('the thread that reads it has ended'));
  });

  return {
    ask: async (task, signal) => {
      if (signal.aborted) throw abortReason(signal);
      // The thread would begin the task only after the one that is blocked.
      if (monitor.stalledMs() >= stallMs) throw notResponding(stallMs);
      const { id, result, reject } = tasks.add();
      worker.ref();
      monitor.start();
      send({ id, task });
      const onAbort = () => {
        reject(abortReason(signal));
        send({ aborted: id });
      };
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The thread answers each task with its result.
        return (await result) as TaskResults[(typeof task)['kind']];
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    stalledMs: monitor.stalledMs,
    hasEnded: () => hasEnded,
    end: async () => {
      monitor.stop();
      await worker.terminate();
    },
  };
}

function startWorker(data: ThreadData): Worker {
  const worker = new Worker(SCRIPT, { workerData: data, resourceLimits: LIMITS, argv: [], execArgv: FLAGS });
  countThread(worker);
  worker.unref(); // Until it has a task.
  return worker;
}

/** The tasks that the thread has not answered. A task stays one of them when its promise is rejected, because it keeps the thread busy. */
function openTasks() {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  return {
    count: () => open.size,
    add: () => {
      const id = (lastId += 1);
      const promise = Promise.withResolvers<unknown>();
      open.set(id, promise);
      return { id, result: promise.promise, reject: promise.reject };
    },
    /** A promise that is already rejected stays rejected. */
    rejectAll: (error: Error) => {
      for (const { reject } of open.values()) reject(error);
    },
    settle: (reply: Reply) => {
      const promise = open.get(reply.id);
      open.delete(reply.id);
      if ('error' in reply) promise?.reject(toError(reply.error));
      else promise?.resolve(reply.result);
    },
  };
}

type StallMonitor = { readonly start: () => void; readonly stop: () => void; readonly stalledMs: () => number };

/** Measures how long a counter has not changed. `onTick` is called regularly while it runs. */
function stallMonitor(counter: Int32Array, tickMs: number, onTick: (stalledMs: number) => void): StallMonitor {
  let timer: NodeJS.Timeout | undefined;
  let lastCount = 0;
  let lastTickAt = 0;
  let stalledMs = 0;
  const tick = () => {
    const now = performance.now();
    const count = Atomics.load(counter, 0);
    // A late tick means that the whole process was stopped. Before the first count, the thread is still starting.
    stalledMs = count === lastCount && count > 0 ? stalledMs + Math.min(now - lastTickAt, 2 * tickMs) : 0;
    lastCount = count;
    lastTickAt = now;
    onTick(stalledMs);
  };
  return {
    start: () => {
      if (timer !== undefined) return;
      lastCount = 0;
      lastTickAt = performance.now();
      timer = setInterval(tick, tickMs);
    },
    stop: () => {
      clearInterval(timer);
      timer = undefined;
      stalledMs = 0;
    },
    stalledMs: () => stalledMs,
  };
}

/** The message is always the same, because a watch state with another reason is logged again. */
function notResponding(stallMs: number): Error {
  return new Error(`its file system has not responded within ${formatDuration(stallMs)}`);
}

function toError({ message, code }: { readonly message: string; readonly code: string | null }): Error {
  const error = new Error(message);
  return code === null ? error : Object.assign(error, { code });
}
