import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { describeCredentials } from '../account.ts';
import { ConfigError, FILE_VARIABLE, flagOf, loadConfig, printConfig, settingFacts } from '../config.ts';
import type { Config, SettingName } from '../config.ts';
import { failure, FailureError } from '../core/outcome.ts';
import { print } from './context.ts';
import type { Context, ExitCode } from './context.ts';
import { emulateCommand } from './emulate.ts';
import { applyCommand, planCommand } from './pass.ts';
import type { Seed } from './rehearsal.ts';
import { run } from './run.ts';
import { validateCommand } from './validate.ts';
import { version } from './version.ts';

const READING = ['services', 'include', 'allow_empty'] as const;
const PASSING = [...READING, 'unknown_fields', 'concurrency', 'request_timeout', 'pass_timeout'] as const;
const ALL = settingFacts.map(({ name }) => name);

/** Runs one command and gives its exit code. Whatever a person can put right is one clear line, never a stack trace. */
export async function runCommandLine(argv: readonly string[], context: Context): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = buildProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Help and version end here, too, with code 0; wrong usage has been told by then.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    if (error instanceof ConfigError || error instanceof FailureError) {
      for (const line of error.message.split('\n')) context.stderr.write(`vpc-reconciler: ${line}\n`);
      return 1;
    }
    throw error;
  }
}

/** The reason with which everything stops when a signal arrives. */
export function toldToStop(signal: string): FailureError {
  return new FailureError(failure('interrupted', `told to stop by ${signal}`));
}

function buildProgram(context: Context, exitWith: (code: ExitCode) => void): Command {
  const program = new Command('vpc-reconciler')
    .description(
      'GitOps for Cloudflare Workers VPC services: a folder of YAML declarations becomes the live state of an account.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    })
    .showHelpAfterError('(see --help)');

  addCommand(program, 'run', 'the daemon: watch the folder, correct drift, log a report for every pass', ALL)
    .option('--emulator', 'against the built-in emulator, seeded with drifted copies: no account needed')
    .option('--once', 'end when all is in sync (exit 0), or when a pass goes wrong (exit 1)')
    .addHelpText('after', EXIT_CODES.run + CREDENTIALS)
    .action(async (options: Options) => {
      const flags = { emulator: options['emulator'] === true, once: options['once'] === true };
      await withConfig(options, context, async (config) => exitWith(await run(config, flags, context)));
    });

  for (const [name, description, command] of [
    ['plan', 'what a pass would do; writes nothing', planCommand],
    ['apply', 'one pass: make the live services what the declarations say', applyCommand],
  ] as const) {
    addCommand(program, name, description, PASSING)
      .addOption(outputOption())
      .option('--emulator', 'against the built-in emulator, seeded with drifted copies: no account needed')
      .addHelpText('after', EXIT_CODES[name] + CREDENTIALS)
      .action(async (options: Options) => {
        const output = options['output'] === 'json' ? 'json' : 'text';
        const flags = { emulator: options['emulator'] === true, output } as const;
        await withConfig(options, context, async (config) => exitWith(await command(config, flags, context)));
      });
  }

  addCommand(program, 'validate', 'check the declarations; needs no account and no network', READING)
    .addOption(outputOption())
    .addHelpText('after', EXIT_CODES.validate)
    .action(async (options: Options) => {
      const output = options['output'] === 'json' ? 'json' : 'text';
      await withConfig(options, context, async (config) =>
        exitWith(await validateCommand(config, { output }, context)),
      );
    });

  addCommand(program, 'emulate', 'a local API for demos and tests, seeded from the declarations', READING)
    .addOption(
      new Option('--port <number>', 'the port on 127.0.0.1; 0 takes a free one').default(0).argParser(parsePort),
    )
    .addOption(
      new Option('--seed <what>', 'copies that differ, true copies, or nothing')
        .choices(['drifted', 'in-sync', 'empty'])
        .default('drifted'),
    )
    .addHelpText('after', EXIT_CODES.emulate)
    .action(async (options: Options & { readonly port: number; readonly seed: Seed }) => {
      const { port, seed } = options;
      await withConfig(options, context, async (config) =>
        exitWith(await emulateCommand(config, { port, seed }, context)),
      );
    });

  return program;
}

type Options = Readonly<Record<string, unknown>>;

/** A command with its share of the settings as flags. */
function addCommand(program: Command, name: string, description: string, settings: readonly SettingName[]): Command {
  const command = program
    .command(name)
    .description(description)
    .allowExcessArguments(false)
    .option('--config <file>', `a file of settings (or ${FILE_VARIABLE})`)
    .option('--print-config', 'show the settings and where each comes from, without secrets, and end');
  for (const { name: setting, description: words, fallback } of settingFacts) {
    if (!settings.includes(setting)) continue;
    const value = fallback === 'false' ? '[true|false]' : '<value>';
    const option = new Option(`${flagOf(setting)} ${value}`, `${words} (default: ${fallback})`);
    command.addOption(option.optional ? option.preset('true') : option);
  }
  return command;
}

async function withConfig(
  options: Options,
  context: Context,
  command: (config: Config) => Promise<void>,
): Promise<void> {
  const { environment } = context;
  const flags = Object.fromEntries(
    settingFacts.flatMap(({ name }) => {
      const value = options[camelCase(name)];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
  const file = typeof options['config'] === 'string' ? options['config'] : undefined;
  const config = loadConfig({ environment, flags, file });
  if (options['printConfig'] !== true) return command(config);
  print(context, printConfig(config));
  print(
    context,
    `# account ${environment['CLOUDFLARE_ACCOUNT_ID'] ?? 'not set'}, credentials ${describeCredentials(environment)}`,
  );
}

function outputOption(): Option {
  return new Option('--output <format>', 'for people or for programs').choices(['text', 'json']).default('text');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected a port from 0 to 65535.');
}

function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

const EXIT_CODES = {
  run: '\nExit codes: 0 told to stop (or, with --once, all in sync), 1 wrong usage or configuration',
  plan: '\nExit codes: 0 in sync, 2 changes pending, 1 something is wrong',
  apply: '\nExit codes: 0 converged, 1 anything failed, withheld, unsettled, missing or invalid',
  validate: '\nExit codes: 0 all valid, 1 otherwise',
  emulate: '\nExit codes: 0 told to stop, 1 wrong usage or configuration',
};

const CREDENTIALS = `

Credentials come from the environment alone:
  CLOUDFLARE_ACCOUNT_ID                       the account
  CLOUDFLARE_API_TOKEN                        a token (or CLOUDFLARE_API_TOKEN_FILE, a file that holds it)
  CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY     instead of a token
  CLOUDFLARE_BASE_URL                         another API host`;
