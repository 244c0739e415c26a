import { Option } from 'commander';
import type { Command } from 'commander';
import { describeAccount, describeProxyRoute } from '../config/account.ts';
import { FILE_VARIABLE, loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/load-config.ts';
import { renderConfig } from '../config/render-config.ts';
import { settingDocs } from '../config/setting-docs.ts';
import { flagOf, variableOf } from '../config/settings.ts';
import type { SettingName, Settings } from '../config/settings.ts';
import type { FileRules } from '../source/file-rules.ts';
import { COLOR_MODES, printResult } from './context.ts';
import type { Context, ExitCode } from './context.ts';
import { addHelpParagraph } from './help.ts';
import { untilResponsive } from './input/responsive.ts';

/** The arguments of a function that defines a command. */
export type CommandScope = {
  readonly context: Context;
  /** Sets the exit code. A command that only prints does not call it: its exit code is 0 if all is printed. */
  readonly setExitCode: (code: ExitCode) => void;
  /** Returns the program with the options of all commands. */
  readonly wholeProgram: () => Promise<Command>;
};

/** The settings that concern the folder of declarations. */
export const FOLDER_SETTINGS = [
  'services',
  'include',
  'exclude',
  'values',
  'allow_empty',
] as const satisfies readonly SettingName[];

/** Returns which files of the folder are read. */
export function fileRules({ include, exclude, values }: Settings): FileRules {
  return { include, exclude, values };
}

export function emulatorOption(): Option {
  return new Option(
    '--emulator',
    'Use the built-in emulator instead of an account; it holds drifted copies of the declared services',
  );
}

export function outputOption(description: string, formats: readonly [string, ...string[]]): Option {
  return new Option('--output <format>', description).choices(formats).default(formats[0]);
}

export function onlyOption(): Option {
  return new Option(
    '--only <service>',
    'Include only these services, by name or id; repeatable, or separated by commas',
  )
    .default([], 'all')
    .argParser((text, previous: readonly string[]) => [...previous, text]);
}

export function colorOption(): Option {
  return new Option('--color <when>', 'When to use colors; auto: on a terminal, unless NO_COLOR is set or TERM is dumb')
    .choices(COLOR_MODES)
    .default('auto');
}

/** Adds `--help` to a command. */
export function addHelpOption(command: Command): Command {
  return command.helpOption('-h, --help', 'Show this help');
}

/** Adds settings as flags to a command, after its own options. */
export function addSettings(command: Command, settings: readonly SettingName[], { context }: CommandScope): void {
  addHelpOption(
    command
      .option('--config <file>', `Configuration file (or ${FILE_VARIABLE})`)
      .option('--print-config', 'Print the settings and the origin of each, without secrets, and exit'),
  ).optionsGroup('Settings:');
  const docs = settingDocs.filter(({ name, hasFlag }) => hasFlag && settings.includes(name));
  for (const { name, description, defaultText, placeholder } of docs) {
    // A flag such as --allow-empty needs no value.
    const value = defaultText === 'false' ? `[${placeholder}]` : `<${placeholder}>`;
    command.option(`${flagOf(name)} ${value}`, `${description} (default: ${defaultText})`);
  }
  const precedence = `Flags override environment variables (${variableOf('services')} for --services), which override the configuration file (services: …).`;
  const durations = docs.some(({ placeholder }) => placeholder === 'duration')
    ? ' Examples of a <duration> are 500ms, 2s, 5m and 1h.'
    : '';
  addHelpParagraph(command, precedence + durations, context);
}

/** Loads the settings and runs a command with them; with `--print-config`, prints them instead. Throws a `ConfigError`. */
export async function withConfig(
  command: Command,
  { context, setExitCode }: CommandScope,
  run: (config: Config) => Promise<ExitCode>,
): Promise<void> {
  const { environment } = context;
  const options = command.opts<Readonly<Record<string, unknown>>>();
  const flags = Object.fromEntries(
    settingDocs.flatMap(({ name }) => {
      const value = options[camelCase(name)];
      return typeof value === 'string' || value === true ? [[name, String(value)]] : [];
    }),
  );
  const file = typeof options['config'] === 'string' ? options['config'] : undefined;
  await untilResponsive([file ?? environment[FILE_VARIABLE]], context);
  const config = loadConfig({ environment, flags, file });
  if (options['printConfig'] === true) {
    printResult(context, renderConfig(config));
    printResult(context, `# ${describeAccount(environment)}\n# ${describeProxyRoute(environment)}`);
  } else {
    setExitCode(await run(config));
  }
}

function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
