import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openOutlet } from '../../src/sinks/log-writer.ts';
import type { Outlet } from '../../src/sinks/log-writer.ts';

type Opened = { readonly outlet: Outlet; readonly told: string[] };

/** An outlet that writes how many lines were lost, as a log does. */
function outletOf(fd: number, stream: Socket = new Socket()): Opened {
  const told: string[] = [];
  const outlet = openOutlet({
    fd,
    stream,
    onFault: (code) => void told.push(code),
    onLost: (lines) => outlet.write(`lost ${lines}\n`),
  });
  return { outlet, told };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-outlet-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Seventeen lines, of which sixteen have room. */
const lines = Array.from({ length: 17 }, (_, index) => `${String(index).padEnd(1024 * 1024 - 1, '.')}\n`);
/** What such lines begin with. */
const beginnings = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\.+$/, ''));

/** Makes an open file another one, as a disk that was full and has room again. */
function turnInto(fd: number, path: string): void {
  closeSync(fd);
  expect(openSync(path, 'a')).toBe(fd);
}

test.runIf(existsSync('/dev/full'))(
  'lines wait for a full disk, are written in order, and what was lost is told',
  () => {
    const path = join(temporaryFolder(), 'log');
    const fd = openSync('/dev/full', 'w');
    const { outlet, told } = outletOf(fd);
    for (const line of lines) outlet.write(line);
    outlet.write('short, but too late\n');
    expect(told).toEqual(['ENOSPC']);

    turnInto(fd, path);
    outlet.write('after\n');
    const kept = Array.from({ length: 16 }, (_, index) => String(index));
    expect(beginnings(readFileSync(path, 'utf8'))).toEqual([...kept, 'lost 2', 'after']);

    // Another outage is told again, and nothing is written twice.
    turnInto(fd, '/dev/full');
    outlet.write('kept\n');
    outlet.write('kept, too\n');
    expect(told).toEqual(['ENOSPC', 'ENOSPC']);
    turnInto(fd, path);
    outlet.write('last\n');
    closeSync(fd);
    expect(beginnings(readFileSync(path, 'utf8')).slice(17)).toEqual(['after', 'kept', 'kept, too', 'last']);
  },
);

type Pipe = { readonly fd: number; readonly stream: Socket; readonly read: () => string; readonly leave: () => void };

/** Both ends of a pipe; what is read is what is there. */
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
      return ''; // Nothing there now.
    }
  };
  return { fd, stream, read, leave: () => closeSync(reader) };
}

async function readUntil(read: () => string, end: string): Promise<string> {
  let text = '';
  for (; !text.endsWith(end); await sleep(1)) text += read();
  return text;
}

test('nobody reads a pipe: writing goes on at once, and a reader that comes later is told what was lost', async () => {
  const { fd, stream, read, leave } = pipe();
  const { outlet, told } = outletOf(fd, stream);
  for (const line of lines) outlet.write(line);
  for (let line = 0; line < 3; line += 1) outlet.write('x'.repeat(1024 * 1024));

  const text = await readUntil(read, 'lost 4\n');
  const kept = Array.from({ length: 16 }, (_, index) => String(index));
  expect(beginnings(text)).toEqual([...kept, 'lost 4']);
  outlet.write('after\n');
  expect(await readUntil(read, '\n')).toBe('after\n');
  expect(told).toEqual([]);
  leave();
});

test('the reader of a pipe goes away: that is told once, and writing goes on', async () => {
  const { fd, stream, leave } = pipe();
  const { outlet, told } = outletOf(fd, stream);
  leave();
  outlet.write('one\n');
  await expect.poll(() => told).toHaveLength(1);
  for (let line = 0; line < 3; line += 1) expect(() => outlet.write('more\n')).not.toThrow();
  await new Promise<void>((later) => void setImmediate(later));
  expect(told).toEqual(['EPIPE']);
});
