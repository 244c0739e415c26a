/*
 * Flips a link between two worktrees as git-sync does, in a process of its own, so that it happens while the daemon reads:
 * flipper.ts ROOT MILLISECONDS. All files of a worktree carry its mark as their port. Prints the last mark.
 */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { declaration } from './living.ts';

const [root = '', milliseconds = ''] = process.argv.slice(2);
const FILES = 200;
const PAUSE_MS = 40;
const hashOf = (mark: number) => String(mark).repeat(10);

let mark = 1001;
const end = performance.now() + Number(milliseconds);
while (performance.now() < end) {
  const next = mark === 1001 ? 1002 : 1001;
  const worktree = join(root, '.worktrees', hashOf(next));
  mkdirSync(worktree, { recursive: true });
  for (let number = 0; number < FILES; number += 1) {
    writeFileSync(join(worktree, `${number}.yaml`), declaration(number, next));
  }
  symlinkSync(join('.worktrees', hashOf(next)), join(root, 'tmp-link'));
  renameSync(join(root, 'tmp-link'), join(root, 'link'));
  rmSync(join(root, '.worktrees', hashOf(mark)), { recursive: true, force: true });
  mark = next;
  await sleep(PAUSE_MS);
}
process.stdout.write(String(mark));
