import type { Worker } from 'node:worker_threads';

const live = new Set<Worker>();

/** Counts a thread until it has ended. */
export function countThread(worker: Worker): void {
  live.add(worker);
  worker.once('exit', () => live.delete(worker));
}

/** Whether a thread has not ended. If a file system blocks it, it cannot be ended, and `process.exit` would wait for it. */
export function hasLiveThreads(): boolean {
  return live.size > 0;
}
