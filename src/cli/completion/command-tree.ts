import type { Command, Option } from 'commander';
import { configSchema, settingDocs } from '../../config/setting-docs.ts';
import { flagOf } from '../../config/settings.ts';

/** The possible values of an option or an argument. */
export type Completion =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'text' };

export type CompletedOption = {
  /** For example `--yes` and `-y`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Null for an option without a value. */
  readonly value: Completion | null;
};

export type CompletedCommand = {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** The arguments; null for a command without any. */
  readonly argument: Completion | null;
};

/** The parts of a command line, as the program defines them. */
export type CommandTree = {
  readonly program: string;
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
};

/** Reads the commands and options of the program from its own definition, so that completion always agrees with the help. */
export function commandTreeOf(program: Command): CommandTree {
  const commands = program.createHelp().visibleCommands(program);
  const names = commands.map((command) => command.name());
  const choices = settingChoices();
  return {
    program: program.name(),
    options: optionsOf(program, choices),
    commands: commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      options: optionsOf(command, choices),
      argument: argumentOf(command, names),
    })),
  };
}

type Choices = ReadonlyMap<string, readonly string[]>;

/** Returns the words that a setting accepts, by its flag. */
function settingChoices(): Choices {
  const properties: Readonly<Record<string, { readonly enum?: readonly unknown[] }>> = Object(
    configSchema()['properties'],
  );
  return new Map(
    settingDocs.flatMap(({ name }) => {
      const words = properties[name]?.enum;
      return words === undefined ? [] : [[flagOf(name), words.map(String)]];
    }),
  );
}

function optionsOf(command: Command, choices: Choices): readonly CompletedOption[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      names: [option.long, option.short].flatMap((name) => name ?? []),
      description: option.description,
      value: valueOf(option, choices),
    }));
}

function valueOf({ long, flags, required, argChoices }: Option, choices: Choices): Completion | null {
  if (!required) return null;
  const words = argChoices ?? choices.get(long ?? '');
  if (words !== undefined) return { kind: 'words', words };
  const [, placeholder] = /<(\w+)>/.exec(flags) ?? [];
  return { kind: placeholder === 'file' || placeholder === 'folder' ? placeholder : 'text' };
}

/** Arguments without choices are paths, except for the command that `help` explains. */
function argumentOf(command: Command, names: readonly string[]): Completion | null {
  const [argument] = command.registeredArguments;
  if (argument === undefined) return null;
  if (argument.argChoices !== undefined) return { kind: 'words', words: argument.argChoices };
  if (argument.name() === 'services') return { kind: 'text' };
  return argument.name() === 'command' ? { kind: 'words', words: names } : { kind: 'file' };
}
