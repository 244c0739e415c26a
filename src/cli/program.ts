import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { describeAccount } from '../config/account.ts';
import { ConfigError, FILE_VARIABLE, loadConfig, printConfig } from '../config/load-config.ts';
import type { Config } from '../config/load-config.ts';
import { flagOf, settingFacts } from '../config/settings.ts';
import type { SettingName } from '../config/settings.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import type { EmulateOptions } from './commands/emulate.ts';
import type { ImportOptions } from './commands/import.ts';
import type { PassOptions } from './commands/plan-apply.ts';
import type { SchemaName } from './commands/schema.ts';
import type { ValidateOptions } from './commands/validate.ts';
import { COLOR_CHOICES, print, tell } from './context.ts';
import type { Context, ExitCode } from './context.ts';
import { addHelp } from './help.ts';
import { usageFault } from './usage.ts';
import { version } from './version.ts';

const READING = ['services', 'include', 'allow_empty'] as const;
const PLANNING = [
  ...READING,
  'unknown_fields',
  'request_budget',
  'concurrency',
  'request_timeout',
  'pass_timeout',
  'max_changes',
  'max_change_percent',
] as const;
const IMPORTING = ['services', 'include', 'request_budget', 'request_timeout'] as const;
const APPLYING = [...PLANNING, 'grace_period'] as const;
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
      // Only a configuration has several faults; a failure is in the words of others.
      const lines = error instanceof ConfigError ? error.message.split('\n') : [error.message];
      for (const line of lines) tell(context, line);
      return 1;
    }
    throw error;
  }
}

/** The reason with which everything stops when a signal arrives. */
export function toldToStop(signal: string): FailureError {
  return new FailureError(failure('interrupted', `told to stop by ${signal}`));
}

/** Commands are loaded when they are called: none needs what the others do. */
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
      outputError: (text, write) => write(`vpc-reconciler: ${usageFault(text)}; see --help\n`),
    });

  addSettings(
    program
      .command('run')
      .description('the daemon: watch the folder, correct drift, log a report for every pass')
      .addOption(emulatorOption())
      .option('--once', 'end when all is in sync (exit 0), or when a pass goes wrong (exit 1)'),
    ALL,
  ).action(async (options: Options) => {
    const flags = { emulator: options['emulator'] === true, once: options['once'] === true };
    const { run } = await import('./commands/run.ts');
    await withConfig(options, context, async (config) => exitWith(await run(config, flags, context)));
  });

  for (const [name, description, settings] of [
    ['plan', 'what a pass would do; writes nothing', PLANNING],
    ['apply', 'one pass: make the live services what the declarations say', APPLYING],
  ] as const) {
    const passing = program
      .command(name)
      .description(description)
      .addOption(outputOption('text', 'json', 'markdown'))
      .addOption(colorOption())
      .addOption(onlyOption())
      .addOption(emulatorOption());
    if (name === 'plan') {
      passing
        .option('--show-unmanaged', 'show the declarations to add for services that have none; in text only')
        .option('--out <file>', 'write the plan to a file, for apply');
    } else {
      passing.argument('[plan]', 'a file of plan --out: apply exactly that, or nothing if anything has moved since');
    }
    addSettings(passing, settings).action(async (...given: readonly unknown[]) => {
      // Commander gives the arguments first, and then the options.
      const planFile = name === 'apply' && typeof given[0] === 'string' ? given[0] : undefined;
      const options = passing.opts<Options & Pick<PassOptions, 'output' | 'color' | 'only'>>();
      const { output, color, only } = options;
      const flags = {
        emulator: options['emulator'] === true,
        showUnmanaged: options['showUnmanaged'] === true,
        out: typeof options['out'] === 'string' ? options['out'] : undefined,
        planFile,
        output,
        color,
        only,
      };
      const { applyCommand, planCommand } = await import('./commands/plan-apply.ts');
      const command = name === 'apply' ? applyCommand : planCommand;
      await withConfig(options, context, async (config) => exitWith(await command(config, flags, context)));
    });
  }

  addSettings(
    program
      .command('validate')
      .description('check the declarations; needs no account and no network')
      .argument('[path...]', 'files and folders to check instead of --services')
      .addOption(
        new Option('--output <format>', 'for people, for programs, or as annotations of a GitHub workflow')
          .choices(['text', 'json', 'github'])
          .default('text'),
      )
      .option('--strict', 'let warnings count: exit 1 where there is one')
      .addOption(colorOption()),
    READING,
  ).action(async (paths: readonly string[], options: Options & Pick<ValidateOptions, 'output' | 'color'>) => {
    const { output, color } = options;
    const flags = { output, color, paths, strict: options['strict'] === true };
    const { validateCommand, validateNothing } = await import('./commands/validate.ts');
    try {
      await withConfig(options, context, async (config) => exitWith(await validateCommand(config, flags, context)));
    } catch (error) {
      if (output === 'text' || !(error instanceof ConfigError)) throw error;
      exitWith(validateNothing(error.message, flags, context));
    }
  });

  addSettings(
    program
      .command('import')
      .description('write the live services as declarations, a file each')
      .option('--into <folder>', 'where to write (default: the folder of --services)')
      .addOption(onlyOption())
      .option('--force', 'write anew what has a declaration in a file of its own'),
    IMPORTING,
  ).action(async (options: Options & Pick<ImportOptions, 'only'>) => {
    const into = typeof options['into'] === 'string' ? options['into'] : undefined;
    const flags = { into, only: options.only, force: options['force'] === true };
    const { importCommand } = await import('./commands/import.ts');
    await withConfig(options, context, async (config) => exitWith(await importCommand(config, flags, context)));
  });

  addSettings(
    program
      .command('emulate')
      .description('a local API for demos and tests, seeded from the declarations')
      .addOption(
        new Option('--port <number>', 'the port on 127.0.0.1; 0 takes a free one').default(0).argParser(parsePort),
      )
      .addOption(
        new Option('--seed <what>', 'what is live: copies of the declared services that differ, true ones, or nothing')
          .choices(['drifted', 'in-sync', 'empty'])
          .default('drifted'),
      )
      .option('--scenario <file>', 'what goes wrong: faults, limits, refusals; see config/scenario.yaml'),
    READING,
  ).action(async (options: Options & Omit<EmulateOptions, 'scenario'>) => {
    const { port, seed } = options;
    const scenario = typeof options['scenario'] === 'string' ? options['scenario'] : undefined;
    const { emulateCommand } = await import('./commands/emulate.ts');
    await withConfig(options, context, async (config) =>
      exitWith(await emulateCommand(config, { port, seed, scenario }, context)),
    );
  });

  program
    .command('schema')
    .description('print the JSON Schema of a declaration or of the configuration file, for editors')
    .addArgument(new Argument('[what]', 'which of them').choices(['declaration', 'config']).default('declaration'))
    .helpOption('-h, --help', 'show this')
    .action(async (of: SchemaName) => {
      const { schemaCommand } = await import('./commands/schema.ts');
      schemaCommand(of, context);
    });

  for (const each of [program, ...program.commands]) addHelp(each, context);
  return program;
}

type Options = Readonly<Record<string, unknown>>;

/** Gives a command, behind its own options, its share of the settings as flags. */
function addSettings(command: Command, settings: readonly SettingName[]): Command {
  command
    .option('--config <file>', `a file of settings (or ${FILE_VARIABLE})`)
    .option('--print-config', 'show the settings and where each comes from, without secrets, and end')
    .helpOption('-h, --help', 'show this')
    .optionsGroup('Settings:');
  for (const { name, description, fallback, placeholder, hasFlag } of settingFacts) {
    if (!settings.includes(name) || !hasFlag) continue;
    const value = fallback === 'false' ? `[${placeholder}]` : `<${placeholder}>`;
    command.option(`${flagOf(name)} ${value}`, `${description} (default: ${fallback})`);
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
      // A flag such as --allow-empty needs no value.
      return typeof value === 'string' || value === true ? [[name, String(value)]] : [];
    }),
  );
  const file = typeof options['config'] === 'string' ? options['config'] : undefined;
  const config = loadConfig({ environment, flags, file });
  if (options['printConfig'] !== true) return command(config);
  print(context, printConfig(config));
  print(context, `# ${describeAccount(environment)}`);
}

function emulatorOption(): Option {
  return new Option('--emulator', 'against the built-in emulator, seeded with drifted copies: no account needed');
}

function outputOption(...formats: readonly [string, ...string[]]): Option {
  return new Option('--output <format>', 'for people, for programs, or for a pull request')
    .choices(formats)
    .default(formats[0]);
}

function onlyOption(): Option {
  return new Option('--only <service>', 'a name or an id; repeatable, or parted by commas')
    .default([], 'all')
    .argParser((text, before: readonly string[]) => [...before, text]);
}

function colorOption(): Option {
  return new Option('--color <when>', 'auto: on a terminal, unless NO_COLOR is set')
    .choices(COLOR_CHOICES)
    .default('auto');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected a port from 0 to 65535.');
}

function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
