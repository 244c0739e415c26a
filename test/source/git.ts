import { execFileSync } from 'node:child_process';

/** Runs git in a folder and gives what it prints. Nobody's settings have a say in it, and no surrounding git either. */
export function git(folder: string, ...words: readonly string[]): string {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'somebody',
    GIT_AUTHOR_EMAIL: 'somebody@example.com',
    GIT_COMMITTER_NAME: 'somebody',
    GIT_COMMITTER_EMAIL: 'somebody@example.com',
  };
  const settings = ['-c', 'init.defaultBranch=main', '-c', 'gc.auto=0', '-c', 'safe.directory=*'];
  return execFileSync('git', [...settings, ...words], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' }).trim();
}
