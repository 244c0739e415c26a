import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settingDocs } from '../../../src/config/setting-docs.ts';
import { flagOf } from '../../../src/config/settings.ts';
import { command, folderOf, temporaryFolder } from '../command.ts';

const hasShell = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;

/** Saves the script for a shell. */
async function scriptFor(shell: string): Promise<string> {
  const { code, stdout, stderr } = await command(['completion', shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const file = join(temporaryFolder(), `_vpc-reconciler`);
  writeFileSync(file, stdout);
  return file;
}

/** The words that each line offers. The last word is the one to complete. */
const LINES: readonly { readonly line: readonly string[]; readonly offers: readonly string[] }[] = [
  { line: ['val'], offers: ['validate'] },
  { line: ['plan', '--output', ''], offers: ['json', 'markdown', 'text'] },
  { line: ['plan', '--output', 'j'], offers: ['json'] },
  { line: ['run', '--mode', ''], offers: ['apply', 'detect'] },
  { line: ['apply', '--ye'], offers: ['--yes'] },
  { line: ['help', 'sch'], offers: ['schema'] },
  { line: ['schema', ''], offers: ['config', 'declaration'] },
  { line: ['completion', ''], offers: ['bash', 'fish', 'zsh'] },
  { line: ['emulate', '--seed', 'in'], offers: ['in-sync'] },
  { line: ['plan', '--only', ''], offers: [] },
];

/** Returns what bash offers. */
const completeInBash = (script: string, words: readonly string[], cwd: string) =>
  execFileSync(
    'bash',
    [
      '--norc',
      '-c',
      'source "$0"; COMP_WORDS=(vpc-reconciler "$@"); COMP_CWORD=$#; _vpc_reconciler; printf "%s\\n" "${COMPREPLY[@]}"',
      script,
      ...words,
    ],
    { encoding: 'utf8', cwd },
  )
    .split('\n')
    .filter((word) => word !== '')
    .toSorted();

describe('bash', () => {
  test.runIf(hasShell('bash')).for(LINES)('completes $line', async ({ line, offers }) => {
    expect(completeInBash(await scriptFor('bash'), line, temporaryFolder())).toEqual(offers);
  });

  test.runIf(hasShell('bash'))('completes --option=value, files with spaces, and folders', async () => {
    const script = await scriptFor('bash');
    const folder = folderOf({ 'a plan.json': '' });
    expect(completeInBash(script, ['plan', '--output', '=', 'm'], folder)).toEqual(['markdown']);
    expect(completeInBash(script, ['plan', '--output', '='], folder)).toEqual(['json', 'markdown', 'text']);
    expect(completeInBash(script, ['apply', 'a'], folder)).toEqual(['a plan.json']);
    expect(completeInBash(script, ['plan', '--services', ''], folder)).toEqual([]);
  });

  test.runIf(hasShell('bash'))('offers every flag of a command', async () => {
    const offered = completeInBash(await scriptFor('bash'), ['run', '--'], temporaryFolder());
    expect(offered).toEqual(
      expect.arrayContaining([
        ...settingDocs.filter(({ hasFlag }) => hasFlag).map(({ name }) => flagOf(name)),
        '--once',
        '--color',
        '--help',
      ]),
    );
  });
});

test.runIf(hasShell('fish')).for(LINES)('fish completes $line', async ({ line, offers }) => {
  const script = await scriptFor('fish');
  const typed = ['vpc-reconciler', ...line].join(' ');
  const output = execFileSync('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', script, typed], {
    encoding: 'utf8',
    cwd: temporaryFolder(),
    env: { ...process.env, HOME: temporaryFolder() },
  });
  const words = output.split('\n').flatMap((row) => row.split('\t')[0] || []);
  expect(words.toSorted()).toEqual(offers);
});

/** Types a line and a tab into an interactive zsh, which then prints the matches. */
const ZSH = String.raw`
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; fpath=(${'$'}{1:h} \$fpath); autoload -U compinit; compinit -u -D; source $1"
zpty -w shell "zstyle ':completion:*' list-colors; comppostfuncs=(report); report() { print -r -- \"<matches>\$compstate[nmatches]</matches>\" }"
zpty -w shell 'bindkey "^I" complete-word; print READY-NOW'
zpty -r -m shell out '*READY-NOW*READY-NOW*'
zpty -w -n shell "vpc-reconciler $2"$'\t'
zpty -r -m shell out '*</matches>*'
print -r -- $out
`;

test.runIf(hasShell('zsh')).for(LINES)('zsh completes $line', async ({ line, offers }) => {
  const script = await scriptFor('zsh');
  const output = execFileSync('zsh', ['-f', '-c', ZSH, 'zsh', script, line.join(' ')], {
    encoding: 'utf8',
    cwd: temporaryFolder(),
    timeout: 20_000,
  });
  expect(Number(/<matches>(\d+)<\/matches>/.exec(output)?.[1])).toBe(offers.length);
});

test('rejects another shell', async () => {
  const { code, stderr } = await command(['completion', 'tcsh']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Allowed choices are bash, zsh, fish') });
});
