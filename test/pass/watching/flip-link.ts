/*
 * Switches a link between two worktrees as git-sync does: flip-link.ts ROOT MILLISECONDS. It runs in its own process, so that the link
 * changes while the daemon reads. Each file of a worktree declares the worktree's mark as its port. Prints the last mark.
 */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { declaration } from './web-service.ts';

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
