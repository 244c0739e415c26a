import { join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { settingDocs } from '../../src/config/setting-docs.ts';
import { flagOf } from '../../src/config/settings.ts';
import { command, folderOf, SECRET } from './command.ts';

/** The commands that have settings, and all commands. */
const COMMANDS = ['run', 'plan', 'apply', 'validate', 'import', 'emulate'] as const;
const EVERY_COMMAND = [...COMMANDS, 'status', 'get', 'wait', 'pause', 'resume', 'schema', 'completion'] as const;

test.for(['--version', '-V'])('%s prints the version and nothing else', async (flag) => {
  expect(await command([flag])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
});

test.for([[], ...EVERY_COMMAND.map((name) => [name])])(
  'prints the help of %j to stdout, 80 columns wide',
  async (line) => {
    const { code, stdout, stderr } = await command([...line, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const row of stdout.split('\n')) expect(row.length).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/^Usage: vpc-reconciler /);
  },
);

test.for(EVERY_COMMAND)('help %s prints the same as %s --help', async (name) => {
  expect(await command(['help', name])).toEqual(await command([name, '--help']));
});

test.for(
  [50, 60, 80, 100].flatMap((columns) =>
    [[], ...EVERY_COMMAND.map((name) => [name])].map((line) => ({ columns, line })),
  ),
)('wraps the help of $line at $columns columns', async ({ columns, line }) => {
  const rows = (await command([...line, '--help'], { columns })).stdout.split('\n');
  // Command lines are never wrapped.
  const commandLine = /^ {2}(?:VPC_RECONCILER_\w+=|vpc-reconciler |# )/;
  for (const row of rows.filter((each) => !commandLine.test(each))) expect(row.length).toBeLessThanOrEqual(columns);
  expect(Math.max(...rows.map((row) => row.length))).toBeGreaterThan(columns - 20);
});

test.for([0, 1000])('limits the width of the help on a terminal of %i columns', async (columns) => {
  const rows = (await command(['run', '--help'], { columns })).stdout.split('\n');
  expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(100);
});

test('prints the meaning of a term below it where the terminal is narrow', async () => {
  const { stdout } = await command(['run', '--help'], { columns: 60 });
  expect(stdout).toContain(
    '\n  --once\n      Exit when all services are in sync, or when a pass\n      cannot bring them in sync\n',
  );
});

test('shows the kind of value of every setting, and examples of a duration', async () => {
  const { stdout } = await command(['run', '--help']);
  for (const flag of [
    '--services <folder>',
    '--include <globs>',
    '--allow-empty [true|false]',
    '--mode <mode>',
    '--interval <duration>',
    '--schedule <cron>',
    '--settle <duration>',
    '--request-budget <rates>',
    '--concurrency <number>',
    '--max-changes <number>',
    '--unknown-fields <policy>',
    '--log-level <level>',
    '--log-format <format>',
  ]) {
    expect(stdout).toContain(`  ${flag} `);
  }
  expect(stdout.match(/Examples of a <duration>\s+are\s+500ms,\s+2s,\s+5m\s+and\s+1h/g)).toHaveLength(1);
  expect((await command(['validate', '--help'])).stdout).not.toContain('<duration>');
});

test.for([[], ...EVERY_COMMAND.map((name) => [name])])('the examples in the help of %j are valid', async (line) => {
  const { stdout } = await command([...line, '--help']);
  const [, examples = ''] = /^Examples:\n((?: {2}.*\n)+)/m.exec(stdout) ?? [];
  const lines = [...examples.matchAll(/^ {2}vpc-reconciler (.*?)(?: > .*)?$/gm)].map(([, words = '']) => words);
  expect(lines.length).toBeGreaterThan(0);
  // --print-config takes effect after the usage is checked and before the command runs.
  for (const each of lines.map(wordsOf)) {
    const only = ['schema', 'completion'].includes(each[0] ?? '') ? [] : ['--print-config'];
    expect(await command([...each, ...only])).toMatchObject({ code: 0, stderr: '' });
  }
});

/** Splits a command line, in which words with spaces have double quotes. */
function wordsOf(line: string): readonly string[] {
  return (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
}

test('lists every command, and for run every setting with its default', async () => {
  const all = (await command(['--help'])).stdout;
  for (const name of EVERY_COMMAND) expect(all).toMatch(new RegExp(`^  ${name} `, 'm'));
  const ofRun = (await command(['run', '--help'])).stdout.replaceAll(/\s+/g, ' ');
  for (const { name, description, defaultText, hasFlag } of settingDocs) {
    expect(ofRun.includes(`${flagOf(name)} `)).toBe(hasFlag);
    if (!hasFlag) continue;
    expect(ofRun).toContain(`${description} (default: ${defaultText})`.replaceAll(/\s+/g, ' '));
  }
});

test.for(EVERY_COMMAND)('the help of %s lists the exit codes', async (name) => {
  expect((await command([name, '--help'])).stdout).toMatch(/^Exit codes:\n {2}0 {2}\w/m);
});

test.for([
  { line: ['apply', '--dry-run'], advice: "unknown option '--dry-run'; use the command plan, which writes nothing" },
  { line: ['run', '--dry-run'], advice: "unknown option '--dry-run'; use --mode detect, which writes nothing" },
  { line: ['apply', '--auto-approve'], advice: "unknown option '--auto-approve'; use --yes" },
  { line: ['plan', '-o', 'json'], advice: "unknown option '-o'; use --output" },
  { line: ['validate', '-o', 'json'], advice: "unknown option '-o'; use --output" },
  { line: ['plan', '--json'], advice: "unknown option '--json'; use --output" },
  { line: ['apply', '-f', 'services'], advice: "unknown option '-f'; use --services" },
  { line: ['plan', '--target=web'], advice: "unknown option '--target'; use --only" },
  { line: ['run', '--no-color'], advice: "unknown option '--no-color'; use --color" },
  { line: ['run', '--verbose'], advice: "unknown option '--verbose'; use --log-level" },
  {
    line: ['plan', `--token=${SECRET}`],
    advice: "unknown option '--token'; the account and its credentials come from environment variables",
  },
  { line: ['validate', '--target', 'web'], advice: "unknown option '--target'" },
  { line: ['schema', '--dry-run'], advice: "unknown option '--dry-run'" },
])('$line is answered with the right word', async ({ line, advice }) => {
  expect(await command(line)).toEqual({ code: 1, stdout: '', stderr: `vpc-reconciler: ${advice}; see --help\n` });
});

test.for([
  { line: ['frobnicate'], message: "unknown command 'frobnicate'" },
  { line: ['plann'], message: "unknown command 'plann' (did you mean plan?)" },
  { line: ['plan', '--servces', 'x'], message: "unknown option '--servces' (did you mean --services?)" },
  { line: ['validate', '--interval', '5m'], message: "unknown option '--interval'" },
  { line: ['plan', 'services'], message: "too many arguments for 'plan'. Expected 0 arguments but got 1" },
  { line: ['plan', '--services'], message: "option '--services <folder>' argument missing" },
  {
    line: ['plan', '--output', 'xml'],
    message: "option '--output <format>' argument 'xml' is invalid. Allowed choices are text, json, markdown",
  },
  {
    line: ['emulate', '--seed', 'x'],
    message: "option '--seed <state>' argument 'x' is invalid. Allowed choices are drifted, in-sync, empty",
  },
  {
    line: ['schema', 'confg'],
    message: "argument 'confg' is invalid for [kind]. Allowed choices are declaration, config",
  },
  ...['-1', '65536', '1e3', '80.5', ''].map((port) => ({
    line: ['emulate', `--port=${port}`],
    message: `option '--port <number>' argument '${port}' is invalid. Expected a port from 0 to 65535`,
  })),
])('prints one line for invalid usage: $line', async ({ line, message }) => {
  expect(await command(line)).toEqual({ code: 1, stdout: '', stderr: `vpc-reconciler: ${message}; see --help\n` });
});

const FROM_ENVIRONMENT = 'the account and its credentials come from environment variables';

test.for([
  { line: ['plan', `--api-token=${SECRET}`], message: `unknown option '--api-token'; ${FROM_ENVIRONMENT}` },
  { line: ['plan', '--api-token', SECRET], message: `unknown option '--api-token'; ${FROM_ENVIRONMENT}` },
  { line: ['plan', `--api-token=${SECRET}\nb='c'`], message: `unknown option '--api-token'; ${FROM_ENVIRONMENT}` },
  { line: ['plan', `--emulator=${SECRET}`], message: "unknown option '--emulator'" },
  { line: ['plan', `-t${SECRET}`], message: 'unknown option' },
  { line: ['plan', `-t=${SECRET}`], message: "unknown option '-t'" },
  { line: ['plan', `--${SECRET}`], message: 'unknown option' },
  { line: ['plan', SECRET], message: "too many arguments for 'plan'. Expected 0 arguments but got 1" },
  { line: ['emulate', 'a', SECRET], message: "too many arguments for 'emulate'. Expected 0 arguments but got 2" },
  { line: [SECRET], message: 'unknown command' },
  { line: [`--api-token=${SECRET}`, 'plan'], message: `unknown option '--api-token'; ${FROM_ENVIRONMENT}` },
  { line: ['schema', SECRET], message: 'the argument is invalid for [kind]. Allowed choices are declaration, config' },
  { line: ['--', SECRET], message: 'unknown command' },
])('does not repeat a token in the wrong place: $line', async ({ line, message }) => {
  // This token is not in the environment, so it is not redacted.
  expect(await command(line)).toEqual({ code: 1, stdout: '', stderr: `vpc-reconciler: ${message}; see --help\n` });
});

test.for([
  ['help', SECRET],
  ['plan', '--help', SECRET],
  ['--version', SECRET],
])('does not repeat a token in %j', async (line) => {
  // `command` checks the output for the token.
  await command(line);
});

test('does not repeat a token in a configuration file, in a key or in invalid YAML', async () => {
  for (const content of [`api_token: ${SECRET}\n`, `api_token: ${SECRET}: [\n`, `${SECRET}\n`]) {
    const config = join(folderOf({ 'config.yaml': content }), 'config.yaml');
    expect(await command(['plan', '--config', config])).toMatchObject({ code: 1, stdout: '' });
  }
});

test('prints the help to stderr without a command', async () => {
  const { code, stdout, stderr } = await command([]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^Usage: /);
});

test('prints every problem of the configuration, one per line, and does nothing else', async () => {
  const file = join(folderOf({ 'config.yaml': 'mode: aply\nintervall: 5m\n' }), 'config.yaml');
  const environment = { VPC_RECONCILER_CONCURENCY: '3' };
  for (const name of COMMANDS) {
    const ended = await command([name, '--config', file, '--services', ''], { environment });
    expect(ended).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        `vpc-reconciler: ${file}:2 intervall: unknown setting; did you mean "interval"?`,
        'vpc-reconciler: VPC_RECONCILER_CONCURENCY: unknown setting; did you mean "VPC_RECONCILER_CONCURRENCY"?',
        'vpc-reconciler: --services: expected a folder, found ""',
        `vpc-reconciler: ${file}:1 mode: expected apply or detect, found "aply"`,
        '',
      ].join('\n'),
    });
  }
});

test.for(['run', 'plan', 'apply'])('%s needs an account, and names the alternative', async (name) => {
  const { code, stdout, stderr } = await command([name]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^vpc-reconciler: CLOUDFLARE_ACCOUNT_ID: .*--emulator.*\nvpc-reconciler: CLOUDFLARE_API_TOKEN: /,
  );
});

test.for([
  { given: ['--allow-empty'], value: 'true' },
  { given: ['--allow-empty', 'true'], value: 'true' },
  { given: ['--allow-empty=false'], value: 'false' },
  { given: [], value: 'false' },
])('--allow-empty needs no value: $given', async ({ given, value }) => {
  const { stdout } = await command(['plan', '--print-config', ...given]);
  expect(stdout).toMatch(new RegExp(`^allow_empty: ${value} `, 'm'));
});

test.for(COMMANDS)('%s --print-config prints the settings without secrets, and does nothing else', async (name) => {
  const environment = {
    CLOUDFLARE_ACCOUNT_ID: 'abc',
    CLOUDFLARE_API_TOKEN: SECRET,
    CLOUDFLARE_API_KEY: SECRET,
    CLOUDFLARE_EMAIL: 'ops@example.com',
    VPC_RECONCILER_INTERVAL: '1h',
  };
  const { code, stdout, stderr } = await command([name, '--print-config', '--services', '/nowhere'], { environment });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(settingDocs.length + 2);
  expect(lines[0]).toMatch(/^services: \/nowhere +# --services$/);
  expect(lines.find((line) => line.startsWith('interval'))).toMatch(/^interval: 1h +# VPC_RECONCILER_INTERVAL$/);
  expect(lines.at(-2)).toMatch(/^# account abc, credentials from CLOUDFLARE_API_TOKEN/);
  expect(lines.at(-1)).toBe('# no proxy');

  const config = join(folderOf({ 'config.yaml': stdout }), 'config.yaml');
  const again = await command([name, '--print-config', '--config', config]);
  expect(again.stdout.replaceAll(/ *#.*/g, '')).toBe(stdout.replaceAll(/ *#.*/g, ''));
});
