import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { systemErrorCode } from '../../core/base/errno.ts';
import { folderReader } from '../folder-reader.ts';
import type { FolderWatcher } from '../watch/folder-watcher.ts';
import { pack } from './protocol.ts';
import type { Notice, PackedRead, Reply, Request, Task, ThreadData } from './protocol.ts';

/*
 * The script of the folder thread. It reads and watches the folder, because a file system that does not respond blocks the thread that
 * uses it.
 */

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Only `startThread` starts this script.
if (parentPort !== null) serve(parentPort, workerData as ThreadData);

function serve(port: MessagePort, { path, rules, progress, heartbeatMs }: ThreadData): void {
  const counter = new Int32Array(progress);
  const countProgress = () => void Atomics.add(counter, 0, 1);
  countProgress();
  setInterval(countProgress, heartbeatMs).unref();

  const reader = folderReader({ path, rules, onEntry: countProgress });
  let opening: Promise<FolderWatcher> | null = null;
  const watcher = async () => {
    opening ??= openWatcher(path, (notice) => port.postMessage(notice));
    return opening;
  };
  const running = new Map<number, AbortController>();

  const run = async (task: Task, signal: AbortSignal): Promise<unknown> => {
    signal.throwIfAborted();
    switch (task.kind) {
      case 'read':
        return pack(await reader.read(task.base, signal, task.waitMs));
      case 'current':
        return reader.current(signal);
      case 'restartWatcher':
        return (await watcher()).restart();
      case 'isWatcherCurrent':
        return (await watcher()).isCurrent();
      case 'closeWatcher':
        return (await watcher()).close();
    }
  };
  /** An error of this function is a bug. It ends the thread, and the main thread starts another one. */
  const answer = async (id: number, task: Task): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    // While a task blocks the thread, others wait. Those that were aborted meanwhile are not begun.
    await nextTurn();
    const reply = await run(task, controller.signal).then(
      (result): Reply => ({ id, result }),
      (error: unknown): Reply => ({ id, error: { message: messageOf(error), code: systemErrorCode(error) } }),
    );
    running.delete(id);
    port.postMessage(reply, 'result' in reply && isPackedRead(reply.result) ? [reply.result.bytes] : []);
  };
  port.on('message', (request: Request) => {
    if ('aborted' in request) {
      running.get(request.aborted)?.abort();
      return;
    }
    void answer(request.id, request.task);
  });
}

async function openWatcher(path: string, notify: (notice: Notice) => void): Promise<FolderWatcher> {
  // Imported only when needed, so that the first read begins sooner. A failed import is a bug.
  const { folderWatcher } = await import('../watch/folder-watcher.ts');
  let isEventQueued = false;
  return folderWatcher({
    path,
    state: {
      set: (state) => notify({ notice: 'state', state }),
      setFailed: (error) => notify({ notice: 'failed', message: messageOf(error) }),
    },
    onEvent: () => {
      // A checkout of thousands of files is one event for the main thread.
      if (isEventQueued) return;
      isEventQueued = true;
      setImmediate(() => {
        isEventQueued = false;
        notify({ notice: 'event' });
      });
    },
    onStartGap: () => notify({ notice: 'startGap' }),
    signal: new AbortController().signal,
  });
}

function isPackedRead(result: unknown): result is PackedRead {
  return typeof result === 'object' && result !== null && 'bytes' in result;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
