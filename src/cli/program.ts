import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import { printNotice } from './context.ts';
import type { Context, ExitCode } from './context.ts';
import { addHelpText, configureHelp } from './help.ts';
import type { HelpText } from './help.ts';
import type { CommandScope } from './options.ts';
import { describeUsageError } from './usage-error.ts';
import { version } from './version.ts';

type CommandEntry = {
  readonly name: string;
  readonly summary: string;
  /** Loads the file of the command, and returns the function that adds its options and its action. */
  readonly load: () => Promise<(command: Command, scope: CommandScope) => void>;
};

/** Every command, in the order of the help. Only the file of the command that is used is loaded, which makes the program start faster. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'Watch the folder and correct drift, with a report for every pass',
    load: async () => (await import('./commands/run.ts')).defineRun,
  },
  {
    name: 'plan',
    summary: 'Show what a pass would change, without changing it',
    load: async () => (await import('./commands/plan.ts')).definePlan,
  },
  {
    name: 'apply',
    summary: 'Update the live services to match the declarations',
    load: async () => (await import('./commands/apply.ts')).defineApply,
  },
  {
    name: 'validate',
    summary: 'Check the declarations; needs no account and no network',
    load: async () => (await import('./commands/validate.ts')).defineValidate,
  },
  {
    name: 'accept',
    summary: 'Write the live values of drifted services into their declarations',
    load: async () => (await import('./commands/accept.ts')).defineAccept,
  },
  {
    name: 'import',
    summary: 'Write declarations for the live services that have none',
    load: async () => (await import('./commands/import.ts')).defineImport,
  },
  {
    name: 'notify',
    summary: 'Send a sample to a receiver of notifications',
    load: async () => (await import('./commands/notify.ts')).defineNotify,
  },
  {
    name: 'status',
    summary: 'Show the state of a running daemon',
    load: async () => (await import('./commands/daemon/status.ts')).defineStatus,
  },
  {
    name: 'get',
    summary: 'Show one service as a running daemon knows it',
    load: async () => (await import('./commands/daemon/get.ts')).defineGet,
  },
  {
    name: 'wait',
    summary: 'Wait until a running daemon has reconciled a commit',
    load: async () => (await import('./commands/daemon/wait.ts')).defineWait,
  },
  {
    name: 'pause',
    summary: 'Pause all writes of a running daemon, which goes on reporting drift',
    load: async () => (await import('./commands/daemon/pause.ts')).definePause,
  },
  {
    name: 'resume',
    summary: 'Resume the writes of a running daemon',
    load: async () => (await import('./commands/daemon/pause.ts')).defineResume,
  },
  {
    name: 'emulate',
    summary: 'Run a local emulator of the API, for demos and tests',
    load: async () => (await import('./commands/emulate.ts')).defineEmulate,
  },
  {
    name: 'schema',
    summary: 'Print the JSON Schema of a declaration or a configuration file',
    load: async () => (await import('./commands/schema.ts')).defineSchema,
  },
  {
    name: 'completion',
    summary: 'Print a script that completes command lines in bash, zsh or fish',
    load: async () => (await import('./commands/completion.ts')).defineCompletion,
  },
];

const ALL_COMMANDS = COMMANDS.map(({ name }) => name);

const HELP: HelpText = {
  examples: [
    ['Try it without an account', 'vpc-reconciler plan --emulator'],
    [
      'Start from the live services, preview a change, apply it',
      'vpc-reconciler import --into services',
      'vpc-reconciler plan --services services',
      'vpc-reconciler apply --services services',
    ],
    ['Keep the live services in sync', 'vpc-reconciler run --services services'],
  ],
  note: ['To show the options, settings and examples of a command:', 'vpc-reconciler plan --help'],
};

/**
 * Runs one command and returns its exit code; null if it has no result but what it printed. An error that the user can fix is printed as
 * one line, without a stack trace.
 */
export async function runCommandLine(argv: readonly string[], context: Context): Promise<ExitCode | null> {
  let exitCode: ExitCode | null = null;
  const setExitCode = (code: ExitCode) => {
    exitCode = code;
  };
  try {
    const wholeProgram = async () => buildProgram(ALL_COMMANDS, scope);
    const scope = { context, setExitCode, wholeProgram };
    const program = await buildProgram(argv, scope);
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander throws after it printed the help or the version (exit code 0), or a usage error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? null : 1;
    if (!(error instanceof ConfigError || error instanceof FailureError)) throw error;
    // A ConfigError has one line per problem. The message of a FailureError can quote other programs, so its line breaks are escaped.
    const lines = error instanceof ConfigError ? error.message.split('\n') : [error.message];
    for (const line of lines) printNotice(context, line);
    return 1;
  }
}

/** Returns the reason with which a signal stops a command. */
export function stopReason(signal: string): FailureError {
  return new FailureError(failure('interrupted', `received ${signal}`));
}

/** Builds the program. Only the commands that a command line may name have options. */
async function buildProgram(argv: readonly string[], scope: CommandScope): Promise<Command> {
  const { context } = scope;
  const program = new Command('vpc-reconciler')
    .description(
      'GitOps for Cloudflare Workers VPC services: a folder of YAML declarations becomes the live state of an account.',
    )
    .version(version, '-V, --version', 'Show the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand('help [command]', 'Show the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      outputError: (text, write) => {
        const typed = program.commands.find((command) => argv.includes(command.name())) ?? program;
        const options = typed.options.flatMap(({ long }) => long ?? []);
        write(`vpc-reconciler: ${describeUsageError(text, typed.name(), options)}; see --help\n`);
      },
    });
  for (const { name, summary, load } of COMMANDS) {
    const command = program.command(name).description(summary);
    if (!argv.includes(name)) continue;
    const define = await load();
    define(command, scope);
  }
  for (const command of [program, ...program.commands]) configureHelp(command, context);
  addHelpText(program, HELP, context);
  return program;
}
