import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { describeSystemError, systemErrorCode } from '../core/base/errno.ts';

/** Which file was read, and when it was written and changed. */
export type FileStamp = {
  readonly ino: number;
  readonly birthtimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
};

/** The bytes of a file, or why it cannot be used. */
export type FileContent = { readonly bytes: Buffer; readonly stamp?: FileStamp } | { readonly fault: string };

const MAX_FILE_BYTES = 1024 * 1024;

/** Opening must have no side effects: it must not wait for the writer of a pipe, and not make a terminal the controlling terminal. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Shared by all reads, because allocating a buffer for each of thousands of files takes longer than copying. */
const readBuffer = Buffer.allocUnsafeSlow(MAX_FILE_BYTES + 1);

const NOT_A_FILE = 'expected a regular file, found a device, a pipe or a socket';

/** Reads a file of at most `maxBytes`. Throws the system's error if nothing is at the path. */
export function readFile(path: string, maxBytes = MAX_FILE_BYTES): FileContent {
  let file: number;
  try {
    file = openSync(path, OPEN_FLAGS);
  } catch (error) {
    if (isNotFound(error)) throw error;
    // A socket cannot be opened.
    return statSync(path).isFile() ? unreadable(error) : { fault: NOT_A_FILE };
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return { fault: NOT_A_FILE };
    if (stats.size > maxBytes) return tooLarge(stats.size, maxBytes);
    const buffer = stats.size < readBuffer.length ? readBuffer : Buffer.allocUnsafeSlow(stats.size + 1);
    // Files in /proc report a size of 0, and a file can grow.
    const length = readSync(file, buffer, 0, Math.min(buffer.length, maxBytes + 1), 0);
    if (length > maxBytes) return tooLarge(length, maxBytes);
    const { ino, birthtimeMs, mtimeMs, ctimeMs } = stats;
    return { bytes: Buffer.from(buffer.subarray(0, length)), stamp: { ino, birthtimeMs, mtimeMs, ctimeMs } };
  } catch (error) {
    return unreadable(error);
  } finally {
    closeSync(file);
  }
}

/** Returns the content of a file that was read already. */
export function asFile(bytes: Buffer): FileContent {
  return bytes.length > MAX_FILE_BYTES ? tooLarge(bytes.length, MAX_FILE_BYTES) : { bytes };
}

function tooLarge(bytes: number, maxBytes: number): { readonly fault: string } {
  const found = inMebibytes(bytes).toFixed(1);
  return { fault: `expected at most ${inMebibytes(maxBytes)} MiB, found ${found} MiB; split the file` };
}

/** Returns a size in MiB, rounded up to tenths. */
function inMebibytes(bytes: number): number {
  return Math.ceil((bytes / MAX_FILE_BYTES) * 10) / 10;
}

/** Returns the result for a file that exists but cannot be read. */
export function unreadable(error: unknown): { readonly fault: string } {
  return { fault: `cannot be read: ${describeSystemError(error)}` };
}

/** Whether an error means that nothing is at the path. */
export function isNotFound(error: unknown): boolean {
  return systemErrorCode(error) === 'ENOENT';
}
