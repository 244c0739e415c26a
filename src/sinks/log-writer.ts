import { errorCodeOrMessage } from '../core/base/errno.ts';
import type { ByteOutput } from './output.ts';

/** Writes the lines of a log. `write` never throws, never blocks on a slow reader, and never ends the process. */
export type LogWriter = { readonly write: (line: string) => void };

export type LogWriterOptions = {
  readonly output: ByteOutput;
  /** Called with the error code when lines cannot be written: once for each outage. */
  readonly onWriteError: (code: string) => void;
  /** Called with the number of dropped lines as soon as lines can be written again. May write to the log. */
  readonly onDropped: (lines: number) => void;
  /** While a disk is full, it is tried again after this time, and with every further line. */
  readonly retryMs?: number;
};

/** At most this many bytes wait to be written. Further lines are dropped whole. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** At most this many bytes are written at once, or a single line. */
const MAX_BATCH_BYTES = 64 * 1024;

/**
 * Opens a writer that buffers lines in memory until they are written. While the disk is full, lines stay in the buffer, and are written
 * in order when it has space again. Lines left unread when a reader closes its pipe, or when a terminal is closed, are dropped.
 */
export function openLogWriter({ output, onWriteError, onDropped, retryMs = 1000 }: LogWriterOptions): LogWriter {
  let buffer: Buffer[] = [];
  let bufferedBytes = 0;
  /** How many bytes of the first buffered line are in the file: a disk can become full in the middle of a line. */
  let partialBytes = 0;
  let isWriting = false;
  let isFailing = false;
  let dropped = 0;
  let retry: NodeJS.Timeout | undefined;

  const remove = (written: number) => {
    let remaining = written + partialBytes;
    const end = buffer.findIndex((line) => {
      if (remaining < line.length) return true;
      remaining -= line.length;
      bufferedBytes -= line.length;
      return false;
    });
    buffer = end === -1 ? [] : buffer.slice(end);
    partialBytes = remaining;
  };
  const onFailure = (error: Error) => {
    if (!isFailing) onWriteError(errorCodeOrMessage(error));
    isFailing = true;
    if (output.canRecover) {
      retry = setTimeout(flush, retryMs).unref();
      return;
    }
    dropped += buffer.length;
    [buffer, bufferedBytes, partialBytes] = [[], 0, 0];
  };
  const onSuccess = () => {
    isFailing = false;
    if (dropped > 0) {
      const lines = dropped;
      dropped = 0;
      onDropped(lines);
    }
    flush();
  };
  function flush(): void {
    clearTimeout(retry);
    if (isWriting || buffer.length === 0) return;
    isWriting = true;
    output.write(firstLines(buffer).subarray(partialBytes), (error, written) => {
      isWriting = false;
      remove(written);
      if (error === null) onSuccess();
      else onFailure(error);
    });
  }

  return {
    write: (text) => {
      const line = Buffer.from(text);
      if (bufferedBytes + line.length > MAX_BUFFERED_BYTES) dropped += 1;
      else {
        buffer.push(line);
        bufferedBytes += line.length;
      }
      flush();
    },
  };
}

function firstLines(lines: readonly Buffer[]): Buffer {
  let bytes = 0;
  const end = lines.findIndex((line, index) => {
    bytes += line.length;
    return index > 0 && bytes > MAX_BATCH_BYTES;
  });
  return Buffer.concat(end === -1 ? lines : lines.slice(0, end));
}
