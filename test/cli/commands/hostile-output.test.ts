import { expect, test } from 'vitest';
import { command, emulated, folderOf, accountAt, web } from '../command.ts';

const HOSTILE = 'a\u202eb ##[error]c';
const RAW = /\u202e|##\[/;

test('prints no command of GitHub Actions and no direction marks that a file contains', async () => {
  const folder = folderOf({ '::error file=x::.yaml': 'name: 1', 'b.yaml': web({ name: HOSTILE, wrong: true }) });
  for (const output of ['text', 'json', 'gitlab']) {
    const { stdout, stderr } = await command(['validate', '--services', folder, '--output', output]);
    expect(stdout + stderr).not.toMatch(RAW);
    expect(stdout + stderr).not.toMatch(/^\s*::/m);
  }
});

test('prints none that a name in the account contains', async () => {
  const { url } = await emulated({ services: [web({ name: HOSTILE })] });
  const folder = folderOf({ 'web.yaml': web() });
  for (const output of ['text', 'json', 'markdown']) {
    const { stdout } = await command(['plan', '--services', folder, '--output', output], {
      environment: accountAt(url),
    });
    expect(stdout).toContain('error');
    expect(stdout).not.toMatch(RAW);
    if (output === 'json') expect(JSON.stringify(JSON.parse(stdout))).toContain(HOSTILE);
  }
});
