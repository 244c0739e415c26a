import type { WatchState } from '../../core/load/source.ts';
import type { FileRules } from '../file-rules.ts';
import type { CurrentContent, FolderRead } from '../folder-reader.ts';
import type { HashedFile } from '../unfinished/unfinished-files.ts';

/* The messages between the main thread and the folder thread. */

/** The work that the folder thread does, with the type of each result. */
export type TaskResults = {
  readonly read: PackedRead;
  readonly current: CurrentContent;
  readonly restartWatcher: void;
  readonly isWatcherCurrent: boolean;
  readonly closeWatcher: void;
};
export type Task =
  | { readonly kind: 'read'; readonly base: string | null; readonly waitMs: number }
  | { readonly kind: Exclude<keyof TaskResults, 'read'> };

/** A task, or the news that nobody waits for the result of one any longer. */
export type Request = { readonly id: number; readonly task: Task } | { readonly aborted: number };

export type Reply =
  | { readonly id: number; readonly result: unknown }
  /** An `Error` loses its code on the way between threads. */
  | { readonly id: number; readonly error: { readonly message: string; readonly code: string | null } };

/** The messages that the watcher sends without a request. */
export type Notice =
  | { readonly notice: 'event' }
  | { readonly notice: 'startGap' }
  | { readonly notice: 'state'; readonly state: WatchState }
  | { readonly notice: 'failed'; readonly message: string };

/** The `workerData` of the folder thread. */
export type ThreadData = {
  readonly path: string;
  readonly rules: FileRules;
  /** One number, which increases while the thread is responsive and while it reads. */
  readonly progress: SharedArrayBuffer;
  /** How often it increases at least. */
  readonly heartbeatMs: number;
};

type PackedFile = Pick<HashedFile, 'path' | 'digest' | 'isUnfinished'> & {
  readonly content: { readonly fault: string } | number;
};

/** A read whose contents are in one buffer, which moves to the other thread without being copied. */
export type PackedRead = Omit<FolderRead, 'changed'> & {
  readonly files: readonly PackedFile[];
  readonly bytes: ArrayBuffer;
};

export function pack({ changed, ...read }: FolderRead): PackedRead {
  const length = changed.reduce((sum, file) => sum + ('fault' in file ? 0 : file.bytes.length), 0);
  const bytes = Buffer.alloc(length);
  let offset = 0;
  const files = changed.map((file): PackedFile => {
    const { path, digest } = file;
    if ('fault' in file) return { path, digest, content: { fault: file.fault } };
    offset += file.bytes.copy(bytes, offset);
    return { path, digest, content: file.bytes.length, ...(file.isUnfinished && { isUnfinished: true }) };
  });
  return { ...read, files, bytes: bytes.buffer };
}

export function unpack({ files, bytes, ...read }: PackedRead): FolderRead {
  let offset = 0;
  const changed = files.map(({ content, ...file }): HashedFile => {
    if (typeof content !== 'number') return { ...file, ...content };
    offset += content;
    return { ...file, bytes: Buffer.from(bytes, offset - content, content) };
  });
  return { ...read, changed };
}
