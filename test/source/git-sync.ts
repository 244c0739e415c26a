import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { write } from './folders.ts';
import { git } from './git.ts';

/*
 * The files and links of git-sync (https://github.com/kubernetes/git-sync, v4):
 *
 *   root/.git                      a repository without checked-out files
 *   root/.worktrees/<hash>/        the worktree of the published commit; the old one is removed at once, or after a timeout
 *   root/<link> -> .worktrees/<hash>
 */

export type GitSync = {
  readonly root: string;
  /** The path to watch: `root/link`. */
  readonly link: string;
  /** Commits these files as the whole content of the repository, publishes the commit, and returns its hash. */
  readonly publish: (files: Readonly<Record<string, string>>, options?: PublishOptions) => string;
};

/** Whether the old worktree is removed. git-sync removes it at once unless `--stale-worktree-timeout` is set. */
export type PublishOptions = { readonly stale: 'removed' | 'kept' };

/** Sets up git-sync with a repository of its own in an empty folder. The link does not exist before the first publish. */
export function gitSync(folder: string): GitSync {
  const upstream = join(folder, 'upstream');
  const root = join(folder, 'root');
  for (const repository of [upstream, root]) {
    mkdirSync(repository);
    git(repository, 'init', '--quiet');
  }
  const link = join(root, 'link');

  const commit = (files: Readonly<Record<string, string>>): string => {
    for (const name of readdirSync(upstream)) {
      if (name !== '.git') rmSync(join(upstream, name), { recursive: true });
    }
    write(upstream, files);
    git(upstream, 'add', '--all');
    git(upstream, 'commit', '--quiet', '--allow-empty', '--message', 'a change');
    return git(upstream, 'rev-parse', 'HEAD');
  };

  return {
    root,
    link,
    publish: (files, { stale } = { stale: 'removed' }) => {
      const hash = commit(files);
      const worktree = join(root, '.worktrees', hash);
      const old = existsSync(link) ? join(root, readlinkSync(link)) : null;

      git(root, 'fetch', '--quiet', '--depth=1', '--no-auto-gc', upstream, hash);
      git(root, 'reset', '--quiet', '--soft', hash);
      git(root, 'worktree', 'add', '--force', '--detach', '--no-checkout', worktree, hash);
      // Relative, so that it is valid in another mount as well.
      writeFileSync(join(worktree, '.git'), `gitdir: ../../.git/worktrees/${hash}\n`);
      git(worktree, 'reset', '--quiet', '--hard', hash);

      symlinkSync(join('.worktrees', hash), join(root, 'tmp-link'));
      renameSync(join(root, 'tmp-link'), link);

      if (old !== null) {
        const now = new Date();
        utimesSync(old, now, now);
      }
      for (const name of readdirSync(join(root, '.worktrees'))) {
        if (stale === 'removed' && name !== basename(worktree))
          rmSync(join(root, '.worktrees', name), { recursive: true });
      }
      git(root, 'worktree', 'prune');
      return hash;
    },
  };
}
