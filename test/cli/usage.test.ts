import { join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { flagOf, settingFacts } from '../../src/config/settings.ts';
import { command, folderOf, SECRET } from './command.ts';

/** Those that take settings, and all. */
const COMMANDS = ['run', 'plan', 'apply', 'validate', 'import', 'emulate'] as const;
const EVERY_COMMAND = [...COMMANDS, 'schema'] as const;

test.for(['--version', '-V'])('%s is the version and nothing else', async (flag) => {
  expect(await command([flag])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
});

test.for([[], ...EVERY_COMMAND.map((name) => [name])])('help of %j goes to stdout, 80 columns wide', async (line) => {
  const { code, stdout, stderr } = await command([...line, '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const row of stdout.split('\n')) expect(row.length).toBeLessThanOrEqual(80);
  expect(stdout).toMatch(/^Usage: vpc-reconciler /);
});

test.for(
  [50, 60, 80, 100].flatMap((columns) =>
    [[], ...EVERY_COMMAND.map((name) => [name])].map((line) => ({ columns, line })),
  ),
)('help of $line keeps within $columns columns, and uses them', async ({ columns, line }) => {
  const rows = (await command([...line, '--help'], { columns })).stdout.split('\n');
  // What is to be typed is never broken.
  const typed = /^ {2}(?:VPC_RECONCILER_\w+=|vpc-reconciler |# )/;
  for (const row of rows.filter((each) => !typed.test(each))) expect(row.length).toBeLessThanOrEqual(columns);
  expect(Math.max(...rows.map((row) => row.length))).toBeGreaterThan(columns - 20);
});

test.for([0, 1000])('a terminal of %i columns has a help that can be read', async (columns) => {
  const rows = (await command(['run', '--help'], { columns })).stdout.split('\n');
  expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(100);
});

test('where there is no room beside a term, its meaning stands below', async () => {
  const { stdout } = await command(['run', '--help'], { columns: 60 });
  expect(stdout).toContain(
    '\n  --once\n      end when all is in sync (exit 0), or when a pass goes\n      wrong (exit 1)\n',
  );
});

test('the help says what sort of value a setting has, and how a duration is written', async () => {
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
  expect(stdout.match(/<duration> is such as 500ms, 2s, 5m or 1h/g)).toHaveLength(1);
  expect((await command(['validate', '--help'])).stdout).not.toContain('<duration>');
});

test.for([[], ...EVERY_COMMAND.map((name) => [name])])('every example in the help of %j is right', async (line) => {
  const { stdout } = await command([...line, '--help']);
  const [, examples = ''] = /^Examples:\n((?: {2}.*\n)+)/m.exec(stdout) ?? [];
  const lines = [...examples.matchAll(/^ {2}vpc-reconciler (.*?)(?: > .*)?$/gm)].map(([, words = '']) => words);
  expect(lines.length).toBeGreaterThan(0);
  // The settings are read after the usage is checked, and before anything is done.
  for (const each of lines.map((words) => words.split(' '))) {
    const only = each[0] === 'schema' ? [] : ['--print-config'];
    expect(await command([...each, ...only])).toMatchObject({ code: 0, stderr: '' });
  }
});

test('the help names every command, and that of run every setting with its default', async () => {
  const all = (await command(['--help'])).stdout;
  for (const name of EVERY_COMMAND) expect(all).toMatch(new RegExp(`^  ${name} `, 'm'));
  const ofRun = (await command(['run', '--help'])).stdout.replaceAll(/\s+/g, ' ');
  for (const { name, description, fallback, hasFlag } of settingFacts) {
    expect(ofRun.includes(`${flagOf(name)} `)).toBe(hasFlag);
    if (!hasFlag) continue;
    expect(ofRun).toContain(`${description} (default: ${fallback})`.replaceAll(/\s+/g, ' '));
  }
});

test.for(EVERY_COMMAND)('the help of %s tells the exit codes', async (name) => {
  expect((await command([name, '--help'])).stdout).toMatch(/^Exit codes:\n {2}0 {2}\w/m);
});

test.for([
  { line: ['frobnicate'], told: "unknown command 'frobnicate'" },
  { line: ['plann'], told: "unknown command 'plann' (Did you mean plan?)" },
  { line: ['plan', '--servces', 'x'], told: "unknown option '--servces' (Did you mean --services?)" },
  { line: ['validate', '--interval', '5m'], told: "unknown option '--interval'" },
  { line: ['plan', 'services'], told: "too many arguments for 'plan'. Expected 0 arguments but got 1" },
  { line: ['plan', '--services'], told: "option '--services <folder>' argument missing" },
  {
    line: ['plan', '--output', 'xml'],
    told: "option '--output <format>' argument 'xml' is invalid. Allowed choices are text, json, markdown",
  },
  {
    line: ['emulate', '--seed', 'x'],
    told: "option '--seed <what>' argument 'x' is invalid. Allowed choices are drifted, in-sync, empty",
  },
  {
    line: ['schema', 'confg'],
    told: "argument 'confg' is invalid for [what]. Allowed choices are declaration, config",
  },
  ...['-1', '65536', '1e3', '80.5', ''].map((port) => ({
    line: ['emulate', `--port=${port}`],
    told: `option '--port <number>' argument '${port}' is invalid. Expected a port from 0 to 65535`,
  })),
])('wrong usage is one line: $line', async ({ line, told }) => {
  expect(await command(line)).toEqual({ code: 1, stdout: '', stderr: `vpc-reconciler: ${told}; see --help\n` });
});

test.for([
  { line: ['plan', `--api-token=${SECRET}`], told: "unknown option '--api-token'" },
  { line: ['plan', '--api-token', SECRET], told: "unknown option '--api-token'" },
  { line: ['plan', `--api-token=${SECRET}\nb='c'`], told: "unknown option '--api-token'" },
  { line: ['plan', `--emulator=${SECRET}`], told: "unknown option '--emulator'" },
  { line: ['plan', `-t${SECRET}`], told: 'unknown option' },
  { line: ['plan', `-t=${SECRET}`], told: "unknown option '-t'" },
  { line: ['plan', `--${SECRET}`], told: 'unknown option' },
  { line: ['plan', SECRET], told: "too many arguments for 'plan'. Expected 0 arguments but got 1" },
  { line: ['emulate', 'a', SECRET], told: "too many arguments for 'emulate'. Expected 0 arguments but got 2" },
  { line: [SECRET], told: 'unknown command' },
  { line: [`--api-token=${SECRET}`, 'plan'], told: "unknown option '--api-token'" },
  { line: ['schema', SECRET], told: 'the argument is invalid for [what]. Allowed choices are declaration, config' },
  { line: ['--', SECRET], told: 'unknown command' },
])('a token in the wrong place is not repeated: $line', async ({ line, told }) => {
  // Nobody knows it for a token here: it is not in the environment.
  expect(await command(line)).toEqual({ code: 1, stdout: '', stderr: `vpc-reconciler: ${told}; see --help\n` });
});

test.for([
  ['help', SECRET],
  ['plan', '--help', SECRET],
  ['--version', SECRET],
])('nor is it in %j', async (line) => {
  // Whatever they write, the helper looks for the token in it.
  await command(line);
});

test('a token in a file of settings is not repeated, be it in a key of its own or in a broken line', async () => {
  for (const content of [`api_token: ${SECRET}\n`, `api_token: ${SECRET}: [\n`, `${SECRET}\n`]) {
    const config = join(folderOf({ 'config.yaml': content }), 'config.yaml');
    expect(await command(['plan', '--config', config])).toMatchObject({ code: 1, stdout: '' });
  }
});

test('without a command, the help goes to stderr', async () => {
  const { code, stdout, stderr } = await command([]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^Usage: /);
});

test('every fault of the configuration is told, a line each, before anything is done', async () => {
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

test.for(['run', 'plan', 'apply'])('%s needs an account, and says how to do without', async (name) => {
  const { code, stdout, stderr } = await command([name]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^vpc-reconciler: CLOUDFLARE_ACCOUNT_ID: .*--emulator.*\nvpc-reconciler: CLOUDFLARE_API_TOKEN: /,
  );
});

test.for([
  { given: ['--allow-empty'], means: 'true' },
  { given: ['--allow-empty', 'true'], means: 'true' },
  { given: ['--allow-empty=false'], means: 'false' },
  { given: [], means: 'false' },
])('a switch needs no value: $given', async ({ given, means }) => {
  const { stdout } = await command(['plan', '--print-config', ...given]);
  expect(stdout).toMatch(new RegExp(`^allow_empty: ${means} `, 'm'));
});

test.for(COMMANDS)('%s --print-config does nothing else, and shows no secret', async (name) => {
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
  expect(lines).toHaveLength(settingFacts.length + 1);
  expect(lines[0]).toMatch(/^services: \/nowhere +# --services$/);
  expect(lines[4]).toMatch(/^interval: 1h +# VPC_RECONCILER_INTERVAL$/);
  expect(lines.at(-1)).toMatch(/^# account abc, credentials from CLOUDFLARE_API_TOKEN/);

  const config = join(folderOf({ 'config.yaml': stdout }), 'config.yaml');
  const again = await command([name, '--print-config', '--config', config]);
  expect(again.stdout.replaceAll(/ *#.*/g, '')).toBe(stdout.replaceAll(/ *#.*/g, ''));
});
