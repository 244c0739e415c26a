import { fstatSync, write } from 'node:fs';
import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { systemErrorCode } from '../core/base/errno.ts';

/** Called once when bytes are written, or with the error and the number of bytes that were written before it. */
export type OnWritten = (error: Error | null, written: number) => void;

/** Stdout or stderr. Nothing here blocks or throws, whatever the file is: a pipe, a terminal, a socket, a disk. */
export type ByteOutput = {
  /** Writes bytes after those of earlier calls. After an error, all bytes that wait are given up with the same error. */
  readonly write: (bytes: Buffer, onWritten: OnWritten) => void;
  readonly pendingBytes: () => number;
  /** Resolves once nothing waits to be written. */
  readonly flushed: () => Promise<void>;
  /** Whether a write can succeed after one that failed: a disk can have space again, but a reader that left does not return. */
  readonly canRecover: boolean;
};

export type OutputOptions = {
  readonly fd: number;
  /** The stream of the same file. */
  readonly stream: Writable;
};

/**
 * Opens stdout or stderr. Node.js writes to pipes and sockets without blocking. To terminals and files, it writes with calls that block
 * the program for as long as nobody reads the terminal (Ctrl-S, a stuck `tmux`), or as long as the disk is stuck. So a thread of the
 * thread pool writes to them, which only it can be blocked by.
 */
export function openOutput({ fd, stream }: OutputOptions): ByteOutput {
  const stats = fstatSync(fd);
  if (stats.isFIFO() || stats.isSocket()) return streamOutput(stream);
  const key = `${stats.dev}:${stats.ino}`;
  const queue = queues.get(key) ?? openQueue();
  queues.set(key, queue);
  return fileOutput({ fd, queue, canRecover: !isatty(fd) });
}

function streamOutput(stream: Writable): ByteOutput {
  return {
    write: (bytes, onWritten) => {
      stream.write(bytes, (error) => onWritten(error ?? null, error == null ? bytes.length : 0));
    },
    pendingBytes: () => stream.writableLength,
    flushed: async () => {
      while (stream.writableLength > 0 && !stream.destroyed) {
        await new Promise<void>((resolve) => void stream.write('', () => resolve()));
      }
    },
    canRecover: false,
  };
}

/** One queue for each file: stdout and stderr are often the same terminal, and their lines must keep their order. */
const queues = new Map<string, Queue>();

type Entry = {
  readonly fd: number;
  readonly bytes: Buffer;
  readonly onWritten: OnWritten;
  /** How many of the bytes are in the file. */
  written: number;
};

type Queue = {
  readonly add: (entry: Entry) => void;
  readonly pendingBytes: (fd: number) => number;
  readonly flushed: () => Promise<void>;
};

/** If another program has made the terminal non-blocking, a full one is tried again after this time. */
const RETRY_MS = 50;

/** Lines are written together up to this size. */
const MAX_BATCH_BYTES = 64 * 1024;

function openQueue(): Queue {
  let entries: Entry[] = [];
  let isWriting = false;
  let idle: PromiseWithResolvers<void> | null = null;

  /** Takes the entries that ended out of the queue after their callbacks, so that it counts as busy while these add entries. */
  const end = (ended: readonly Entry[], error: Error | null) => {
    for (const { onWritten, written } of ended) onWritten(error, written);
    if (ended.every((entry, index) => entry === entries[index])) entries.splice(0, ended.length);
    else entries = entries.filter((entry) => !ended.includes(entry));
  };

  const writeBatch = () => {
    const [first] = entries;
    isWriting = first !== undefined;
    if (first === undefined) {
      idle?.resolve();
      idle = null;
      return;
    }
    const batch = batchOf(entries, first);
    write(first.fd, Buffer.concat(batch.map(unwritten)), (error, count) => {
      if (error !== null && systemErrorCode(error) === 'EAGAIN') return void setTimeout(writeBatch, RETRY_MS);
      if (error === null) {
        const complete = countWritten(batch, count);
        end(batch.slice(0, complete), null);
      } else {
        end(
          entries.filter(({ fd }) => fd === first.fd),
          error,
        );
      }
      return writeBatch();
    });
  };

  return {
    add: (entry) => {
      entries.push(entry);
      if (!isWriting) writeBatch();
    },
    pendingBytes: (fd) =>
      entries.reduce((sum, entry) => (entry.fd === fd ? sum + entry.bytes.length - entry.written : sum), 0),
    flushed: async () => {
      if (!isWriting) return;
      idle ??= Promise.withResolvers();
      await idle.promise;
    },
  };
}

/** Returns the first entries, as far as they belong to one file descriptor and are not too long together. */
function batchOf(entries: readonly Entry[], { fd }: Entry): readonly Entry[] {
  let bytes = 0;
  const end = entries.findIndex((entry, index) => {
    bytes += entry.bytes.length;
    return index > 0 && (entry.fd !== fd || bytes > MAX_BATCH_BYTES);
  });
  return end === -1 ? [...entries] : entries.slice(0, end);
}

function unwritten({ bytes, written }: Entry): Buffer {
  return bytes.subarray(written);
}

/** Counts bytes of a batch as written. Returns how many of its entries are complete. */
function countWritten(batch: readonly Entry[], count: number): number {
  let remaining = count;
  for (const entry of batch) {
    const added = Math.min(remaining, entry.bytes.length - entry.written);
    entry.written += added;
    remaining -= added;
  }
  return batch.filter(({ bytes, written }) => written === bytes.length).length;
}

type FileOutputOptions = { readonly fd: number; readonly queue: Queue; readonly canRecover: boolean };

function fileOutput({ fd, queue, canRecover }: FileOutputOptions): ByteOutput {
  return {
    write: (bytes, onWritten) => queue.add({ fd, bytes, onWritten, written: 0 }),
    pendingBytes: () => queue.pendingBytes(fd),
    flushed: queue.flushed,
    canRecover,
  };
}
