import { escapeControlCharacters } from '../core/base/text/escape.ts';

/**
 * Returns commander's message about wrong usage as one line, without values that could be a secret in the wrong place. Names the option
 * or the command to use instead of one that other tools have. `commandName` is the command that was typed, and `options` are its options.
 */
export function describeUsageError(text: string, commandName: string, options: readonly string[]): string {
  const message = removeValues(shortenArgumentError(joinLines(text)));
  return escapeControlCharacters(nameAlternative(message, commandName, options));
}

/** Options of other tools, and what to use instead: the first option that the command has, or a sentence. */
const ALTERNATIVES: readonly { readonly typed: readonly string[]; readonly use: readonly string[] }[] = [
  { typed: ['--auto-approve', '--approve', '--force', '--no-confirm', '--assume-yes'], use: ['--yes'] },
  { typed: ['-o', '--format', '--json', '-j'], use: ['--output'] },
  {
    typed: ['-f', '--filename', '--file', '--dir', '--directory', '--folder', '--path', '-d', '-R'],
    use: ['--services'],
  },
  { typed: ['-c', '--config-file', '--settings', '--var-file'], use: ['--config'] },
  { typed: ['--target', '--filter', '--selector', '-l', '--name', '--service'], use: ['--only'] },
  { typed: ['--no-color', '--no-colors', '--colors', '--colour'], use: ['--color'] },
  { typed: ['-v', '--verbose', '--debug', '-q', '--quiet', '--silent'], use: ['--log-level'] },
  { typed: ['--parallelism', '--jobs', '--max-workers'], use: ['--concurrency'] },
  { typed: ['--timeout'], use: ['--pass-timeout', '--request-timeout'] },
  { typed: ['--listen', '--port', '-p', '--addr', '--address'], use: ['--http-listen'] },
  { typed: ['--poll-interval', '--period', '--sync-interval'], use: ['--interval'] },
];

const CREDENTIALS = new Set(['--token', '--api-token', '--api-key', '--email', '--account-id', '--base-url']);

const DRY_RUN = new Set(['--dry-run', '--check', '-n', '--what-if', '--noop']);

/** Replaces the suggestion of commander by the option to use, if another tool has the option that was typed. */
function nameAlternative(message: string, commandName: string, options: readonly string[]): string {
  const [, flag = ''] = /^unknown option '(.*?)'/.exec(message) ?? [];
  const advice = adviceFor(flag, commandName, options);
  return advice === null ? message : `unknown option '${flag}'; ${advice}`;
}

function adviceFor(flag: string, commandName: string, options: readonly string[]): string | null {
  if (DRY_RUN.has(flag)) {
    if (commandName === 'apply') return 'use the command plan, which writes nothing';
    return options.includes('--mode') ? 'use --mode detect, which writes nothing' : null;
  }
  if (CREDENTIALS.has(flag)) return 'the account and its credentials come from environment variables';
  const alternative = ALTERNATIVES.find(({ typed }) => typed.includes(flag))?.use.find((name) =>
    options.includes(name),
  );
  return alternative === undefined ? null : `use ${alternative}`;
}

/** Removes the prefix `error:`, and appends the suggestion that commander writes on a second line. */
function joinLines(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replace(/\.?\n/, ' ')
    .replace('(Did you', '(did you')
    .replace(/\.$/, '');
}

function shortenArgumentError(text: string): string {
  return text.replace(
    /^command-argument value '(.*)' is invalid for argument '(\w+)'/s,
    (_, value: string, argument: string) =>
      NAME.test(value)
        ? `argument '${value}' is invalid for [${argument}]`
        : `the argument is invalid for [${argument}]`,
  );
}

/** Removes the values that commander quotes, because a user can type a token in the wrong place. Names of options and commands stay. */
function removeValues(text: string): string {
  return text
    .replace(/(unknown (?:option|command)) '(.*)'/s, (_, problem: string, value: string) => {
      const name = value.replace(/=.*/s, '');
      return NAME.test(name) ? `${problem} '${name}'` : problem;
    })
    .replace(/( but got \d+): .*/s, '$1');
}

/** Matches every possible name of an option or a command. */
const NAME = /^(?=.{1,24}$)(?:-[a-z]|(?:--)?[a-z]+(?:-[a-z]+)*)$/i;
