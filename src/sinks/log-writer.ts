import { fstatSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { errorCode } from '../core/base/errno.ts';

/** Where the lines of a log go. To write to it never throws, never waits for a reader, and ends nothing. */
export type Outlet = { readonly write: (line: string) => void };

export type OutletOptions = {
  /** The open file to write to. */
  readonly fd: number;
  /** The stream of that file: what is a pipe or a socket is written through it, for its reader may be slow, or stuck. */
  readonly stream: Writable;
  /** Told, by its code, what keeps lines from being written: once, until they can be written again. */
  readonly onFault: (code: string) => void;
  /** Told how many lines were dropped, as soon as there is room again. It may write. */
  readonly onLost: (lines: number) => void;
};

/** What waits to be written at the most; what comes on top of it is dropped. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;

export function openOutlet(options: OutletOptions): Outlet {
  const stats = fstatSync(options.fd);
  return stats.isFIFO() || stats.isSocket() ? pipeOutlet(options) : fileOutlet(options);
}

/**
 * A line is in the file before the call returns. Where it cannot be, as on a full disk, it is kept, and tried again with every line that
 * follows.
 */
function fileOutlet({ fd, onFault, onLost }: OutletOptions): Outlet {
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  /** How much of the first line that waits is in the file: a disk may become full within a line. */
  let begun = 0;
  let isFaulty = false;
  let lost = 0;

  const wait = (line: Buffer) => {
    waiting.push(line);
    waitingBytes += line.length;
  };
  const flush = () => {
    let done = 0;
    try {
      for (const line of waiting) {
        while (begun < line.length) begun += writeSync(fd, line, begun);
        begun = 0;
        waitingBytes -= line.length;
        done += 1;
      }
      isFaulty = false;
    } catch (error) {
      if (!isFaulty) onFault(errorCode(error));
      isFaulty = true;
    }
    waiting.splice(0, done);
  };

  return {
    write: (text) => {
      const line = Buffer.from(text);
      flush();
      if (isFaulty) {
        if (waitingBytes + line.length > MOST_WAITING_BYTES) lost += 1;
        else wait(line);
        return;
      }
      if (lost > 0) {
        const lines = lost;
        lost = 0;
        onLost(lines);
      }
      wait(line);
      flush();
    },
  };
}

/** Lines wait for their reader in the memory of the process, which goes on. Those that a reader who went away left are lost. */
function pipeOutlet({ stream, onFault, onLost }: OutletOptions): Outlet {
  let isFaulty = false;
  let lost = 0;

  const written = (error: Error | null | undefined) => {
    if (error != null) {
      lost += 1;
      if (!isFaulty) onFault(errorCode(error));
      isFaulty = true;
      return;
    }
    isFaulty = false;
    if (lost === 0) return;
    const lines = lost;
    lost = 0;
    onLost(lines);
  };

  return {
    write: (text) => {
      const line = Buffer.from(text);
      if (stream.writableLength + line.length > MOST_WAITING_BYTES) lost += 1;
      else stream.write(line, written);
    },
  };
}
