import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openLogWriter } from '../../src/sinks/log-writer.ts';
import type { LogWriter } from '../../src/sinks/log-writer.ts';
import { openOutput } from '../../src/sinks/output.ts';

type Opened = { readonly writer: LogWriter; readonly faults: string[]; readonly flushed: () => Promise<void> };

/** Opens a writer that writes the number of dropped lines, as the log does. */
function openWriter(fd: number, stream: Socket = new Socket()): Opened {
  const faults: string[] = [];
  const output = openOutput({ fd, stream });
  const writer = openLogWriter({
    output,
    retryMs: 10,
    onWriteError: (code) => void faults.push(code),
    onDropped: (lines) => writer.write(`dropped ${lines}\n`),
  });
  return { writer, faults, flushed: output.flushed };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-log-writer-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** 17 lines of 1 MiB. The buffer holds 16 of them. */
const lines = Array.from({ length: 17 }, (_, index) => `${String(index).padEnd(1024 * 1024 - 1, '.')}\n`);
/** The numbers with which such lines begin. */
const beginnings = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\.+$/, ''));

/** Makes an open file descriptor refer to another file, like a full disk that has space again. */
function redirect(fd: number, path: string): void {
  closeSync(fd);
  expect(openSync(path, 'a')).toBe(fd);
}

test.runIf(existsSync('/dev/full'))(
  'buffers lines while the disk is full, writes them in order when it has space, and reports how many were dropped',
  async () => {
    const path = join(temporaryFolder(), 'log');
    const fd = openSync('/dev/full', 'w');
    const { writer, faults, flushed } = openWriter(fd);
    for (const line of lines) writer.write(line);
    writer.write('short, and still dropped\n');
    await flushed();
    expect(faults).toEqual(['ENOSPC']);

    // The disk is tried again without a further line.
    redirect(fd, path);
    const kept = Array.from({ length: 16 }, (_, index) => String(index));
    await expect.poll(() => readFileSync(path, 'utf8').slice(-10), { timeout: 30_000 }).toBe('dropped 2\n');
    writer.write('after\n');
    await flushed();
    expect(beginnings(readFileSync(path, 'utf8'))).toEqual([...kept, 'dropped 2', 'after']);

    // The next outage is reported as well, and no line is written twice.
    redirect(fd, '/dev/full');
    writer.write('kept\n');
    writer.write('kept as well\n');
    await flushed();
    expect(faults).toEqual(['ENOSPC', 'ENOSPC']);
    redirect(fd, path);
    writer.write('last\n');
    await expect.poll(() => readFileSync(path, 'utf8').slice(-6), { timeout: 30_000 }).toBe('\nlast\n');
    closeSync(fd);
    expect(beginnings(readFileSync(path, 'utf8')).slice(17)).toEqual(['after', 'kept', 'kept as well', 'last']);
  },
);

type Pipe = {
  readonly fd: number;
  readonly stream: Socket;
  readonly read: () => string;
  readonly closeReader: () => void;
};

/** Opens both ends of a pipe. `read` returns the text that is available. */
function pipe(): Pipe {
  const path = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, 'w');
  const stream = new Socket({ fd, readable: false, writable: true });
  stream.on('error', () => {});
  onTestFinished(() => void stream.destroy());
  const read = () => {
    const buffer = Buffer.alloc(1024 * 1024);
    try {
      return buffer.toString('utf8', 0, readSync(reader, buffer));
    } catch {
      return ''; // The pipe is empty.
    }
  };
  return { fd, stream, read, closeReader: () => closeSync(reader) };
}

async function readUntil(read: () => string, end: string): Promise<string> {
  let text = '';
  for (; !text.endsWith(end); await sleep(1)) text += read();
  return text;
}

test('does not block on a pipe without a reader, and reports to a later reader how many lines were dropped', async () => {
  const { fd, stream, read, closeReader } = pipe();
  const { writer, faults } = openWriter(fd, stream);
  for (const line of lines) writer.write(line);
  for (let line = 0; line < 3; line += 1) writer.write('x'.repeat(1024 * 1024));

  const text = await readUntil(read, 'dropped 4\n');
  const kept = Array.from({ length: 16 }, (_, index) => String(index));
  expect(beginnings(text)).toEqual([...kept, 'dropped 4']);
  writer.write('after\n');
  expect(await readUntil(read, '\n')).toBe('after\n');
  expect(faults).toEqual([]);
  closeReader();
});

test('reports once that the reader closed the pipe, and accepts further lines', async () => {
  const { fd, stream, closeReader } = pipe();
  const { writer, faults } = openWriter(fd, stream);
  closeReader();
  writer.write('one\n');
  await expect.poll(() => faults).toHaveLength(1);
  for (let line = 0; line < 3; line += 1) expect(() => writer.write('more\n')).not.toThrow();
  await new Promise<void>((later) => void setImmediate(later));
  expect(faults).toEqual(['EPIPE']);
});
