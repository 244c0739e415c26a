import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { expect, onTestFinished } from 'vitest';
import { temporaryFolder } from './folders.ts';

/** Why tests cannot mount a folder here; null if they can. */
export const noFuse: string | null =
  spawnSync('bindfs', ['--version']).error !== undefined
    ? 'bindfs is not installed'
    : !existsSync('/dev/fuse')
      ? '/dev/fuse is missing'
      : null;

export type Mount = {
  readonly path: string;
  /** Stops the file system: whatever uses it is blocked until `resume`. */
  readonly hang: () => void;
  readonly resume: () => void;
};

/** Mounts a folder through a process that can be stopped. It is unmounted when the test ends. */
export async function mounted(folder: string, path = temporaryFolder()): Promise<Mount> {
  const server = spawn('bindfs', ['-f', '-o', 'attr_timeout=0,entry_timeout=0', folder, path], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  onTestFinished(async () => {
    server.kill('SIGCONT');
    spawnSync('umount', ['--lazy', path]);
    server.kill('SIGTERM');
    await ended;
  });
  await expect
    .poll(() => readFileSync('/proc/self/mountinfo', 'utf8'), { timeout: 10_000 })
    .toContain(` ${path.replaceAll(' ', String.raw`\040`)} `);
  return { path, hang: () => void server.kill('SIGSTOP'), resume: () => void server.kill('SIGCONT') };
}
