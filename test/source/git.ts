import { execFileSync } from 'node:child_process';

/** Runs git in a folder and returns its output. Ignores the settings of the user, of the system, and of a surrounding git process. */
export function git(folder: string, ...args: readonly string[]): string {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.com',
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.com',
  };
  const settings = ['-c', 'init.defaultBranch=main', '-c', 'gc.auto=0', '-c', 'safe.directory=*'];
  return execFileSync('git', [...settings, ...args], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' }).trim();
}
