import { fstatSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { errorCodeOrMessage } from '../core/base/errno.ts';

/** Writes the lines of a log. `write` never throws, never blocks on a slow reader, and never ends the process. */
export type LogWriter = { readonly write: (line: string) => void };

export type LogWriterOptions = {
  /** The file descriptor to write to. */
  readonly fd: number;
  /** The stream of the same file. Pipes and sockets are written through it, because their reader may be slow or stuck. */
  readonly stream: Writable;
  /** Called with the error code when lines cannot be written: once for each outage. */
  readonly onWriteError: (code: string) => void;
  /** Called with the number of dropped lines as soon as lines can be written again. May write to the log. */
  readonly onDropped: (lines: number) => void;
};

/** At most this many bytes wait to be written. Further lines are dropped whole. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** Opens a writer for a file or a pipe. */
export function openLogWriter(options: LogWriterOptions): LogWriter {
  const stats = fstatSync(options.fd);
  return stats.isFIFO() || stats.isSocket() ? pipeWriter(options) : fileWriter(options);
}

/**
 * A line is in the file before `write` returns. If it cannot be written, for example because the disk is full, it is buffered, and
 * every further line tries again.
 */
function fileWriter({ fd, onWriteError, onDropped }: LogWriterOptions): LogWriter {
  const buffer: Buffer[] = [];
  let bufferedBytes = 0;
  /** How many bytes of the first buffered line are in the file: a disk can become full in the middle of a line. */
  let partialBytes = 0;
  let isFailing = false;
  let dropped = 0;

  const enqueue = (line: Buffer) => {
    buffer.push(line);
    bufferedBytes += line.length;
  };
  const flush = () => {
    let writtenLines = 0;
    try {
      for (const line of buffer) {
        while (partialBytes < line.length) partialBytes += writeSync(fd, line, partialBytes);
        partialBytes = 0;
        bufferedBytes -= line.length;
        writtenLines += 1;
      }
      isFailing = false;
    } catch (error) {
      if (!isFailing) onWriteError(errorCodeOrMessage(error));
      isFailing = true;
    }
    buffer.splice(0, writtenLines);
  };

  return {
    write: (text) => {
      const line = Buffer.from(text);
      flush();
      if (isFailing) {
        if (bufferedBytes + line.length > MAX_BUFFERED_BYTES) dropped += 1;
        else enqueue(line);
        return;
      }
      if (dropped > 0) {
        const lines = dropped;
        dropped = 0;
        onDropped(lines);
      }
      enqueue(line);
      flush();
    },
  };
}

/** Lines are buffered in memory until the reader takes them. Lines left unread when the reader closes the pipe are dropped. */
function pipeWriter({ stream, onWriteError, onDropped }: LogWriterOptions): LogWriter {
  let isFailing = false;
  let dropped = 0;

  const onWritten = (error: Error | null | undefined) => {
    if (error != null) {
      dropped += 1;
      if (!isFailing) onWriteError(errorCodeOrMessage(error));
      isFailing = true;
      return;
    }
    isFailing = false;
    if (dropped === 0) return;
    const lines = dropped;
    dropped = 0;
    onDropped(lines);
  };

  return {
    write: (text) => {
      const line = Buffer.from(text);
      if (stream.writableLength + line.length > MAX_BUFFERED_BYTES) dropped += 1;
      else stream.write(line, onWritten);
    },
  };
}
