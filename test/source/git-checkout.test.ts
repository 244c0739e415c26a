import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkoutState, revisionOf } from '../../src/source/git-checkout.ts';
import { temporaryFolder, write } from './folders.ts';
import { gitSync } from './git-sync.ts';
import { git } from './git.ts';

/** Creates a checkout with one commit, and returns the hash of the commit. */
function checkout(...options: readonly string[]): { readonly folder: string; readonly hash: string } {
  const folder = temporaryFolder();
  git(folder, 'init', '--quiet', ...options);
  write(folder, { 'services/deep/a.yaml': 'a' });
  return { folder, hash: commit(folder) };
}

function commit(folder: string): string {
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'a change');
  return git(folder, 'rev-parse', 'HEAD');
}

describe('the revision of a checkout is the commit', () => {
  test('of its branch, for every folder in it', () => {
    const { folder, hash } = checkout();
    expect(hash).toMatch(/^[0-9a-f]{40}$/);
    expect(revisionOf(folder)).toBe(hash);
    expect(revisionOf(join(folder, 'services'))).toBe(hash);
    expect(revisionOf(join(folder, 'services/deep'))).toBe(hash);
  });

  test('after a newer commit was made', () => {
    const { folder, hash } = checkout();
    const newer = commit(folder);
    expect(newer).not.toBe(hash);
    expect(revisionOf(folder)).toBe(newer);
  });

  test('of another branch, with a slash in its name', () => {
    const { folder } = checkout();
    git(folder, 'checkout', '--quiet', '-b', 'team/orders');
    const hash = commit(folder);
    expect(revisionOf(folder)).toBe(hash);
    git(folder, 'checkout', '--quiet', 'main');
    expect(revisionOf(folder)).not.toBe(hash);
  });

  test('without a branch', () => {
    const { folder, hash } = checkout();
    commit(folder);
    git(folder, 'checkout', '--quiet', '--detach', hash);
    expect(revisionOf(folder)).toBe(hash);
  });

  test('of packed refs', () => {
    const { folder, hash } = checkout();
    git(folder, 'branch', 'a/main', 'HEAD');
    git(folder, 'tag', '--annotate', '--message', 'x', 'v1');
    git(folder, 'pack-refs', '--all', '--prune');
    expect(existsSync(join(folder, '.git/refs/heads/main'))).toBe(false);
    expect(revisionOf(folder)).toBe(hash);
    const newer = commit(folder);
    expect(revisionOf(folder)).toBe(newer);
  });

  test('of a worktree, on a branch and without one, packed or not', () => {
    const { folder } = checkout();
    const place = temporaryFolder();
    const [branch, detached] = [join(place, 'branch'), join(place, 'detached')];
    git(folder, 'worktree', 'add', '--quiet', '-b', 'side', branch);
    git(folder, 'worktree', 'add', '--quiet', '--detach', detached);
    const [onBranch, onNone, onMain] = [commit(branch), commit(detached), commit(folder)];
    for (const pack of [false, true]) {
      if (pack) git(folder, 'pack-refs', '--all', '--prune');
      expect(revisionOf(join(branch, 'services'))).toBe(onBranch);
      expect(revisionOf(detached)).toBe(onNone);
      expect(revisionOf(folder)).toBe(onMain);
    }
  });

  test('in SHA-256', () => {
    const { folder, hash } = checkout('--object-format=sha256');
    expect(hash).toHaveLength(64);
    expect(revisionOf(folder)).toBe(hash);
  });
});

describe('the revision of git-sync', () => {
  test('is the name of the worktree', () => {
    const sync = gitSync(temporaryFolder());
    const hash = sync.publish({ 'services/a.yaml': 'a' });
    expect(revisionOf(join(sync.root, '.worktrees', hash))).toBe(hash);
    expect(revisionOf(join(sync.root, '.worktrees', hash, 'services'))).toBe(hash);
  });

  test('is read from the worktree if the path does not contain it', () => {
    const { root, ...sync } = gitSync(temporaryFolder());
    const hash = sync.publish({ 'a.yaml': 'a' });
    renameSync(join(root, '.worktrees'), join(root, 'mounted'));
    expect(revisionOf(join(root, 'mounted', hash))).toBe(hash);
  });
});

describe('there is no revision', () => {
  test('outside a checkout', () => {
    expect(revisionOf(temporaryFolder())).toBeNull();
    expect(revisionOf(join(temporaryFolder(), 'gone'))).toBeNull();
  });

  test('before the first commit', () => {
    const folder = temporaryFolder();
    git(folder, 'init', '--quiet');
    expect(revisionOf(folder)).toBeNull();
  });

  test.each([
    { files: { '.git/HEAD': '' }, reason: 'HEAD is being written' },
    {
      files: { '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main': '' },
      reason: 'the branch is being written',
    },
    {
      files: { '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main/x': '' },
      reason: 'the branch is a folder',
    },
    {
      files: { '.git/HEAD': 'ref: refs/heads/main\n', '.git/packed-refs': 'odd refs/heads/main\n' },
      reason: 'packed-refs is malformed',
    },
    { files: { '.git/config': '' }, reason: 'HEAD is missing' },
    { files: { '.git': 'gitdir: gone\n' }, reason: 'the .git file points to a missing folder' },
    { files: { '.git': '' }, reason: 'the .git file is empty' },
    { files: { '.git': 'gitdir: .\n', HEAD: 'x' }, reason: 'the .git file points to a folder that is no repository' },
  ])('when $reason', ({ files }) => {
    const folder = temporaryFolder();
    write(folder, { ...files });
    expect(revisionOf(folder)).toBeNull();
  });

  test('when .git is a broken link or a loop of links', () => {
    const folder = temporaryFolder();
    symlinkSync('gone', join(folder, '.git'));
    expect(revisionOf(folder)).toBeNull();
    mkdirSync(join(folder, 'services'));
    symlinkSync('.git', join(folder, 'services/.git'));
    expect(revisionOf(join(folder, 'services'))).toBeNull();
  });

  test('while HEAD cannot be read, and again when it can', () => {
    const { folder, hash } = checkout();
    const head = join(folder, '.git/HEAD');
    const text = readFileSync(head);
    rmSync(head);
    expect(revisionOf(folder)).toBeNull();
    writeFileSync(head, text);
    expect(revisionOf(folder)).toBe(hash);
  });
});

describe('files that others may have written neither block nor fill memory', () => {
  const head = { '.git/HEAD': 'ref: refs/heads/main\n' };

  /** Puts something at a path that is not a file with one line. */
  const OBSTACLES: Readonly<Record<string, (path: string) => void>> = {
    'a pipe': (path) => void execFileSync('mkfifo', [path]),
    'a link to a device without end': (path) => symlinkSync('/dev/zero', path),
    'a file of a terabyte': (path) => {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 40);
    },
  };
  const PLACES = [
    { place: '.git', files: {} },
    { place: '.git/HEAD', files: { '.git/config': '' } },
    { place: '.git/commondir', files: head },
    { place: '.git/refs/heads/main', files: { ...head, '.git/refs/heads/other': '' } },
    { place: '.git/packed-refs', files: head },
  ];

  test.each(Object.keys(OBSTACLES).flatMap((kind) => PLACES.map((place) => ({ kind, ...place }))))(
    '$kind at $place',
    ({ kind, place, files }) => {
      const folder = temporaryFolder();
      write(folder, { 'services/a.yaml': 'a', ...files });
      OBSTACLES[kind]?.(join(folder, place));
      const before = process.memoryUsage().rss;
      expect(revisionOf(join(folder, 'services'))).toBeNull();
      expect(checkoutState(join(folder, 'services')).isBusy).toBe(false);
      expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    },
  );

  test('a reference outside refs', () => {
    const folder = temporaryFolder();
    const hash = 'a'.repeat(40);
    write(folder, { '.git/HEAD': 'ref: refs/../../secret\n', secret: hash });
    expect(revisionOf(folder)).toBeNull();
    write(folder, { '.git/HEAD': 'ref: secret\n', '.git/secret': hash });
    expect(revisionOf(folder)).toBeNull();
  });

  test('packed references of several megabytes are read', () => {
    const folder = temporaryFolder();
    const refs = Array.from({ length: 60_000 }, (_, index) => `${'b'.repeat(40)} refs/tags/v${index}\n`).join('');
    write(folder, { ...head, '.git/packed-refs': `${refs}${'c'.repeat(40)} refs/heads/main\n` });
    expect(revisionOf(folder)).toBe('c'.repeat(40));
  });
});

describe.runIf(process.geteuid?.() === 0)('a checkout of another user', () => {
  const hash = 'a'.repeat(40);

  /** Creates a folder with a checkout around it that another user owns and keeps locked. */
  const foreign = () => {
    const folder = temporaryFolder();
    write(folder, { 'team/services/a.yaml': 'a', '.git/HEAD': hash, '.git/index.lock': '' });
    chownSync(join(folder, '.git'), 12_345, 12_345);
    return folder;
  };

  test('is ignored, as git ignores it', () => {
    const folder = foreign();
    const services = join(folder, 'team/services');
    expect(revisionOf(services)).toBeNull();
    expect(checkoutState(services)).toEqual({ isBusy: false, identity: '' });
  });

  test('is ignored if a link or a .git file leads to it', () => {
    const folder = foreign();
    symlinkSync('../.git', join(folder, 'team/.git'));
    expect(revisionOf(join(folder, 'team/services'))).toBeNull();
    rmSync(join(folder, 'team/.git'));
    write(folder, { 'team/.git': 'gitdir: ../.git\n' });
    expect(revisionOf(join(folder, 'team/services'))).toBeNull();
  });

  test('counts if the same user owns the folder of declarations, as with git-sync', () => {
    const folder = foreign();
    chownSync(join(folder, 'team/services'), 12_345, 12_345);
    expect(revisionOf(join(folder, 'team/services'))).toBe(hash);
    expect(checkoutState(join(folder, 'team/services')).isBusy).toBe(true);
  });
});
